//! `kill -9` under load, round after round over one store: what was acknowledged is there after the restart, no write
//! and no import is there in part, what was deleted or has expired stays away, and the tokens of acknowledged writes
//! are still good. Servers are killed while they write, import, write checkpoints and forget what is past. Beside
//! that: an orderly end under load, and a clock that jumps.
//!
//! `ARROWROOT_ROUNDS=200 cargo test --test crash -- --nocapture` is a long run; `ARROWROOT_SEED` repeats a run's
//! choices, as far as threads allow.
#![cfg(test)]
#![cfg(unix)]

#[path = "crash/client.rs"]
mod client;
#[cfg(target_os = "linux")]
#[path = "crash/clock.rs"]
mod clock;
#[path = "crash/import.rs"]
mod import;
#[path = "random/number.rs"]
#[expect(dead_code, reason = "other tests use all of it")]
mod number;
#[path = "process/mod.rs"]
#[expect(dead_code, reason = "other tests use all of it")]
mod process;
#[path = "crash/retention.rs"]
mod retention;
#[path = "crash/stop.rs"]
mod stop;
#[path = "crash/writer.rs"]
mod writer;

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread;

use client::Client;
use number::Random;
use process::Server;
use writer::{Acknowledged, Batches, PARTS, Writer};

const ROUNDS: u64 = 15;
/// Rounds over one store, at most.
const STORE_ROUNDS: usize = 20;
const WRITERS: u64 = 6;
/// Acknowledged writes of all writers before the kill, at most.
const ACKNOWLEDGED_MAX: u64 = 250;
/// Tokens of one writer that are used after the restart, at most.
const TOKENS_MAX: usize = 8;

const SCHEMA: &str = "
    definition user {}
    definition batch {
        relation part: user
    }";

#[test]
fn acknowledged_writes_survive_kill_9_and_no_write_is_there_in_part() {
    let mut random = Random(process::seed("writes"));
    for rounds in stores(ROUNDS) {
        kill_writing_servers(rounds, &mut random);
    }
}

/// Over one store.
fn kill_writing_servers(rounds: Range<u64>, random: &mut Random) {
    let directory = tempfile::tempdir().unwrap();
    let mut server = Server::start(directory.path(), &[]);
    Client::connect(&server).write_schema(SCHEMA);

    let mut batches = Batches::new();
    let mut acknowledged_count = 0;
    for round in rounds {
        let until_kill = 1 + random.next() % ACKNOWLEDGED_MAX;
        let histories = write_until_killed(&mut server, round, until_kill);

        let flags = if random.is(50) { with_checkpoints() } else { Vec::new() };
        server = Server::start(directory.path(), &flags);
        let mut client = Client::connect(&server);
        let found = client.batches();
        for (id, parts) in &found {
            assert_eq!(parts.len(), PARTS, "round {round}: batch {id} is there in part: {parts:?}");
        }
        for history in &histories {
            batches.extend(history.resolve(&found));
            acknowledged_count += history.acknowledged.len();
        }
        let missing: Vec<_> = batches.keys().filter(|id| !found.contains_key(*id)).collect();
        let risen: Vec<_> = found.keys().filter(|id| !batches.contains_key(*id)).collect();
        assert!(
            missing.is_empty() && risen.is_empty(),
            "round {round}: missing {missing:?}, risen {risen:?}"
        );
        for history in &histories {
            check_tokens(&mut client, history, &batches);
        }
    }
    println!("{acknowledged_count} acknowledged writes, {} batches at the end", batches.len());
}

/// How often servers are killed.
fn rounds(otherwise: u64) -> u64 {
    process::number_from_environment("ARROWROOT_ROUNDS", otherwise)
}

/// The rounds over each store: so many that a store has had some, and so few that it stays small.
fn stores(otherwise: u64) -> impl Iterator<Item = Range<u64>> {
    let rounds = rounds(otherwise);
    (0..rounds).step_by(STORE_ROUNDS).map(move |first| first..rounds.min(first + STORE_ROUNDS as u64))
}

/// Flags under which checkpoints are written all the time, and nothing is forgotten.
fn with_checkpoints() -> Vec<String> {
    process::forgetful("24h", 5_000)
}

/// Writes from all writers at once until enough is acknowledged, then kills the server.
fn write_until_killed(server: &mut Server, round: u64, until_kill: u64) -> Vec<Acknowledged> {
    let is_killed = Arc::new(AtomicBool::new(false));
    let (progress, acknowledged) = mpsc::channel();
    let writers: Vec<_> = (0..WRITERS)
        .map(|number| {
            let writer = Writer::new(format!("r{round}w{number}"), Client::connect(server));
            let (progress, is_killed) = (progress.clone(), Arc::clone(&is_killed));
            thread::spawn(move || writer.write_until_error(&progress, &is_killed))
        })
        .collect();
    drop(progress);
    for _ in 0..until_kill {
        acknowledged.recv().expect("the writers ended before the kill");
    }
    is_killed.store(true, Ordering::SeqCst);
    server.kill();
    writers.into_iter().map(|writer| writer.join().unwrap()).collect()
}

/// Each token shows its own write and not the next one; a state at least as fresh is the newest.
fn check_tokens(client: &mut Client, history: &Acknowledged, batches: &Batches) {
    let step = history.acknowledged.len() / TOKENS_MAX + 1;
    for number in (0..history.acknowledged.len()).step_by(step) {
        let token = &history.acknowledged[number];
        let (own, next) = (history.batch(number), history.batch(number + 1));
        assert!(client.has_batch_at(&own, token), "{own} is not there at its own token");
        assert!(!client.has_batch_at(&next, token), "{next} is there at the token before it");
        assert_eq!(
            client.has_batch_since(&own, token),
            batches.contains_key(&own),
            "{own} since its own token"
        );
    }
}
