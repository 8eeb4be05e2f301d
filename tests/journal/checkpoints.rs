//! Facts about checkpoints that hold for every journal.

use std::ops::ControlFlow;
use std::sync::Barrier;
use std::thread;

use arrowroot::journal::{CheckpointError, Journal, JournalError, JournalPlace, JournalSize, Transaction};
use arrowroot::relationship::Revision;

use super::support::{
    append_each, bulky, checkpoint, head, large, read, read_in_parts, segments, single, singles, stage,
    write_checkpoint,
};

facts! {
    a_fresh_journal_has_no_checkpoint
    a_checkpoint_is_read_back_and_what_it_trims_is_refused
    a_checkpoint_takes_the_place_of_the_one_before
    a_checkpoint_without_segments_is_one
    a_head_without_transactions_is_that_of_the_checkpoint
    what_was_trimmed_does_not_come_back
    a_checkpoint_that_is_broken_off_changes_nothing
    a_checkpoint_out_of_place_is_refused
    appends_beside_a_checkpoint_are_not_lost
    a_reader_outlives_the_checkpoint_that_it_reads
    large_and_staged_transactions_are_kept_whole
    sizes_follow_what_is_appended_and_forgotten
    of_two_checkpoints_at_once_one_comes_after_the_other
}

fn trimmed_at(result: Result<Vec<Transaction>, JournalError>) -> u64 {
    match result {
        Err(JournalError::Trimmed { oldest }) => oldest.0,
        other => panic!("{other:?}"),
    }
}

fn a_fresh_journal_has_no_checkpoint(journal: &dyn Journal) {
    assert_eq!(checkpoint(journal).unwrap(), None);
    assert_eq!(journal.size(), JournalSize::default());
}

fn a_checkpoint_is_read_back_and_what_it_trims_is_refused(journal: &dyn Journal) {
    let identity = journal.identity();
    append_each(journal, &singles(1..=20));
    write_checkpoint(journal, (15, 10), &segments(15)).unwrap();
    assert_eq!(checkpoint(journal).unwrap(), Some((15, segments(15))));
    assert_eq!((head(journal), journal.identity()), (20, identity));
    for after in [10, 14, 15, 19, 20, 21] {
        assert_eq!(read(journal, after).unwrap(), singles(after + 1..=20), "{after}");
    }
    for after in [0, 5, 9] {
        assert_eq!(trimmed_at(read(journal, after)), 10);
        let place = JournalPlace::from(Revision(after));
        let visited = journal.read_in_parts(place, &mut |part| panic!("{part:?}"));
        assert!(matches!(visited, Err(JournalError::Trimmed { oldest: Revision(10) })));
    }
    append_each(journal, &singles(21..=22));
    assert_eq!(read(journal, 12).unwrap(), singles(13..=22));
    let beyond = journal.checkpoint().unwrap().unwrap().segment(6);
    assert!(matches!(beyond, Err(JournalError::Corrupt(_))));
}

fn a_checkpoint_takes_the_place_of_the_one_before(journal: &dyn Journal) {
    for round in 1..=4 {
        let revision = round * 5;
        append_each(journal, &singles(revision - 4..=revision));
        write_checkpoint(journal, (revision, revision - 2), &segments(revision)).unwrap();
        assert_eq!(checkpoint(journal).unwrap(), Some((revision, segments(revision))));
        assert_eq!(trimmed_at(read(journal, revision - 3)), revision - 2);
        assert_eq!(read(journal, revision - 2).unwrap(), singles(revision - 1..=revision));
    }
}

fn a_checkpoint_without_segments_is_one(journal: &dyn Journal) {
    write_checkpoint(journal, (0, 0), &[]).unwrap();
    assert_eq!(checkpoint(journal).unwrap(), Some((0, Vec::new())));
    append_each(journal, &singles(1..=2));
    assert_eq!(read(journal, 0).unwrap(), singles(1..=2));
}

fn a_head_without_transactions_is_that_of_the_checkpoint(journal: &dyn Journal) {
    append_each(journal, &singles(1..=7));
    write_checkpoint(journal, (7, 7), &segments(7)).unwrap();
    assert_eq!((head(journal), read(journal, 7).unwrap()), (7, Vec::new()));
    assert_eq!(trimmed_at(read(journal, 6)), 7);
    // And once more, with nothing appended since.
    write_checkpoint(journal, (7, 7), &segments(8)).unwrap();
    assert_eq!(checkpoint(journal).unwrap(), Some((7, segments(8))));
    append_each(journal, &singles(8..=9));
    assert_eq!(read(journal, 7).unwrap(), singles(8..=9));
}

fn what_was_trimmed_does_not_come_back(journal: &dyn Journal) {
    append_each(journal, &singles(1..=9));
    write_checkpoint(journal, (6, 6), &segments(6)).unwrap();
    write_checkpoint(journal, (8, 2), &segments(8)).unwrap();
    assert_eq!(trimmed_at(read(journal, 5)), 6);
    assert_eq!(read(journal, 6).unwrap(), singles(7..=9));
}

fn a_checkpoint_that_is_broken_off_changes_nothing(journal: &dyn Journal) {
    append_each(journal, &singles(1..=9));
    let size = journal.size();
    let break_off = || {
        let mut segments = segments(9).into_iter().map(Ok).chain([Err(CheckpointError::Cancelled)]);
        journal.write_checkpoint(Revision(9), Revision(9), &mut segments)
    };
    assert!(matches!(break_off(), Err(CheckpointError::Cancelled)));
    assert_eq!((checkpoint(journal).unwrap(), journal.size()), (None, size));
    assert_eq!(read(journal, 0).unwrap(), singles(1..=9));
    write_checkpoint(journal, (5, 3), &segments(5)).unwrap();
    assert!(matches!(break_off(), Err(CheckpointError::Cancelled)));
    append_each(journal, &singles(10..=10));
    assert_eq!(checkpoint(journal).unwrap(), Some((5, segments(5))));
    assert_eq!(read(journal, 3).unwrap(), singles(4..=10));
}

fn a_checkpoint_out_of_place_is_refused(journal: &dyn Journal) {
    append_each(journal, &singles(1..=9));
    write_checkpoint(journal, (6, 4), &segments(6)).unwrap();
    for place in [(10, 4), (5, 6), (3, 2), (u64::MAX, u64::MAX)] {
        let refused = write_checkpoint(journal, place, &segments(1));
        assert!(matches!(refused, Err(CheckpointError::OutOfPlace { .. })), "{place:?}: {refused:?}");
    }
    assert_eq!(checkpoint(journal).unwrap(), Some((6, segments(6))));
    assert_eq!(read(journal, 4).unwrap(), singles(5..=9));
}

fn appends_beside_a_checkpoint_are_not_lost(journal: &dyn Journal) {
    append_each(journal, &singles(1..=10));
    let barrier = Barrier::new(2);
    thread::scope(|scope| {
        scope.spawn(|| {
            for revision in 11..=200 {
                append_each(journal, &singles(revision..=revision));
                if revision % 50 == 0 {
                    barrier.wait();
                }
            }
        });
        for revision in [50, 100, 150, 200] {
            // The segments are made while appends go on, and it ends while they do.
            let meet = std::iter::once_with(|| {
                barrier.wait();
                Ok(segments(revision).concat())
            });
            let mut segments = segments(revision).into_iter().map(Ok).chain(meet);
            let place = (Revision(revision - 45), Revision(revision - 48));
            journal.write_checkpoint(place.0, place.1, &mut segments).unwrap();
            let seen = read(journal, revision - 48).unwrap();
            assert_eq!(seen, singles(revision - 47..=revision - 48 + seen.len() as u64));
        }
    });
    assert_eq!(head(journal), 200);
    assert_eq!(read(journal, 152).unwrap(), singles(153..=200));
    assert_eq!(checkpoint(journal).unwrap().unwrap().0, 155);
}

fn a_reader_outlives_the_checkpoint_that_it_reads(journal: &dyn Journal) {
    append_each(journal, &singles(1..=10));
    write_checkpoint(journal, (5, 5), &segments(5)).unwrap();
    let held = journal.checkpoint().unwrap().unwrap();
    write_checkpoint(journal, (8, 5), &segments(8)).unwrap();
    let mut seen = Vec::new();
    let mut visit = |transaction: Transaction| {
        if transaction.revision.0 == 7 {
            write_checkpoint(journal, (9, 5), &segments(9)).unwrap();
        }
        seen.push(transaction);
        ControlFlow::Continue(())
    };
    journal.read(Revision(5), &mut visit).unwrap();
    assert_eq!(seen, singles(6..=10));
    for (number, segment) in (0..).zip(segments(5)) {
        assert_eq!(held.segment(number).unwrap(), segment);
    }
    drop(held);
    append_each(journal, &singles(11..=11));
    assert_eq!(checkpoint(journal).unwrap(), Some((9, segments(9))));
    assert_eq!(read(journal, 5).unwrap(), singles(6..=11));
}

fn large_and_staged_transactions_are_kept_whole(journal: &dyn Journal) {
    append_each(journal, &singles(1..=2));
    let staged = stage(&journal.staging_directory(), &large(3, 70_000).changes);
    journal.append_staged(Revision(2), large(3, 0), &staged).unwrap();
    let mut group = singles(4..=30);
    group.push(large(31, 9000));
    journal.append(Revision(3), &group).unwrap();
    let mut all = singles(1..=2);
    all.push(large(3, 70_000));
    all.extend(group);
    // The last one cuts through a group.
    for (revision, trimmed_to) in [(2, 1), (3, 2), (31, 17)] {
        write_checkpoint(journal, (revision, trimmed_to), &segments(revision)).unwrap();
        let kept = usize::try_from(trimmed_to).unwrap();
        assert!(read(journal, trimmed_to).unwrap() == all[kept..], "{revision}");
        let parts = read_in_parts(journal, Revision(trimmed_to).into());
        for (place, part) in (1..).zip(&parts).step_by(7) {
            assert!(read_in_parts(journal, part.next) == parts[place..], "{revision}: after part {place}");
        }
        assert_eq!(trimmed_at(read(journal, trimmed_to - 1)), trimmed_to);
    }
    append_each(journal, &singles(32..=33));
    assert_eq!(read(journal, 31).unwrap(), singles(32..=33));
}

fn sizes_follow_what_is_appended_and_forgotten(journal: &dyn Journal) {
    append_each(journal, &singles(1..=9));
    let whole = journal.size();
    assert_eq!((whole.checkpoint, whole.checkpoint_bytes, whole.bytes_before), (None, 0, 0));
    let each = whole.bytes_after / 9;
    assert!(each > 20 && whole.bytes_after == 9 * each, "{whole:?}");
    write_checkpoint(journal, (6, 2), &segments(6)).unwrap();
    let expected = JournalSize {
        checkpoint: Some(Revision(6)),
        checkpoint_bytes: segments(6).concat().len() as u64,
        bytes_before: 4 * each,
        bytes_after: 3 * each,
    };
    assert_eq!(journal.size(), expected);
    append_each(journal, &[single(10), bulky(11, 50_000)]);
    let grown = journal.size();
    assert!(grown.bytes_after > 4 * each + 50_000);
    assert_eq!(
        (grown.bytes_before, grown.checkpoint_bytes),
        (expected.bytes_before, expected.checkpoint_bytes)
    );
    write_checkpoint(journal, (11, 11), &[]).unwrap();
    let empty = JournalSize { checkpoint: Some(Revision(11)), ..JournalSize::default() };
    assert_eq!(journal.size(), empty);
}

fn of_two_checkpoints_at_once_one_comes_after_the_other(journal: &dyn Journal) {
    append_each(journal, &singles(1..=20));
    let barrier = Barrier::new(2);
    thread::scope(|scope| {
        for revision in [12, 17] {
            let barrier = &barrier;
            scope.spawn(move || {
                barrier.wait();
                write_checkpoint(journal, (revision, 10), &segments(revision)).unwrap();
            });
        }
    });
    let (revision, found) = checkpoint(journal).unwrap().unwrap();
    assert!([12, 17].contains(&revision) && found == segments(revision));
    assert_eq!(read(journal, 10).unwrap(), singles(11..=20));
}
