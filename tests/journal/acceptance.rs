//! Facts that hold for every journal.

use std::ops::ControlFlow;
use std::sync::Barrier;
use std::thread;

use arrowroot::journal::{AppendError, Journal, RelationshipChange, Transaction};
use arrowroot::relationship::Revision;

use super::support::{append_each, head, large, read, read_in_parts, single, singles, stage, transaction};

facts! {
    a_fresh_journal_is_empty
    what_is_appended_is_read_back
    an_append_of_nothing_changes_nothing
    a_wrong_head_is_a_conflict_and_writes_nothing
    a_gap_is_refused_and_writes_nothing
    a_group_is_appended_whole
    reading_starts_after_a_revision
    a_visitor_breaks_off
    a_visitor_may_append
    a_large_transaction_comes_back_the_same
    a_large_schema_comes_back_the_same
    empty_and_unicode_fields_come_back_the_same
    of_two_writers_with_one_head_exactly_one_wins
    readers_beside_a_writer_see_a_prefix
    staged_changes_come_back_the_same_whole_and_in_parts
    staged_changes_with_a_wrong_revision_are_refused
}

fn a_fresh_journal_is_empty(journal: &dyn Journal) {
    assert_eq!(head(journal), 0);
    assert_eq!(read(journal, 0).unwrap(), []);
    assert_eq!(journal.identity(), journal.identity());
}

fn what_is_appended_is_read_back(journal: &dyn Journal) {
    let transactions = singles(1..=40);
    append_each(journal, &transactions);
    assert_eq!(head(journal), 40);
    assert_eq!(read(journal, 0).unwrap(), transactions);
}

fn an_append_of_nothing_changes_nothing(journal: &dyn Journal) {
    append_each(journal, &singles(1..=1));
    journal.append(Revision(1), &[]).unwrap();
    assert!(matches!(journal.append(Revision(0), &[]), Err(AppendError::Conflict { .. })));
    assert_eq!(head(journal), 1);
}

fn a_wrong_head_is_a_conflict_and_writes_nothing(journal: &dyn Journal) {
    append_each(journal, &singles(1..=2));
    for (expected, transactions) in [(1, singles(2..=2)), (3, singles(4..=4)), (0, singles(1..=2))] {
        let error = journal.append(Revision(expected), &transactions).unwrap_err();
        assert_eq!(error.to_string(), format!("the journal's head is 2, not {expected}"));
    }
    assert_eq!(read(journal, 0).unwrap(), singles(1..=2));
}

fn a_gap_is_refused_and_writes_nothing(journal: &dyn Journal) {
    append_each(journal, &singles(1..=2));
    for (revisions, message) in [
        (vec![4], "revision 4 cannot follow 2"),
        (vec![2], "revision 2 cannot follow 2"),
        (vec![3, 5], "revision 5 cannot follow 3"),
        (vec![3, 3], "revision 3 cannot follow 3"),
        (vec![3, 4, 3], "revision 3 cannot follow 4"),
    ] {
        let transactions: Vec<_> = revisions.into_iter().map(single).collect();
        let error = journal.append(Revision(2), &transactions).unwrap_err();
        assert!(error.to_string().starts_with(message), "{error}");
    }
    assert_eq!(read(journal, 0).unwrap(), singles(1..=2));
}

fn a_group_is_appended_whole(journal: &dyn Journal) {
    let mut transactions = singles(1..=1000);
    journal.append(Revision(0), &transactions).unwrap();
    assert_eq!(head(journal), 1000);
    transactions.extend([large(1001, 2000), single(1002), large(1003, 1)]);
    journal.append(Revision(1000), &transactions[1000..]).unwrap();
    assert_eq!(head(journal), 1003);
    assert_eq!(read(journal, 0).unwrap(), transactions);
}

fn reading_starts_after_a_revision(journal: &dyn Journal) {
    let transactions = singles(1..=60);
    journal.append(Revision(0), &transactions[..25]).unwrap();
    append_each(journal, &transactions[25..30]);
    journal.append(Revision(30), &transactions[30..]).unwrap();
    for after in [0, 1, 24, 25, 26, 30, 31, 59, 60] {
        assert_eq!(read(journal, after as u64).unwrap(), transactions[after..], "after {after}");
    }
    assert_eq!(read(journal, 61).unwrap(), []);
    assert_eq!(read(journal, u64::MAX).unwrap(), []);
}

fn a_visitor_breaks_off(journal: &dyn Journal) {
    append_each(journal, &singles(1..=5));
    let mut seen = Vec::new();
    let mut visit = |transaction: Transaction| {
        seen.push(transaction.revision.0);
        if seen.len() == 3 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    journal.read(Revision(0), &mut visit).unwrap();
    assert_eq!(seen, [1, 2, 3]);
}

fn a_visitor_may_append(journal: &dyn Journal) {
    append_each(journal, &singles(1..=3));
    let mut visit = |transaction: Transaction| {
        if transaction.revision.0 <= 3 {
            append_each(journal, &singles(transaction.revision.0 + 3..=transaction.revision.0 + 3));
        }
        ControlFlow::Continue(())
    };
    journal.read(Revision(0), &mut visit).unwrap();
    assert_eq!(read(journal, 0).unwrap(), singles(1..=6));
}

fn a_large_transaction_comes_back_the_same(journal: &dyn Journal) {
    let transactions = [single(1), large(2, 100_000), single(3)];
    append_each(journal, &transactions);
    assert!(read(journal, 0).unwrap() == transactions);
    assert!(read(journal, 1).unwrap() == transactions[1..]);
    assert_eq!(read(journal, 2).unwrap(), transactions[2..]);
}

fn a_large_schema_comes_back_the_same(journal: &dyn Journal) {
    let mut transaction = single(1);
    transaction.schema = Some("definition user {} // ünïcödé\n".repeat((5 << 20) / 32));
    append_each(journal, std::slice::from_ref(&transaction));
    assert!(read(journal, 0).unwrap() == [transaction]);
}

fn empty_and_unicode_fields_come_back_the_same(journal: &dyn Journal) {
    let mut transactions = singles(1..=4);
    transactions[0].changes.clear();
    transactions[1].schema = Some(String::new());
    transactions[1].metadata_json = Some(String::new());
    transactions[2].metadata_json = Some(r#"{"причина":"миграция 🚚","\u0000":null}"#.to_owned());
    transactions[2].changes = transaction(
        3,
        &[
            r#"agent:a.b:c@d%e~f,g#owner@user:*[in_range:{"größe":["]","\u0000"]}][expiration:1969-12-31T23:59:59Z]"#,
            "acme/agent:a#owner@group:g#member[always]",
        ],
    )
    .changes;
    let deleted = "agent:a#owner@group:g#member[always]".parse().unwrap();
    transactions[3].changes = vec![RelationshipChange::Delete(deleted)];
    append_each(journal, &transactions);
    assert_eq!(read(journal, 0).unwrap(), transactions);
}

fn of_two_writers_with_one_head_exactly_one_wins(journal: &dyn Journal) {
    let barrier = Barrier::new(2);
    let race = |name: &str| {
        let mut won = Vec::new();
        for round in 0..20 {
            let transaction = transaction(round + 1, &[&format!("agent:{name}-{round}#owner@user:ana")]);
            barrier.wait();
            match journal.append(Revision(round), std::slice::from_ref(&transaction)) {
                Ok(()) => won.push(transaction),
                Err(AppendError::Conflict { .. }) => {}
                Err(error) => panic!("{error}"),
            }
            barrier.wait();
        }
        won
    };
    let mut won = thread::scope(|scope| {
        let other = scope.spawn(|| race("left"));
        let mut won = race("right");
        won.extend(other.join().unwrap());
        won
    });
    won.sort_by_key(|transaction| transaction.revision);
    assert_eq!(read(journal, 0).unwrap(), won);
    assert_eq!(won.len(), 20);
}

fn readers_beside_a_writer_see_a_prefix(journal: &dyn Journal) {
    let transactions = singles(1..=200);
    thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut length = 0;
            while length < transactions.len() {
                let before = head(journal);
                let seen = read(journal, 0).unwrap();
                assert!(seen.len() as u64 >= before && seen.len() >= length);
                assert_eq!(seen, transactions[..seen.len()]);
                length = seen.len();
            }
        });
        for group in transactions.chunks(5) {
            journal.append(Revision(group[0].revision.0 - 1), group).unwrap();
        }
        reader.join().unwrap();
    });
}

fn staged_changes_come_back_the_same_whole_and_in_parts(journal: &dyn Journal) {
    append_each(journal, &singles(1..=1));
    // Enough for memory, and so many that they are staged in a file.
    for (revision, relationships) in [(2, 3), (3, 70_000)] {
        let Transaction { changes, .. } = large(revision, relationships);
        let without = Transaction { changes: Vec::new(), ..large(revision, 0) };
        let staged = stage(&journal.staging_directory(), &changes);
        journal.append_staged(Revision(revision - 1), without, &staged).unwrap();
    }
    append_each(journal, &singles(4..=5));
    assert_eq!(head(journal), 5);
    let expected = [single(1), large(2, 3), large(3, 70_000), single(4), single(5)];
    assert!(read(journal, 0).unwrap() == expected, "they differ");
    assert!(read(journal, 2).unwrap() == expected[2..], "they differ after a revision");

    let parts = read_in_parts(journal, Revision(1).into());
    let of = |revision| parts.iter().filter(move |part| part.transaction.revision == Revision(revision));
    assert_eq!([2, 3, 4, 5].map(|revision| of(revision).filter(|part| part.is_last).count()), [1; 4]);
    assert!(of(3).count() > 10 && of(3).next_back().unwrap().is_last);
    assert!(of(3).all(|part| part.transaction.changes.len() < 5000));
    let together: Vec<_> = of(3).flat_map(|part| part.transaction.changes.clone()).collect();
    assert!(together == expected[2].changes, "the parts differ");
    for (place, part) in (1..).zip(&parts).step_by(5) {
        assert_eq!(part.next.is_within(), !part.is_last, "{place}");
        assert!(read_in_parts(journal, part.next) == parts[place..], "the parts after {place} differ");
    }
}

fn staged_changes_with_a_wrong_revision_are_refused(journal: &dyn Journal) {
    append_each(journal, &singles(1..=2));
    let staged = stage(&journal.staging_directory(), &single(1).changes);
    let append = |head, revision| {
        journal.append_staged(
            Revision(head),
            Transaction { changes: Vec::new(), ..single(revision) },
            &staged,
        )
    };
    assert!(matches!(append(1, 2), Err(AppendError::Conflict { .. })));
    assert!(matches!(append(2, 4), Err(AppendError::Gap { .. })));
    assert_eq!(read(journal, 0).unwrap(), singles(1..=2));
}
