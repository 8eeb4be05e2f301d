//! Clients that write, revoke and check while the server is killed and started again: what they were told must be what
//! a correct server can tell.
//!
//! ```text
//! cargo test --test consistency                                          some twenty seconds
//! ARROWROOT_SECONDS=600 cargo test --test consistency clients -- --nocapture
//! ARROWROOT_SEED=7 …                                                     the same choices, as far as threads allow
//! ARROWROOT_HISTORY=file.jsonl cargo test --test consistency file -- --nocapture
//! ```
//!
//! A history that is refused is written to a file, whose name is printed with the operations that contradict each
//! other. The last command checks such a file again.
#![cfg(test)]
#![cfg(unix)]

mod checker;
mod client;
mod history;
mod mutations;
#[path = "../random/number.rs"]
mod number;
#[path = "../process/mod.rs"]
#[expect(dead_code, reason = "other tests use all of it")]
mod process;
mod run;
mod script;
mod scripts;
mod simulate;
mod watcher;
mod workload;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use checker::{Property, check};
use history::History;
use number::Random;
use run::{Circumstances, run};

/// One store lives so long: without checkpoints, every start reads all that was ever written.
const STORE_SECONDS: u64 = 20;
/// In less, little happens.
const STORE_TIME_MIN: Duration = Duration::from_secs(3);
/// So little that checkpoints are written all the time.
const CHECKPOINT_AFTER_BYTES: u32 = 20_000;
const DAY: Duration = Duration::from_hours(24);

#[test]
fn clients_of_a_server_that_is_killed_are_told_what_a_correct_one_can_tell() {
    run_for("clients", 16, &[(DAY, false), (DAY, true)]);
}

#[test]
fn clients_of_a_server_that_keeps_little_and_is_killed_are_told_what_a_correct_one_can_tell() {
    run_for(
        "clients, little kept",
        16,
        &[(Duration::from_millis(500), true), (Duration::from_secs(3), true)],
    );
}

/// The third server gets the store that the second one got.
#[test]
fn clients_of_a_server_that_loses_its_last_writes_notice() {
    let directory = tempfile::tempdir().unwrap();
    let [data, copy] = ["data", "copy"].map(|name| directory.path().join(name));
    let seed = process::seed("a loss");
    let duration = Duration::from_secs(5);
    let circumstances = Circumstances { flags: Vec::new(), window: DAY, duration, seed };
    let mut is_lost = false;
    let history = run(directory.path(), &circumstances, |server| match server {
        1 => copy_all(&data, &copy),
        2 => {
            std::fs::remove_dir_all(&data).unwrap();
            std::fs::rename(&copy, &data).unwrap();
            is_lost = true;
        }
        _ => {}
    });
    assert!(is_lost, "the server was not killed twice");
    assert_eq!(check(&history).unwrap_err().property, Property::NoLostWrite);
}

fn copy_all(from: &Path, to: &Path) {
    std::fs::create_dir(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let (from, to) = (entry.as_ref().unwrap().path(), to.join(entry.unwrap().file_name()));
        if from.is_dir() {
            copy_all(&from, &to);
        } else {
            std::fs::copy(&from, &to).unwrap();
        }
    }
}

/// The file that `ARROWROOT_HISTORY` names, or one that was just written.
#[test]
fn the_history_of_a_file_is_one_of_a_correct_server() {
    let directory = tempfile::tempdir().unwrap();
    let path = std::env::var_os("ARROWROOT_HISTORY").map_or_else(
        || {
            let path = directory.path().join("history.jsonl");
            simulate::simulate(Random(process::seed("a file")), 500, 10).history.write(&path);
            path
        },
        PathBuf::from,
    );
    assert_right(&History::read(&path), &path);
}

/// Runs over one store after the other, for a time: each with a window, and with or without checkpoints.
fn run_for(name: &str, seconds: u64, kinds: &[(Duration, bool)]) {
    let mut random = Random(process::seed(name));
    let until =
        Instant::now() + Duration::from_secs(process::number_from_environment("ARROWROOT_SECONDS", seconds));
    for round in 0.. {
        let left = until.saturating_duration_since(Instant::now());
        if round > 0 && left < STORE_TIME_MIN {
            return;
        }
        let (window, has_checkpoints) = kinds[round % kinds.len()];
        let text = format!("{}ms", window.as_millis());
        let flags =
            if has_checkpoints { process::forgetful(&text, CHECKPOINT_AFTER_BYTES) } else { Vec::new() };
        let duration = left.min(Duration::from_secs(STORE_SECONDS) / u32::try_from(kinds.len()).unwrap());
        let seed = random.next();
        let directory = tempfile::tempdir().unwrap();
        let history = run(directory.path(), &Circumstances { flags, window, duration, seed }, |_| {});
        let path = std::env::temp_dir().join(format!("arrowroot-history-{seed:016x}.jsonl"));
        assert_right(&history, &path);
        mutations::refuse_changed_answers(&history, &mut random, 3);
    }
}

fn assert_right(history: &History, path: &Path) {
    match check(history) {
        Ok(verified) => println!("{} starts, {verified:?}", history.starts.len()),
        Err(violation) => {
            history.write(path);
            panic!("{}the history is in {}", violation.report(history), path.display());
        }
    }
}
