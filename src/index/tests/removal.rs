//! Facts about what leaves the index.

use crate::relationship::Revision;

use super::super::{Holding, Index, Terms};
use super::{at, create, delete, edge, is_visible, touch, until};

/// Everything that may leave does, what expired before a time included. New objects may have the numbers.
fn remove_all(index: &Index, revision: u64, seconds: i64) {
    let step = || {
        index.remove_expired(at(seconds), Revision(revision), 3)
            + index.remove_ended(Revision(revision), 3)
            + index.remove_objects(3)
    };
    while step() > 0 {}
    index.release(&index.take_vacated());
}

#[test]
fn a_life_leaves_when_no_revision_shows_it_that_is_kept() {
    let index = Index::default();
    let edge = edge(&index, "doc:one#viewer@user:ana");
    create(&index, edge, 1);
    delete(&index, edge, 3);
    create(&index, edge, 5);
    assert_eq!((index.ended_count(), index.first_ended()), (1, Some(Revision(3))));
    remove_all(&index, 2, 0);
    assert_eq!(index.ended_count(), 1);
    assert!(is_visible(&index, edge, 2, at(0)));
    remove_all(&index, 3, 0);
    assert_eq!((index.ended_count(), index.first_ended()), (0, None));
    let visible: Vec<bool> = (3..=6).map(|revision| is_visible(&index, edge, revision, at(0))).collect();
    assert_eq!(visible, [false, false, true, true]);
    assert_eq!(index.snapshot(Revision(6), at(0)).born(edge), Some(Revision(5)));
}

#[test]
fn an_end_that_is_taken_back_after_an_older_life_left_gives_the_younger_one_back() {
    let index = Index::default();
    let edge = edge(&index, "doc:one#viewer@user:ana");
    create(&index, edge, 1);
    delete(&index, edge, 3);
    create(&index, edge, 5);
    let end = index.delete(edge, Revision(7), at(0)).unwrap();
    remove_all(&index, 6, 0);
    index.take_back(end);
    assert_eq!(index.ended_count(), 0);
    assert_eq!([4, 5, 7].map(|revision| is_visible(&index, edge, revision, at(0))), [false, true, true]);
}

#[test]
fn an_end_that_another_life_has_too_stays_when_the_older_life_leaves() {
    let index = Index::default();
    let edge = edge(&index, "doc:one#viewer@user:ana");
    touch(&index, edge, until(100), 1, at(0));
    delete(&index, edge, 2);
    touch(&index, edge, until(100), 3, at(0));
    remove_all(&index, 3, 0);
    assert_eq!(index.expiring_count(), 1);
    assert!(index.is_time_relevant());
    assert!(!is_visible(&index, edge, 3, at(100)));
    remove_all(&index, 3, 100);
    assert_eq!((index.expiring_count(), index.object_count()), (0, 0));
    assert!(!index.is_time_relevant());
}

#[test]
fn an_object_leaves_with_its_last_relationship_and_its_number_is_used_again_once_it_is_released() {
    let index = Index::default();
    let first = edge(&index, "doc:one#viewer@user:ana");
    let kept = edge(&index, "doc:two#viewer@user:ana");
    create(&index, first, 1);
    create(&index, kept, 1);
    delete(&index, first, 2);
    while index.remove_ended(Revision(2), 10) + index.remove_objects(10) > 0 {}
    let snapshot = index.snapshot(Revision(2), at(0));
    assert_eq!(snapshot.object_name(first.resource), None);
    assert_eq!(snapshot.object_id(kept.subject).as_deref(), Some("ana"));
    assert_eq!(index.object_count(), 2);
    let vacated = index.take_vacated();
    assert_eq!(vacated, [first.resource]);
    let again = edge(&index, "doc:one#viewer@user:ana");
    assert_ne!(again.resource, first.resource);
    index.release(&vacated);
    // Other objects take their places by the hash of their names: one of these meets the place that is free.
    let count = index.object_number_count();
    let is_reused =
        |number: &u32| edge(&index, &format!("doc:n{number}#viewer@user:ana")).resource == first.resource;
    assert!((0..100_000).any(|number| is_reused(&number)));
    assert_eq!(index.object_number_count() - count, index.object_count() - 4);
}

#[test]
fn what_was_interned_for_a_write_that_is_taken_back_leaves() {
    let index = Index::default();
    let edge = edge(&index, "doc:one#viewer@user:ana");
    let changes = touch(&index, edge, Terms::default(), 1, at(0));
    changes.into_iter().rev().for_each(|change| index.take_back(change));
    remove_all(&index, 0, 0);
    assert_eq!(index.object_count(), 0);
}

#[test]
fn an_object_that_gets_a_relationship_before_it_has_left_stays() {
    let index = Index::default();
    let edge = edge(&index, "doc:one#viewer@user:ana");
    create(&index, edge, 1);
    delete(&index, edge, 2);
    while index.remove_ended(Revision(2), 10) > 0 {}
    create(&index, edge, 3);
    remove_all(&index, 3, 0);
    assert!(is_visible(&index, edge, 3, at(0)));
    assert_eq!(index.object_count(), 2);
}

#[test]
fn nothing_leaves_during_a_pause() {
    let index = Index::default();
    let [ended, expired] =
        ["doc:one#viewer@user:ana", "doc:two#viewer@user:bob"].map(|text| edge(&index, text));
    create(&index, ended, 1);
    delete(&index, ended, 2);
    touch(&index, expired, until(100), 2, at(0));
    let (one, other) = (index.pause_removals(), index.pause_removals());
    drop(one);
    remove_all(&index, 2, 100);
    assert_eq!((index.ended_count(), index.expiring_count(), index.object_count()), (1, 1, 4));
    drop(other);
    remove_all(&index, 2, 100);
    assert_eq!((index.ended_count(), index.expiring_count(), index.object_count()), (0, 0, 0));
}

#[test]
fn a_condition_stays_when_a_life_without_it_leaves() {
    let index = Index::default();
    let relationship = r#"doc:one#viewer@user:ana[weekday:{"day":1}]"#.parse().unwrap();
    let edge = edge(&index, "doc:one#viewer@user:ana");
    create(&index, edge, 1);
    touch(&index, edge, Terms::of(&relationship), 2, at(0));
    remove_all(&index, 2, 0);
    let mut holding = Holding::No;
    index.snapshot(Revision(2), at(0)).read(edge.resource, |postings| {
        holding = postings.subject(edge.relation, edge.subject_relation, edge.subject);
    });
    assert!(matches!(holding, Holding::If(_)));
}

#[test]
fn what_expired_before_it_was_written_has_one_life_at_a_revision() {
    let index = Index::default();
    let edge = edge(&index, "doc:one#viewer@user:ana");
    let mut changes = Vec::new();
    let mut create = |seconds| index.create(edge, until(seconds), Revision(1), at(10), &mut changes);
    assert!(create(5));
    assert!(!create(5));
    assert!(!create(6));
    assert!(index.touch(edge, until(7), Revision(1), at(10), &mut changes));
    assert_eq!((index.ended_count(), index.expiring_count(), changes.len()), (0, 1, 1));
    assert_eq!([6, 7].map(|seconds| is_visible(&index, edge, 1, at(seconds))), [true, false]);
    let (segments, contents) = super::checkpoint::pack(&index, 1, 0);
    super::checkpoint::load(&segments, &contents).unwrap();
    changes.into_iter().rev().for_each(|change| index.take_back(change));
    remove_all(&index, 0, 0);
    assert_eq!((index.object_count(), index.is_time_relevant()), (0, false));
}

#[test]
fn lives_of_one_relationship_leave_together() {
    let index = Index::default();
    let edge = edge(&index, "doc:one#viewer@user:ana");
    for revision in 1..=100_i64 {
        touch(&index, edge, until(100 + revision), u64::try_from(revision).unwrap(), at(0));
    }
    touch(&index, edge, Terms::default(), 101, at(0));
    assert_eq!(index.remove_ended(Revision(50), 1), 1);
    let visible = [50, 51, 101].map(|revision| is_visible(&index, edge, revision, at(0)));
    assert_eq!(visible, [true, true, true]);
    assert!(!is_visible(&index, edge, 49, at(0)));
    assert!(index.is_time_relevant());
    assert_eq!(index.remove_ended(Revision(101), 50), 50);
    assert!(!index.is_time_relevant());
    assert_eq!(index.ended_count(), 49);
    assert_eq!(index.remove_ended(Revision(101), 100), 49);
    assert!(is_visible(&index, edge, 101, at(1000)));
    assert_eq!(index.snapshot(Revision(101), at(1000)).born(edge), Some(Revision(101)));
}
