//! A disk that stops taking data: the journal says so, stays as it was, and goes on when the disk does.
//!
//! The limit on a file's size stands in for a full disk: writes beyond it fail as they would there. It holds for a
//! whole process, so the test runs itself in another one.
#![cfg(target_os = "linux")]

use std::path::Path;
use std::process::Command;

use arrowroot::journal::{AppendError, CheckpointError, Journal, JournalError, SledJournal};
use arrowroot::relationship::Revision;

use super::support::{
    SEGMENT_BYTES, append_each, bulky, checkpoint, head, large, names, read, segments, single, singles,
    write_checkpoint,
};

/// Set for the process with the limit: the directory to write to.
const UNDER_A_LIMIT: &str = "ARROWROOT_TEST_UNDER_A_LIMIT";

/// Runs one of the processes below with a limit on the size of its files.
fn run_under_a_limit(test: &str, bytes: usize) {
    let directory = tempfile::tempdir().unwrap();
    let output = Command::new("sh")
        .arg("-c")
        .arg(r#"trap '' XFSZ; exec prlimit --fsize="$1": "$0" --exact "$2" --nocapture"#)
        .arg(std::env::current_exe().unwrap())
        .arg(bytes.to_string())
        .arg(test)
        .env(UNDER_A_LIMIT, directory.path().join("journal"))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.contains("the disk was full, then was not"), "{said}");
}

#[test]
fn a_full_disk_fails_appends_and_later_ones_succeed() {
    run_under_a_limit("faults::under_a_limit", SEGMENT_BYTES - 1_000_000);
}

/// Here the disk takes the probe, but not what opening the database anew writes.
#[test]
fn a_disk_that_fills_up_again_while_recovering_does_no_harm() {
    run_under_a_limit("faults::under_a_limit", SEGMENT_BYTES * 2 - 1_000_000);
}

#[test]
fn a_full_disk_fails_a_checkpoint_and_nothing_else() {
    run_under_a_limit("faults::checkpoints_under_a_limit", SEGMENT_BYTES * 2 - 1_000_000);
}

/// The process with the limit; nothing when run as a test.
#[test]
fn checkpoints_under_a_limit() {
    if let Ok(path) = std::env::var(UNDER_A_LIMIT) {
        checkpoints_under_the_limit(path.as_ref());
        println!("the disk was full, then was not");
    }
}

/// What a journal with a checkpoint does under the limit, and without it.
fn checkpoints_under_the_limit(path: &Path) {
    let journal = SledJournal::open(path).unwrap();
    append_each(&journal, &singles(1..=5));
    write_checkpoint(&journal, (4, 2), &segments(4)).unwrap();
    let too_large = vec![vec![1; 16 << 20]];
    for _ in 0..2 {
        let error = write_checkpoint(&journal, (5, 5), &too_large).unwrap_err();
        assert!(matches!(error, CheckpointError::Storage(_)), "{error}");
        assert_eq!(names(path), ["arrowroot.journal", "arrowroot.lock", "generation-1"]);
    }
    append_each(&journal, &singles(6..=7));
    assert_eq!(read(&journal, 2).unwrap(), singles(3..=7));
    assert_eq!(checkpoint(&journal).unwrap(), Some((4, segments(4))));
    let error = loop {
        let next = bulky(head(&journal) + 1, 600_000);
        if let Err(error) = journal.append(journal.head().unwrap(), &[next]) {
            break error;
        }
    };
    assert!(matches!(error, AppendError::Storage(_)), "{error}");
    let durable = head(&journal);
    // Nothing is known of the database now, and so nothing is made of it.
    assert!(write_checkpoint(&journal, (durable, durable), &segments(1)).is_err());

    lift_the_limit();
    append_each(&journal, &[single(durable + 1)]);
    let after = read(&journal, 2).unwrap();
    assert!(after[..5] == singles(3..=7) && after.last() == Some(&single(durable + 1)));
    assert_eq!(checkpoint(&journal).unwrap(), Some((4, segments(4))));
    write_checkpoint(&journal, (durable, durable), &too_large).unwrap();
    drop(journal);
    let journal = SledJournal::open(path).unwrap();
    assert!(checkpoint(&journal).unwrap() == Some((durable, too_large)));
    assert_eq!(read(&journal, durable).unwrap(), [single(durable + 1)]);
    assert_eq!(names(path).len(), 3);
}

/// The process with the limit; nothing when run as a test.
#[test]
fn under_a_limit() {
    let Ok(path) = std::env::var(UNDER_A_LIMIT) else {
        return;
    };
    let journal = SledJournal::open(&path).unwrap();
    let mut transactions = singles(1..=3);
    append_each(&journal, &transactions);
    let failed = loop {
        let next = bulky(head(&journal) + 1, 600_000);
        match journal.append(journal.head().unwrap(), std::slice::from_ref(&next)) {
            Ok(()) => transactions.push(next),
            Err(AppendError::Storage(_)) => break next.revision,
            Err(error) => panic!("{error}"),
        }
    };
    let durable = Revision(failed.0 - 1);
    assert!(transactions.len() > 3);
    for _ in 0..3 {
        let error = journal.append(durable, &[bulky(failed.0, 600_000)]).unwrap_err();
        assert!(matches!(error, AppendError::Storage(_)), "{error}");
        assert_eq!(journal.head().unwrap(), durable);
        // Reading may fail too: sled splits a full leaf when it is next visited, even by a reader.
        match read(&journal, 0) {
            Ok(read) => assert!(read == transactions),
            Err(error) => assert!(matches!(error, JournalError::Storage(_)), "{error}"),
        }
    }

    lift_the_limit();
    // Another transaction takes the revision of the one that failed; nothing of that one may remain.
    transactions.push(single(failed.0));
    transactions.push(large(failed.0 + 1, 20_000));
    append_each(&journal, &transactions[transactions.len() - 2..]);
    assert!(read(&journal, 0).unwrap() == transactions);
    drop(journal);
    let journal = SledJournal::open(&path).unwrap();
    assert!(read(&journal, 0).unwrap() == transactions);
    println!("the disk was full, then was not");
}

fn lift_the_limit() {
    let process = std::process::id().to_string();
    let status = Command::new("prlimit").args(["--pid", &process, "--fsize=unlimited"]).status().unwrap();
    assert!(status.success());
}
