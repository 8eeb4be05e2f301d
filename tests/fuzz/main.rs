//! Fuzzing: whatever is sent, stored or written as text, nothing panics, everything is answered in time, and memory stays
//! within bounds. Each target gets its seeds, what was found before, and some thousand inputs made of them.
//!
//! The inputs follow from a seed, which is printed; `ARROWROOT_TEST_SEED` repeats them. `tests/fuzz/run` runs the same
//! targets for as long as wanted, guided by coverage.

#![cfg(test)]
mod memory;
mod mutation;
#[path = "../random/number.rs"]
mod number;
mod targets;
mod vitals;
mod wire_format;

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError, mpsc};
use std::time::Duration;

use number::Random;
use targets::{TARGETS, Target};

/// Where the package lies.
pub(crate) const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// How long it takes at most until something hangs.
const HANG: Duration = Duration::from_mins(1);

/// Memory and panics are those of the whole process, hence one target at a time.
static TURN: Mutex<()> = Mutex::new(());

/// Runs a target with its seeds, its findings, and inputs made of them.
fn fuzz(name: &str) {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let target = TARGETS.iter().find(|target| target.name == name).unwrap();
    vitals::note_panics();
    let mut random = Random::from_environment(name);
    let (sender, inputs) = mpsc::sync_channel::<Vec<u8>>(0);
    let worker = std::thread::spawn(move || {
        let mut corpus = findings(target);
        corpus.extend((target.seeds)());
        for input in corpus.clone() {
            if !probe(target, &input, &sender) {
                return;
            }
        }
        for _ in 0..target.short_runs {
            let input = random.pick(&corpus);
            let input = mutation::mutate(target, input, &corpus, &mut random);
            if !probe(target, &input, &sender) {
                return;
            }
        }
    });
    let mut current = Vec::new();
    loop {
        match inputs.recv_timeout(HANG) {
            Ok(input) => current = input,
            Err(mpsc::RecvTimeoutError::Disconnected) => break,
            Err(mpsc::RecvTimeoutError::Timeout) => {
                panic!("it hangs; {}", kept(target, &current));
            }
        }
    }
    let is_sound = worker.join().is_ok();
    assert!(is_sound, "see above; {}", kept(target, &current));
}

/// Runs one input, which the other thread knows of before. Whether to go on.
fn probe(target: &'static Target, input: &[u8], sender: &mpsc::SyncSender<Vec<u8>>) -> bool {
    if sender.send(input.to_vec()).is_err() {
        return false;
    }
    if let Err(problem) = vitals::probe(target, input) {
        panic!("{problem}");
    }
    true
}

/// Keeps an input for whoever looks into it, and says where.
fn kept(target: &Target, input: &[u8]) -> String {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("fuzz-{}", target.name));
    std::fs::write(&path, input).unwrap();
    format!(
        "the input is in {}; once it is understood, it belongs to tests/fuzz/findings/{}",
        path.display(),
        target.name
    )
}

/// Inputs that something was wrong with once.
fn findings(target: &Target) -> Vec<Vec<u8>> {
    let directory = Path::new(ROOT).join("tests/fuzz/findings").join(target.name);
    let Ok(entries) = std::fs::read_dir(directory) else { return Vec::new() };
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.iter().map(|path| std::fs::read(path).unwrap()).collect()
}

#[test]
fn any_schema_is_compiled_or_refused() {
    fuzz("schema");
}

#[test]
fn any_relationship_that_is_read_prints_as_itself() {
    fuzz("relationship");
}

#[test]
fn any_caveat_is_compiled_or_refused_and_evaluated_within_its_budget() {
    fuzz("caveat");
}

#[test]
fn any_bytes_are_answered_over_grpc() {
    fuzz("wire");
}

#[test]
fn any_request_is_answered_over_http() {
    fuzz("gateway");
}

#[test]
fn any_token_is_taken_or_refused() {
    fuzz("tokens");
}

#[test]
fn any_checkpoint_is_loaded_or_refused() {
    fuzz("checkpoint");
}

#[test]
fn any_journal_is_read_or_refused() {
    fuzz("journal");
}

#[test]
fn every_target_has_its_test_and_can_fail() {
    let tests = include_str!("main.rs");
    for target in TARGETS {
        assert!(tests.contains(&format!("fuzz(\"{}\");", target.name)), "{}", target.name);
    }
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    vitals::note_panics();
    let target =
        Target { run: |input| assert!(input.is_empty(), "it has {input:?}"), ..*TARGETS.first().unwrap() };
    assert_eq!(vitals::probe(&target, b""), Ok(()));
    assert!(vitals::probe(&target, b"x").unwrap_err().contains("it has [120]"));
    let target = Target {
        run: |_| drop(std::hint::black_box(vec![0_u8; 1 << 20])),
        memory_bytes_max: 1 << 19,
        ..target
    };
    assert!(vitals::probe(&target, b"").unwrap_err().contains("of memory"));
}
