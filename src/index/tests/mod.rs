//! Facts about the index.

mod checkpoint;
mod model;
mod removal;

use std::collections::BTreeSet;
use std::ops::Bound;

use crate::relationship::{Relationship, Revision, Timestamp};

use super::{Change, Edge, Holding, Index, ObjectKey, Snapshot, Terms};

fn edge(index: &Index, text: &str) -> Edge {
    let relationship: Relationship = text.parse().unwrap();
    index.intern(&relationship.resource, &relationship.relation, &relationship.subject).unwrap()
}

/// A time, in seconds.
fn at(seconds: i64) -> Timestamp {
    Timestamp { seconds, nanoseconds: 0 }
}

/// The terms of a relationship that ends at a time.
fn until(seconds: i64) -> Terms {
    Terms { condition: None, expires_at: Some(at(seconds)) }
}

/// The edge holds on some terms from a revision on.
fn touch(index: &Index, edge: Edge, terms: Terms, revision: u64, now: Timestamp) -> Vec<Change> {
    let mut changes = Vec::new();
    let has_changed = index.touch(edge, terms, Revision(revision), now, &mut changes);
    assert_eq!(has_changed, !changes.is_empty());
    changes
}

/// The resources' edges and the subjects' edges that a snapshot shows.
fn directions(snapshot: &Snapshot<'_>, edges: &[Edge]) -> [BTreeSet<Edge>; 2] {
    let [mut forward, mut reverse] = [BTreeSet::new(), BTreeSet::new()];
    for edge in edges {
        snapshot.read(edge.resource, |postings| {
            postings.visit_forward(None, None, None, |edge| {
                forward.insert(edge);
                true
            });
        });
        snapshot.read(edge.subject, |postings| {
            postings.visit_reverse(None, None, None, |edge| {
                reverse.insert(edge);
                true
            });
        });
    }
    [forward, reverse]
}

fn create(index: &Index, edge: Edge, revision: u64) -> bool {
    !touch(index, edge, Terms::default(), revision, at(0)).is_empty()
}

fn delete(index: &Index, edge: Edge, revision: u64) -> bool {
    index.delete(edge, Revision(revision), at(0)).is_some()
}

fn is_visible(index: &Index, edge: Edge, revision: u64, now: Timestamp) -> bool {
    index.snapshot(Revision(revision), now).read(edge.resource, |postings| {
        postings.has_subject(edge.relation, edge.subject_relation, edge.subject)
    })
}

#[test]
fn an_edge_is_visible_from_its_birth_until_its_death_and_again_after_its_rebirth() {
    let index = Index::default();
    let edge = edge(&index, "agent:planner#owner@user:ana");
    assert!(create(&index, edge, 2));
    assert!(!create(&index, edge, 3));
    assert!(delete(&index, edge, 4));
    assert!(!delete(&index, edge, 5));
    assert!(create(&index, edge, 6));
    let visible: Vec<bool> = (1..=7).map(|revision| is_visible(&index, edge, revision, at(0))).collect();
    assert_eq!(visible, [false, true, true, false, false, true, true]);
}

#[test]
fn a_userset_an_object_and_a_wildcard_of_the_same_name_are_different_subjects() {
    let index = Index::default();
    let texts = ["doc:one#viewer@group:eng", "doc:one#viewer@group:eng#member", "doc:one#viewer@group:*"];
    for text in texts {
        let edge = edge(&index, text);
        assert!(index.terms_at_last(edge, at(0)).is_none(), "{text}");
        create(&index, edge, 1);
        assert!(index.terms_at_last(edge, at(0)).is_some(), "{text}");
    }
}

#[test]
fn subjects_are_read_in_pages_without_gap_or_repetition() {
    for count in [0, 1, 2, 24, 25, 26, 1000] {
        let index = Index::default();
        let last = (0..count).map(|number| edge(&index, &format!("doc:one#viewer@user:u{number}"))).inspect(
            |edge| {
                create(&index, *edge, 1);
            },
        );
        let Some(last) = last.last() else { continue };
        let mut subjects: Vec<ObjectKey> = Vec::new();
        while index.snapshot(Revision(1), at(0)).read(last.resource, |postings| {
            let after = subjects.last().copied();
            let push = |subject, _| subjects.push(subject);
            postings.subjects(last.relation, last.subject_relation, after, 7, push)
        }) {}
        assert_eq!(subjects.len(), count);
        assert!(subjects.is_sorted());
    }
}

#[test]
fn objects_of_a_definition_come_in_order_of_their_ids() {
    let index = Index::default();
    for id in ["c", "a", "b", "B"] {
        create(&index, edge(&index, &format!("doc:{id}#viewer@user:ana")), 1);
    }
    let snapshot = index.snapshot(Revision(1), at(0));
    let definition = snapshot.relation_names().find_definition("doc").unwrap();
    let ids = |from| -> Vec<String> {
        snapshot.objects_by_name(definition, from, 3).iter().map(|(id, _)| id.to_string()).collect()
    };
    assert_eq!(ids(Bound::Unbounded), ["B", "a", "b"]);
    assert_eq!(ids(Bound::Excluded("b")), ["c"]);
    let users = snapshot.relation_names().find_definition("user").unwrap();
    let users = snapshot.objects_by_name(users, Bound::Unbounded, 3);
    assert_eq!(users.iter().map(|(id, _)| &**id).collect::<Vec<_>>(), ["ana"]);
}

#[test]
fn an_edge_with_an_end_is_absent_from_that_moment_on_at_every_revision() {
    let index = Index::default();
    let edge = edge(&index, "doc:one#viewer@user:ana");
    touch(&index, edge, until(100), 1, at(50));
    assert_eq!(index.expiring_count(), 1);
    for revision in [1, 2] {
        assert!(is_visible(&index, edge, revision, at(99)));
        assert!(!is_visible(&index, edge, revision, at(100)));
    }
    assert!(index.terms_at_last(edge, at(100)).is_none());
    assert!(index.delete(edge, Revision(2), at(100)).is_none());
}

#[test]
fn touching_an_edge_that_has_expired_begins_a_new_life() {
    let index = Index::default();
    let edge = edge(&index, "doc:one#viewer@user:ana");
    touch(&index, edge, until(100), 1, at(50));
    assert!(touch(&index, edge, until(100), 2, at(60)).is_empty());
    assert_eq!(touch(&index, edge, until(200), 2, at(60)).len(), 2);
    assert_eq!(touch(&index, edge, Terms::default(), 3, at(300)).len(), 2);
    let visible: Vec<bool> = (0..=3).map(|revision| is_visible(&index, edge, revision, at(150))).collect();
    assert_eq!(visible, [false, false, true, true]);
    assert_eq!(index.expiring_count(), 0);
}

#[test]
fn what_has_expired_leaves_once_it_is_durable() {
    let index = Index::default();
    let [one, other] = ["doc:one#viewer@user:ana", "doc:one#viewer@user:bob"].map(|text| edge(&index, text));
    touch(&index, one, until(100), 1, at(50));
    touch(&index, other, until(100), 2, at(50));
    assert_eq!(index.remove_expired(at(99), Revision(2), 10), 0);
    assert_eq!(index.remove_expired(at(100), Revision(1), 10), 1);
    assert_eq!(index.expiring_count(), 1);
    assert_eq!(index.remove_expired(at(100), Revision(2), 10), 1);
    assert_eq!(index.expiring_count(), 0);
    assert!(index.live_kinds().is_empty());
    // Not even a clock that has gone back brings it back.
    assert!(!is_visible(&index, one, 1, at(50)));
}

#[test]
fn an_edge_with_a_condition_holds_if_that_does() {
    let index = Index::default();
    let relationship: Relationship = r#"doc:one#viewer@user:ana[weekday:{"day":1}]"#.parse().unwrap();
    let edge = edge(&index, "doc:one#viewer@user:ana");
    let holding = |revision| {
        let mut holding = Holding::No;
        index.snapshot(Revision(revision), at(0)).read(edge.resource, |postings| {
            holding = postings.subject(edge.relation, edge.subject_relation, edge.subject);
        });
        holding
    };
    touch(&index, edge, Terms::of(&relationship), 1, at(0));
    create(&index, edge, 2);
    assert!(matches!(holding(0), Holding::No));
    assert!(
        matches!(holding(1), Holding::If(condition) if Some(condition.stored()) == relationship.caveat.as_ref())
    );
    assert!(matches!(holding(2), Holding::Yes));
}
