//! What a directory may hold, who may open it, and what stays after it is closed.

use std::fs;
use std::path::Path;
use std::process::Command;

use arrowroot::journal::{Journal, OpenError, SledJournal};

use super::support::{append_each, closed_journal, database, head, large, meddle, read, singles};

/// Set for a process that opens this directory and prints what becomes of it.
const OPEN_AND_REPORT: &str = "ARROWROOT_TEST_OPEN_AND_REPORT";

fn refusal(path: &Path) -> OpenError {
    SledJournal::open(path).map(|_| ()).unwrap_err()
}

#[test]
fn reopening_keeps_identity_and_transactions() {
    let directory = tempfile::tempdir().unwrap();
    let transactions = singles(1..=30);
    let mut identity = None;
    for round in 0..10 {
        let journal = SledJournal::open(directory.path()).unwrap();
        assert_eq!(*identity.get_or_insert(journal.identity()), journal.identity());
        assert_eq!(read(&journal, 0).unwrap(), transactions[..round * 3]);
        append_each(&journal, &transactions[round * 3..round * 3 + 3]);
    }
}

#[test]
fn reopening_right_after_closing_works_every_time() {
    let directory = tempfile::tempdir().unwrap();
    for round in 0..25 {
        let journal = SledJournal::open(directory.path()).unwrap();
        assert_eq!(head(&journal), round);
        append_each(&journal, &singles(round + 1..=round + 1));
    }
}

#[test]
fn two_journals_have_two_identities() {
    let directory = tempfile::tempdir().unwrap();
    let left = SledJournal::open(directory.path().join("left")).unwrap();
    let right = SledJournal::open(directory.path().join("right")).unwrap();
    assert_ne!(left.identity(), right.identity());
}

#[test]
fn missing_directories_are_created() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a/b/c");
    closed_journal(&path, &singles(1..=1));
    assert_eq!(head(&SledJournal::open(&path).unwrap()), 1);
}

#[test]
fn a_directory_is_open_once() {
    let directory = tempfile::tempdir().unwrap();
    let journal = SledJournal::open(directory.path()).unwrap();
    let message = refusal(directory.path()).to_string();
    let expected = format!("is in use by process {}; stop it", std::process::id());
    assert!(message.contains(&expected) && message.contains(directory.path().to_str().unwrap()), "{message}");
    drop(journal);
    SledJournal::open(directory.path()).unwrap();
}

#[test]
fn another_process_is_kept_out_until_the_directory_is_closed() {
    let directory = tempfile::tempdir().unwrap();
    let report = || {
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "directory::open_and_report", "--nocapture"])
            .env(OPEN_AND_REPORT, directory.path())
            .output()
            .unwrap();
        String::from_utf8(child.stdout).unwrap()
    };
    let journal = SledJournal::open(directory.path()).unwrap();
    append_each(&journal, &singles(1..=2));
    let refused = report();
    assert!(refused.contains(&format!("in use by process {}", std::process::id())), "{refused}");
    drop(journal);
    let opened = report();
    assert!(opened.contains("opened at head 2"), "{opened}");
}

/// The other process of the test above; nothing when run as a test.
#[test]
fn open_and_report() {
    let Ok(path) = std::env::var(OPEN_AND_REPORT) else {
        return;
    };
    match SledJournal::open(path) {
        Ok(journal) => println!("opened at head {}", head(&journal)),
        Err(error) => println!("{error}"),
    }
}

#[test]
fn a_file_and_foreign_directories_are_refused_and_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("notes.txt");
    fs::write(&file, "mine").unwrap();
    assert!(matches!(refusal(&file), OpenError::NotAJournal { .. }));
    let error = refusal(directory.path());
    assert!(matches!(error, OpenError::NotAJournal { .. }));
    assert!(error.to_string().contains("holds no journal: there is `notes.txt`"), "{error}");
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    assert_eq!(fs::read_to_string(&file).unwrap(), "mine");
}

#[test]
fn a_database_of_another_program_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    meddle(directory.path(), |database| {
        database.insert("theirs", "value").unwrap();
    });
    let error = refusal(directory.path());
    assert!(matches!(error, OpenError::NotAJournal { .. }), "{error}");
    assert!(database(directory.path()).contains_key("theirs").unwrap());
}

#[test]
fn a_newer_format_of_the_store_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    closed_journal(directory.path(), &singles(1..=2));
    let marker = directory.path().join("arrowroot.journal");
    let text = fs::read_to_string(&marker).unwrap();
    fs::write(&marker, text.replace("format 2", "format 3")).unwrap();
    let error = refusal(directory.path());
    assert!(matches!(error, OpenError::FormatTooNew { format: 3, supported: 2, .. }));
    assert!(error.to_string().ends_with("run the newer arrowroot that wrote it"), "{error}");

    fs::write(&marker, text).unwrap();
    meddle(directory.path(), |database| {
        let key = b"m/identity";
        let mut value = database.get(key).unwrap().unwrap().to_vec();
        value[0] = 3;
        let end = value.len() - 4;
        let checksum = crc32fast::hash(&[key, &value[..end]].concat());
        value.splice(end.., checksum.to_le_bytes());
        database.insert(key, value).unwrap();
    });
    assert!(matches!(refusal(directory.path()), OpenError::FormatTooNew { format: 3, .. }));
}

#[test]
fn values_are_small_and_nothing_becomes_a_blob_file() {
    let directory = tempfile::tempdir().unwrap();
    let mut transactions = vec![large(1, 100_000), large(2, 100_000)];
    transactions.extend(singles(3..=50));
    closed_journal(directory.path(), &transactions);
    let entries: Vec<_> = database(directory.path()).iter().map(Result::unwrap).collect();
    assert!(entries.len() > 500);
    assert!(entries.iter().all(|(_, value)| value.len() < 16 * 1024));
    assert_eq!(fs::read_dir(directory.path().join("blobs")).unwrap().count(), 0);
}
