//! Lookups of resources, which SpiceDB's library serves on a socket alone, so that both are asked by the same client.

use std::time::Duration;

use tonic::transport::Channel;

use crate::over_grpc::{OverGrpc, connect, look_up};
use crate::question::Question;
use crate::spicedb::SpiceDb;
use crate::turns::{Figure, System as _, figure, nanoseconds};

const ROUNDS: usize = 15;
/// How long a turn is to take: the kernel counts the CPU time of another process in ticks of 10 ms.
const TURN: Duration = Duration::from_millis(15);
const TURN_LOOKUPS_MAX: usize = 100;

/// How many resources are found, and what that takes SpiceDB and arrowroot. Fails if they find others.
pub(crate) fn measure(spicedb: &mut SpiceDb, served: &OverGrpc, question: &Question) -> (usize, [Figure; 2]) {
    let runtime = served.runtime();
    let streams = runtime.block_on(connect(spicedb.streaming_address())).unwrap();
    let ask = |channel: &Channel| runtime.block_on(look_up(channel.clone(), question.lookup()));
    let channels = [streams, served.channel()];
    let found = channels.each_ref().map(|channel| ask(channel).0);
    assert_eq!(found[0], found[1], "SpiceDB and arrowroot differ: {question:?}");

    let counts = channels.each_ref().map(|channel| {
        let call_ns = nanoseconds(ask(channel).1, 1).max(1.0);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "positive and small")]
        let count = (nanoseconds(TURN, 1) / call_ns) as usize;
        count.clamp(1, TURN_LOOKUPS_MAX)
    });
    let before = [spicedb.spent(), served.cpu()];
    let mut walls_ns = [Vec::new(), Vec::new()];
    for round in 0..ROUNDS {
        for place in [round % 2, (round + 1) % 2] {
            let wall = (0..counts[place]).map(|_| ask(&channels[place]).1).sum();
            walls_ns[place].push(nanoseconds(wall, counts[place]));
        }
    }
    let after = [spicedb.spent(), served.cpu()];
    let figures = [0, 1].map(|place| {
        let cpu = after[place].saturating_sub(before[place]);
        figure(&walls_ns[place], nanoseconds(cpu, ROUNDS * counts[place]))
    });
    (found[0].len(), figures)
}
