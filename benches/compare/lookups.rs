//! Lookups of resources, which SpiceDB's library serves on a socket alone, so that both are asked by the same client.

use std::time::Duration;

use tonic::transport::Channel;

use crate::over_grpc::{OverGrpc, connect, look_up};
use crate::question::Question;
use crate::spicedb::SpiceDb;
use crate::turns::{Figure, System as _, figure, nanoseconds};

const ROUNDS: usize = 15;
/// Lookups in a turn.
const TURN: usize = 4;

/// How many resources are found, and what that takes SpiceDB and arrowroot. Fails if they find others.
pub(crate) fn measure(spicedb: &mut SpiceDb, served: &OverGrpc, question: &Question) -> (usize, [Figure; 2]) {
    let runtime = served.runtime();
    let streams = runtime.block_on(connect(spicedb.streaming_address())).unwrap();
    let ask = |channel: &Channel| runtime.block_on(look_up(channel.clone(), question.lookup()));
    let channels = [streams, served.channel()];
    let found = channels.each_ref().map(|channel| ask(channel).0);
    assert_eq!(found[0], found[1], "SpiceDB and arrowroot differ: {question:?}");

    let mut cpu = [Duration::ZERO; 2];
    let mut walls_ns = [Vec::new(), Vec::new()];
    for round in 0..ROUNDS {
        for place in [round % 2, (round + 1) % 2] {
            let before = [spicedb.spent(), served.cpu()][place];
            let wall = (0..TURN).map(|_| ask(&channels[place]).1).sum();
            walls_ns[place].push(nanoseconds(wall, TURN));
            cpu[place] += [spicedb.spent(), served.cpu()][place].saturating_sub(before);
        }
    }
    let mut cpu_ns = cpu.map(|cpu| nanoseconds(cpu, ROUNDS * TURN)).into_iter();
    (found[0].len(), walls_ns.map(|walls_ns| figure(walls_ns, cpu_ns.next().unwrap_or_default())))
}
