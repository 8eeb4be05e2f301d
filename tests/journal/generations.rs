//! The generations of a durable journal: what a directory holds of them, whatever happened.

use std::fs;
use std::path::Path;

use arrowroot::journal::{
    AppendError, CheckpointError, Journal, JournalSize, OpenError, SledJournal, Transaction,
};
use arrowroot::relationship::Revision;

use super::support::{
    SEED, append_each, bulky, checkpoint, closed_journal, copy_files, database, database_directory, head,
    large, meddle, names, random, read, seed, segments, single, singles, write_checkpoint,
};

const WAY_OUT: &str = "restore it from a backup with `arrowroot restore`";

/// A journal with a checkpoint at 9 beside the transactions after 6, up to 12; closed.
fn with_checkpoint(directory: &Path) {
    let journal = SledJournal::open(directory).unwrap();
    append_each(&journal, &singles(1..=10));
    write_checkpoint(&journal, (9, 6), &segments(9)).unwrap();
    append_each(&journal, &singles(11..=12));
}

fn assert_is_with_checkpoint(journal: &SledJournal) {
    assert_eq!(checkpoint(journal).unwrap(), Some((9, segments(9))));
    assert_eq!(head(journal), 12);
    assert_eq!(read(journal, 6).unwrap(), singles(7..=12));
}

/// What opening and reading such a journal comes to.
fn outcome(directory: &Path) -> Result<(), String> {
    let journal = SledJournal::open(directory).map_err(|error| error.to_string())?;
    let found = checkpoint(&journal).map_err(|error| error.to_string())?;
    let transactions = read(&journal, 6).map_err(|error| error.to_string())?;
    assert_eq!(found, Some((9, segments(9))));
    assert_eq!(transactions, singles(7..=12));
    Ok(())
}

#[test]
fn reopening_finds_the_checkpoint_and_what_follows_and_counts_the_same() {
    let directory = tempfile::tempdir().unwrap();
    let mut identity = None;
    let mut transactions = Vec::new();
    for round in 0..6_u64 {
        let journal = SledJournal::open(directory.path()).unwrap();
        assert_eq!(*identity.get_or_insert(journal.identity()), journal.identity());
        let first = round * 10 + 1;
        let mut group = vec![large(first, 3000), single(first + 1)];
        append_each(&journal, &group);
        journal.append(Revision(first + 1), &singles(first + 2..=first + 5)).unwrap();
        group.extend(singles(first + 2..=first + 5));
        transactions.extend(group);
        // Everything is forgotten in every second round, and the head is the checkpoint's.
        let (revision, trimmed_to) = if round % 2 == 0 { (first + 5, first + 5) } else { (first + 4, first) };
        write_checkpoint(&journal, (revision, trimmed_to), &segments(round)).unwrap();
        let size = journal.size();
        drop(journal);
        let journal = SledJournal::open(directory.path()).unwrap();
        assert_eq!(journal.size(), size);
        assert_eq!(checkpoint(&journal).unwrap(), Some((revision, segments(round))));
        assert_eq!(head(&journal), first + 5);
        let kept = usize::try_from(trimmed_to).unwrap();
        assert!(read(&journal, trimmed_to).unwrap() == transactions[kept..]);
        append_each(&journal, &singles(first + 6..=first + 9));
        transactions.extend(singles(first + 6..=first + 9));
        assert!(journal.size().bytes_after > size.bytes_after);
        let size = journal.size();
        drop(journal);
        assert_eq!(SledJournal::open(directory.path()).unwrap().size(), size);
    }
}

#[test]
fn a_directory_holds_one_generation() {
    let directory = tempfile::tempdir().unwrap();
    let journal = SledJournal::open(directory.path()).unwrap();
    append_each(&journal, &singles(1..=5));
    for generation in 1..=3 {
        write_checkpoint(&journal, (5, 2), &segments(5)).unwrap();
        let expected =
            ["arrowroot.journal".to_owned(), "arrowroot.lock".to_owned(), format!("generation-{generation}")];
        assert_eq!(names(directory.path()), expected);
    }
    drop(journal);
    assert!(names(&directory.path().join("generation-3")).contains(&"db".to_owned()));
    assert_eq!(database_directory(directory.path()), directory.path().join("generation-3"));
}

#[test]
fn a_directory_shrinks_with_what_is_forgotten() {
    let directory = tempfile::tempdir().unwrap();
    let journal = SledJournal::open(directory.path()).unwrap();
    for revision in 1..=4 {
        append_each(&journal, &[bulky(revision, 4 << 20)]);
    }
    let bytes = |path: &Path| fs::metadata(database_directory(path).join("db")).unwrap().len();
    let before = bytes(directory.path());
    write_checkpoint(&journal, (4, 4), &segments(4)).unwrap();
    let after = bytes(directory.path());
    assert!(after * 2 < before, "from {before} to {after}");
}

#[test]
fn what_does_not_count_is_removed_and_what_is_not_the_journals_stays() {
    let directory = tempfile::tempdir().unwrap();
    with_checkpoint(directory.path());
    let counted = database_directory(directory.path());
    let first = tempfile::tempdir().unwrap();
    closed_journal(first.path(), &singles(1..=10));
    // As after a crash that interrupted the removal of the generation before, or the making of the next.
    for name in ["db", "conf"] {
        fs::copy(first.path().join(name), directory.path().join(name)).unwrap();
    }
    for left in ["blobs", "generation-2", "generation-77"] {
        copy_files(&counted, &directory.path().join(left));
    }
    fs::write(directory.path().join("snap.00000000000000AB"), "").unwrap();
    fs::write(directory.path().join("snap.00000000000000AB.generating"), "").unwrap();
    fs::write(directory.path().join("generation-2").join("db"), "unfinished").unwrap();
    fs::write(directory.path().join("arrowroot.journal.new"), "unfinished").unwrap();
    let others = ["generation-", "generation-01", "generation-x", "generations", "snap.shot", "snap.sh"];
    for other in others {
        fs::create_dir(directory.path().join(other)).unwrap();
    }
    fs::write(directory.path().join("generation-5"), "a file").unwrap();
    assert_is_with_checkpoint(&SledJournal::open(directory.path()).unwrap());
    let mut expected = vec!["arrowroot.journal", "arrowroot.lock", "generation-1", "generation-5"];
    expected.extend(others);
    expected.sort_unstable();
    assert_eq!(names(directory.path()), expected);
}

#[test]
fn a_directory_of_the_first_format_is_opened_and_taken_along() {
    let directory = tempfile::tempdir().unwrap();
    closed_journal(directory.path(), &singles(1..=8));
    let marker = directory.path().join("arrowroot.journal");
    let text = fs::read_to_string(&marker).unwrap();
    let first = text.replace("format 2", "format 1").replace("generation 0\n", "");
    assert_ne!(text, first);
    fs::write(&marker, first).unwrap();
    meddle(directory.path(), |database| {
        let key = b"m/identity";
        let mut value = database.get(key).unwrap().unwrap().to_vec();
        value[0] = 1;
        let end = value.len() - 4;
        let checksum = crc32fast::hash(&[key, &value[..end]].concat());
        value.splice(end.., checksum.to_le_bytes());
        database.insert(key, value).unwrap();
    });
    let journal = SledJournal::open(directory.path()).unwrap();
    assert_eq!(read(&journal, 0).unwrap(), singles(1..=8));
    assert_eq!(checkpoint(&journal).unwrap(), None);
    write_checkpoint(&journal, (8, 3), &segments(8)).unwrap();
    let identity = journal.identity();
    drop(journal);
    let journal = SledJournal::open(directory.path()).unwrap();
    assert_eq!(read(&journal, 3).unwrap(), singles(4..=8));
    assert_eq!((checkpoint(&journal).unwrap(), journal.identity()), (Some((8, segments(8))), identity));
}

#[test]
fn a_generation_that_is_lost_is_not_taken_for_a_new_journal() {
    let directory = tempfile::tempdir().unwrap();
    with_checkpoint(directory.path());
    for lose in [
        |path: &Path| fs::remove_dir_all(path.join("generation-1")).unwrap(),
        |path: &Path| fs::remove_file(path.join("generation-1/db")).unwrap(),
        |path: &Path| fs::write(path.join("generation-1/db"), "").unwrap(),
        |path: &Path| fs::remove_file(path.join("arrowroot.journal")).unwrap(),
        |path: &Path| fs::rename(path.join("generation-1"), path.join("generation-2")).unwrap(),
        |path: &Path| {
            let marker = fs::read_to_string(path.join("arrowroot.journal")).unwrap();
            fs::write(path.join("arrowroot.journal"), marker.replace("generation 1", "generation 0"))
                .unwrap();
        },
    ] {
        let copy = tempfile::tempdir().unwrap();
        copy_files(directory.path(), copy.path());
        lose(copy.path());
        let before = names(copy.path());
        let error = SledJournal::open(copy.path()).map(|_| ()).unwrap_err();
        assert!(matches!(error, OpenError::Damaged { .. }), "{error}");
        assert!(error.to_string().ends_with(WAY_OUT), "{error}");
        assert_eq!(names(copy.path()), before, "something was removed");
    }
}

#[test]
fn a_generation_that_may_count_stays_when_its_marker_could_not_be_put_in_place() {
    let directory = tempfile::tempdir().unwrap();
    let journal = SledJournal::open(directory.path()).unwrap();
    append_each(&journal, &singles(1..=12));
    let marker = directory.path().join("arrowroot.journal");
    fs::remove_file(&marker).unwrap();
    fs::create_dir(&marker).unwrap();
    for _ in 0..2 {
        write_checkpoint(&journal, (9, 6), &segments(9)).unwrap_err();
        let copy = tempfile::tempdir().unwrap();
        copy_files(directory.path(), copy.path());
        // As if the disk had taken the new name, and only did not say so.
        fs::remove_dir(copy.path().join("arrowroot.journal")).unwrap();
        fs::rename(copy.path().join("arrowroot.journal.new"), copy.path().join("arrowroot.journal")).unwrap();
        assert_is_with_checkpoint(&SledJournal::open(copy.path()).unwrap());
    }
    let refused = journal.append(Revision(12), &singles(13..=13));
    assert!(matches!(refused, Err(AppendError::Refused(_))), "{refused:?}");
    assert_eq!(read(&journal, 0).unwrap(), singles(1..=12));
}

#[test]
fn a_copy_without_the_lock_file_is_a_journal() {
    let directory = tempfile::tempdir().unwrap();
    with_checkpoint(directory.path());
    fs::remove_file(directory.path().join("arrowroot.lock")).unwrap();
    assert_is_with_checkpoint(&SledJournal::open(directory.path()).unwrap());
}

#[test]
fn a_checkpoint_can_be_broken_off_after_its_last_segment() {
    let directory = tempfile::tempdir().unwrap();
    let journal = SledJournal::open(directory.path()).unwrap();
    append_each(&journal, &singles(1..=12));
    for asked_before in 0..4 {
        let after_the_last = (0..=asked_before).map(|_| None).chain([Some(Err(CheckpointError::Cancelled))]);
        let mut answers = segments(9).into_iter().map(|segment| Some(Ok(segment))).chain(after_the_last);
        let mut segments = std::iter::from_fn(|| answers.next().flatten());
        let broken_off = journal.write_checkpoint(Revision(9), Revision(6), &mut segments);
        assert!(matches!(broken_off, Err(CheckpointError::Cancelled)), "{asked_before}: {broken_off:?}");
        assert_eq!(checkpoint(&journal).unwrap(), None);
        assert_eq!(names(directory.path()).iter().filter(|name| name.starts_with("generation")).count(), 0);
    }
    assert_eq!(read(&journal, 0).unwrap(), singles(1..=12));
    write_checkpoint(&journal, (9, 6), &segments(9)).unwrap();
    assert_is_with_checkpoint(&journal);
}

/// What the message is when a value of the database is wrong, or is not there.
fn message_after(damage: impl FnOnce(&sled::Db)) -> String {
    let directory = tempfile::tempdir().unwrap();
    with_checkpoint(directory.path());
    meddle(directory.path(), damage);
    outcome(directory.path()).unwrap_err()
}

fn part_key(segment: u32, part: u32) -> Vec<u8> {
    [b"c", &segment.to_be_bytes()[..], &part.to_be_bytes()[..]].concat()
}

#[test]
fn a_damaged_checkpoint_is_refused_with_its_place_and_the_way_out() {
    let flip = |key: Vec<u8>, position: usize| {
        message_after(|database| {
            let mut value = database.get(&key).unwrap().unwrap().to_vec();
            value[position] ^= 0x10;
            database.insert(&key, value).unwrap();
        })
    };
    let remove = |key: Vec<u8>| message_after(|database| assert!(database.remove(&key).unwrap().is_some()));
    let exchange = |left: Vec<u8>, right: Vec<u8>| {
        message_after(|database| {
            let value = database.get(&left).unwrap().unwrap();
            database.insert(&right, value).unwrap();
        })
    };
    let head = b"m/checkpoint".to_vec();
    for (message, expected) in [
        (remove(head.clone()), "the record of its checkpoint is missing"),
        (flip(head.clone(), 0), "the record of its checkpoint is not as it was written"),
        (flip(head.clone(), 20), "the record of its checkpoint is not as it was written"),
        (remove(b"m/identity".to_vec()), "does not hold the journal's identity any more"),
        (flip(part_key(0, 0), 3), "revision 9: the checksum of segment 0 of the checkpoint does not match"),
        (
            flip(part_key(4, 7), 9000),
            "revision 9: the checksum of segment 4 of the checkpoint does not match",
        ),
        (remove(part_key(2, 0)), "revision 9: part 0 of segment 2 of the checkpoint is missing"),
        (remove(part_key(4, 3)), "revision 9: part 3 of segment 4 of the checkpoint is missing"),
        (remove(part_key(4, 18)), "revision 9: part 18 of segment 4 of the checkpoint is missing"),
        (
            exchange(part_key(4, 2), part_key(4, 3)),
            "the checksum of segment 4 of the checkpoint does not match",
        ),
        (exchange(part_key(4, 18), part_key(4, 19)), "part 19 of segment 4 of the checkpoint is missing"),
    ] {
        assert!(message.contains(expected) && message.ends_with(WAY_OUT), "{message}");
    }
}

#[test]
fn transactions_that_are_missing_beside_a_checkpoint_are_noticed() {
    let key = |revision: u64| [b"t", &revision.to_be_bytes()[..], &[0; 4]].concat();
    let without = |revisions: &[u64]| {
        message_after(|database| {
            for revision in revisions {
                assert!(database.remove(key(*revision)).unwrap().is_some(), "{revision}");
            }
        })
    };
    for (missing, revision) in
        [(&[7][..], 7), (&[9], 9), (&[12], 13 - 1), (&[8, 9, 10, 11, 12], 8), (&[7, 8, 9, 10, 11, 12], 7)]
    {
        let message = without(missing);
        let expected = format!("damaged at revision {revision}: the transaction is missing; {WAY_OUT}");
        assert!(message.ends_with(&expected), "{missing:?}: {message}");
    }
}

/// A copy of a generation with damage anywhere is refused with the way out, or gives what was written.
fn damaged_generations_are_refused_or_whole(damage: impl Fn(&mut Vec<u8>, usize)) {
    let directory = tempfile::tempdir().unwrap();
    with_checkpoint(directory.path());
    let file = |path: &Path| database_directory(path).join("db");
    let intact = fs::read(file(directory.path())).unwrap();
    let used = intact.iter().rposition(|byte| *byte != 0).unwrap();
    let seed = seed();
    let mut refused = 0;
    for (round, number) in (0..24).zip(random(seed)) {
        let copy = tempfile::tempdir().unwrap();
        copy_files(directory.path(), copy.path());
        // sled's snapshot spares it the reading of its file; without it, damage is found elsewhere.
        if round % 2 == 0 {
            for name in
                names(&database_directory(copy.path())).iter().filter(|name| name.starts_with("snap."))
            {
                fs::remove_file(database_directory(copy.path()).join(name)).unwrap();
            }
        }
        let mut bytes = intact.clone();
        // Both the whole length, and the beginning, where the heads are.
        let position = number % if round % 3 == 0 { 20_000.min(used) } else { used };
        damage(&mut bytes, position);
        fs::write(file(copy.path()), bytes).unwrap();
        if let Err(message) = outcome(copy.path()) {
            refused += 1;
            assert!(message.ends_with(WAY_OUT), "{SEED}={seed} at {position}: {message}");
        }
    }
    assert!(refused > 0, "no damage was noticed");
}

#[test]
fn a_generation_cut_short_is_refused_or_whole() {
    damaged_generations_are_refused_or_whole(Vec::truncate);
}

#[test]
fn a_generation_with_a_flipped_bit_is_refused_or_whole() {
    damaged_generations_are_refused_or_whole(|bytes, position| bytes[position] ^= 4);
}

#[test]
fn a_generation_with_a_lost_page_is_refused_or_whole() {
    damaged_generations_are_refused_or_whole(|bytes, position| {
        bytes.iter_mut().skip(position & !4095).take(4096).for_each(|byte| *byte = 0);
    });
}

#[test]
fn damage_among_what_is_kept_fails_a_checkpoint_and_is_not_carried_over() {
    let directory = tempfile::tempdir().unwrap();
    closed_journal(directory.path(), &singles(1..=10));
    meddle(directory.path(), |database| {
        let key = [b"t", &5_u64.to_be_bytes()[..], &[0; 4]].concat();
        let mut value = database.get(&key).unwrap().unwrap().to_vec();
        value[20] ^= 1;
        database.insert(key, value).unwrap();
    });
    let journal = SledJournal::open(directory.path()).unwrap();
    let before = names(directory.path());
    let error = write_checkpoint(&journal, (9, 3), &segments(9)).unwrap_err();
    assert!(error.to_string().contains("revision 5: a record's checksum does not match"), "{error}");
    assert_eq!(names(directory.path()), before);
    append_each(&journal, &singles(11..=11));
    // What is forgotten need not be whole.
    write_checkpoint(&journal, (9, 5), &segments(9)).unwrap();
    assert_eq!(read(&journal, 5).unwrap(), singles(6..=11));
}

#[test]
fn values_of_a_generation_are_small_and_nothing_becomes_a_blob_file() {
    let directory = tempfile::tempdir().unwrap();
    let journal = SledJournal::open(directory.path()).unwrap();
    append_each(&journal, &[bulky(1, 3 << 20)]);
    write_checkpoint(&journal, (1, 0), &[vec![7; 5 << 20]]).unwrap();
    drop(journal);
    let entries: Vec<_> = database(directory.path()).iter().map(Result::unwrap).collect();
    assert!(entries.len() > 400);
    assert!(entries.iter().all(|(_, value)| value.len() < 16 * 1024));
    assert_eq!(names(&database_directory(directory.path()).join("blobs")), Vec::<String>::new());
}

#[test]
fn a_journal_that_never_had_a_checkpoint_counts_its_transactions() {
    let directory = tempfile::tempdir().unwrap();
    let journal = SledJournal::open(directory.path()).unwrap();
    assert_eq!(journal.size(), JournalSize::default());
    let transactions: Vec<Transaction> = vec![single(1), bulky(2, 600_000), single(3)];
    append_each(&journal, &transactions);
    journal.append(Revision(3), &singles(4..=400)).unwrap();
    let size = journal.size();
    assert!(size.bytes_after > 500_000, "{size:?}");
    drop(journal);
    assert_eq!(SledJournal::open(directory.path()).unwrap().size(), size);
}
