//! Damaged data is refused with the revision and the way out, never read as something else.

use std::fs;
use std::path::Path;

use arrowroot::journal::{Journal, JournalError, OpenError, SledJournal, Transaction};

use super::support::{
    SEED, SEGMENT_BYTES, append_each, bulky, closed_journal, copy_files, large, meddle, random, read, seed,
    single, singles,
};

/// The keys of records, in order.
fn record_keys(database: &sled::Db) -> Vec<sled::IVec> {
    database.scan_prefix(b"t").keys().map(Result::unwrap).collect()
}

/// What opening and reading a journal comes to.
fn outcome(directory: &Path) -> Result<Vec<Transaction>, String> {
    let journal = SledJournal::open(directory).map_err(|error| error.to_string())?;
    read(&journal, 0).map_err(|error| error.to_string())
}

fn message_after(transactions: &[Transaction], damage: impl FnOnce(&sled::Db)) -> String {
    let directory = tempfile::tempdir().unwrap();
    closed_journal(directory.path(), transactions);
    meddle(directory.path(), damage);
    outcome(directory.path()).unwrap_err()
}

fn flip(database: &sled::Db, key: &[u8], position: usize) {
    let mut value = database.get(key).unwrap().unwrap().to_vec();
    value[position] ^= 0x10;
    database.insert(key, value).unwrap();
}

#[test]
fn a_wrong_record_is_refused_with_its_revision_and_the_way_out() {
    for (record, revision) in [(0, 1), (4, 5), (9, 10)] {
        let message = message_after(&singles(1..=10), |database| {
            flip(database, &record_keys(database)[record], 20);
        });
        let expected = format!(
            "the journal is damaged at revision {revision}: a record's checksum does not match; \
             restore it from a backup with `arrowroot restore`"
        );
        assert_eq!(message, expected);
    }
}

#[test]
fn a_wrong_record_in_the_middle_does_not_hide_what_comes_before() {
    let directory = tempfile::tempdir().unwrap();
    closed_journal(directory.path(), &singles(1..=10));
    meddle(directory.path(), |database| flip(database, &record_keys(database)[4], 0));
    let journal = SledJournal::open(directory.path()).unwrap();
    let mut seen = Vec::new();
    let error = journal
        .read(arrowroot::relationship::Revision(0), &mut |transaction| {
            seen.push(transaction);
            std::ops::ControlFlow::Continue(())
        })
        .unwrap_err();
    assert!(matches!(error, JournalError::Corrupt(_)), "{error}");
    assert_eq!(seen, singles(1..=4));
    assert_eq!(read(&journal, 5).unwrap(), singles(6..=10));
}

#[test]
fn a_missing_transaction_is_refused() {
    let message = message_after(&singles(1..=10), |database| {
        database.remove(&record_keys(database)[4]).unwrap();
    });
    assert!(message.contains("damaged at revision 5: the transaction is missing"), "{message}");
}

#[test]
fn a_missing_part_is_refused() {
    let transactions = [single(1), bulky(2, 100_000), single(3)];
    let message = message_after(&transactions, |database| {
        database.remove(&record_keys(database)[3]).unwrap();
    });
    assert!(message.contains("damaged at revision 2: part 2 of the transaction is missing"), "{message}");
}

#[test]
fn a_missing_end_is_refused() {
    for missing in [1, 3] {
        let message = message_after(&singles(1..=10), |database| {
            for key in record_keys(database).iter().rev().take(missing) {
                database.remove(key).unwrap();
            }
        });
        let expected = format!("damaged at revision {}: the transaction is missing", 11 - missing);
        assert!(message.contains(&expected), "{message}");
    }
}

#[test]
fn a_group_without_its_end_was_never_acknowledged_and_is_dropped() {
    let directory = tempfile::tempdir().unwrap();
    let journal = SledJournal::open(directory.path()).unwrap();
    append_each(&journal, &singles(1..=3));
    append_each(&journal, &[large(4, 5000)]);
    let copy = tempfile::tempdir().unwrap();
    copy_files(directory.path(), copy.path());
    drop(journal);
    // As a crash before the last record leaves it. The copy's marker is that of the journal's creation.
    meddle(copy.path(), |database| {
        database.remove(record_keys(database).last().unwrap()).unwrap();
    });
    let journal = SledJournal::open(copy.path()).unwrap();
    assert_eq!(read(&journal, 0).unwrap(), singles(1..=3));
    append_each(&journal, &singles(4..=5));
    drop(journal);
    assert_eq!(outcome(copy.path()).unwrap(), singles(1..=5));
    meddle(copy.path(), |database| assert_eq!(record_keys(database).len(), 5));
}

#[test]
fn a_lost_database_is_not_taken_for_a_new_one() {
    let directory = tempfile::tempdir().unwrap();
    closed_journal(directory.path(), &singles(1..=3));
    for lose in [
        |path: &Path| fs::write(path.join("db"), "").unwrap(),
        |path: &Path| fs::remove_file(path.join("db")).unwrap(),
    ] {
        let copy = tempfile::tempdir().unwrap();
        copy_files(directory.path(), copy.path());
        lose(copy.path());
        for entry in fs::read_dir(copy.path()).unwrap().flatten() {
            if entry.file_name().to_string_lossy().starts_with("snap.") {
                fs::remove_file(entry.path()).unwrap();
            }
        }
        let error = SledJournal::open(copy.path()).map(|_| ()).unwrap_err();
        assert!(matches!(error, OpenError::Damaged { .. }), "{error}");
    }
}

#[test]
fn the_database_of_another_journal_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let (left, right) = (directory.path().join("left"), directory.path().join("right"));
    closed_journal(&left, &singles(1..=3));
    closed_journal(&right, &singles(1..=3));
    fs::copy(left.join("arrowroot.journal"), right.join("arrowroot.journal")).unwrap();
    let message = outcome(&right).unwrap_err();
    assert!(message.contains("the database is that of another journal"), "{message}");
}

/// As a crash during a start leaves it.
#[test]
fn what_was_being_made_at_a_crash_is_made_anew() {
    let directory = tempfile::tempdir().unwrap();
    closed_journal(directory.path(), &singles(1..=3));
    for (name, bytes) in [("snap.00000000FFFFFFFF.generating", 0), ("snap.0000000000000001.generating", 300)]
    {
        fs::write(directory.path().join(name), vec![0; bytes]).unwrap();
        assert_eq!(outcome(directory.path()).unwrap(), singles(1..=3));
        assert!(!directory.path().join(name).exists());
    }
    let settings = fs::read(directory.path().join("conf")).unwrap();
    for bytes in [&settings[..settings.len() - 4], &vec![0; settings.len()], &[]] {
        let new = tempfile::tempdir().unwrap();
        fs::write(new.path().join("arrowroot.lock"), "").unwrap();
        fs::write(new.path().join("db"), "").unwrap();
        fs::write(new.path().join("conf"), bytes).unwrap();
        closed_journal(new.path(), &singles(1..=3));
        assert_eq!(outcome(new.path()).unwrap(), singles(1..=3));
    }
}

/// Damages copies of a database file: those of a journal that was closed, of one that was killed, and of one that
/// was killed before it was ever closed, so that sled has no snapshot of it.
///
/// After closing, the marker knows the head: all or an error. After a kill it knows an older head, and an end that
/// is lost looks like one that was never written: a prefix is right too. Nothing else ever is.
fn damaged_copies_are_refused_or_whole(damage: impl Fn(&mut Vec<u8>, usize)) {
    let mut transactions = singles(1..=60);
    transactions.push(bulky(61, 200_000));
    transactions[50] = large(51, 4000);
    transactions.extend(singles(62..=80));
    let (first, rest) = transactions.split_at(40);
    let [closed, killed, killed_young] = [(); 3].map(|()| tempfile::tempdir().unwrap());
    let journal = SledJournal::open(closed.path()).unwrap();
    append_each(&journal, first);
    copy_files(closed.path(), killed_young.path());
    drop(journal);
    let journal = SledJournal::open(closed.path()).unwrap();
    append_each(&journal, rest);
    copy_files(closed.path(), killed.path());
    drop(journal);

    let seed = seed();
    let sources =
        [(closed, transactions.len(), 600_000), (killed, first.len(), 600_000), (killed_young, 0, 10_000)];
    for (source, least, below) in &sources {
        for position in random(seed).map(|number| number % below).take(6) {
            let copy = tempfile::tempdir().unwrap();
            copy_files(source.path(), copy.path());
            let mut bytes = fs::read(copy.path().join("db")).unwrap();
            damage(&mut bytes, position);
            fs::write(copy.path().join("db"), bytes).unwrap();
            if let Ok(read) = outcome(copy.path()) {
                let case = format!("{SEED}={seed} at {position} of {least}");
                assert!(read.len() >= *least, "{case}: only {} transactions", read.len());
                assert!(read == transactions[..read.len()], "{case}: other transactions");
            }
        }
    }
}

#[test]
fn a_database_file_cut_short_is_refused_or_a_prefix() {
    damaged_copies_are_refused_or_whole(Vec::truncate);
}

#[test]
fn a_database_file_with_a_flipped_bit_is_refused_or_a_prefix() {
    damaged_copies_are_refused_or_whole(|bytes, position| {
        if let Some(byte) = bytes.get_mut(position) {
            *byte ^= 4;
        }
    });
}

#[test]
fn a_database_file_with_a_lost_page_is_refused_or_a_prefix() {
    damaged_copies_are_refused_or_whole(|bytes, position| {
        let page = bytes.iter_mut().skip(position & !4095).take(4096);
        page.for_each(|byte| *byte = 0);
    });
}

/// sled asserts in some of these cases rather than return an error: its snapshot names segments beyond the end.
#[test]
fn a_database_file_without_its_last_segments_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    closed_journal(directory.path(), &[large(1, 100_000), large(2, 100_000)]);
    drop(SledJournal::open(directory.path()).unwrap());
    let bytes = fs::metadata(directory.path().join("db")).unwrap().len();
    let segments = bytes / SEGMENT_BYTES as u64;
    assert!(segments >= 3);
    for kept in 0..segments {
        let copy = tempfile::tempdir().unwrap();
        copy_files(directory.path(), copy.path());
        let file = fs::OpenOptions::new().write(true).open(copy.path().join("db")).unwrap();
        file.set_len(kept * SEGMENT_BYTES as u64).unwrap();
        // Twice: the refusal is no accident of the first attempt, and leaves nothing locked.
        for _ in 0..2 {
            let message = outcome(copy.path()).unwrap_err();
            assert!(message.ends_with("restore it from a backup with `arrowroot restore`"), "{message}");
        }
    }
}
