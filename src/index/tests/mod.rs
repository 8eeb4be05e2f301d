//! The index against a model: a map from revision to the set of edges.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use proptest::prelude::*;

use crate::relationship::{Relationship, Revision};

use super::{Edge, Index, ObjectKey};

fn edge(index: &Index, text: &str) -> Edge {
    let relationship: Relationship = text.parse().unwrap();
    index.intern(&relationship.resource, &relationship.relation, &relationship.subject).unwrap()
}

fn is_visible(index: &Index, edge: Edge, revision: u64) -> bool {
    index.snapshot(Revision(revision)).read(edge.resource, |postings| {
        postings.has_subject(edge.relation, edge.subject_relation, edge.subject)
    })
}

#[test]
fn an_edge_is_visible_from_its_birth_until_its_death_and_again_after_its_rebirth() {
    let index = Index::default();
    let edge = edge(&index, "agent:planner#owner@user:ana");
    assert!(index.create(edge, Revision(2)).is_some());
    assert!(index.create(edge, Revision(3)).is_none());
    assert!(index.delete(edge, Revision(4)).is_some());
    assert!(index.delete(edge, Revision(5)).is_none());
    assert!(index.create(edge, Revision(6)).is_some());
    let visible: Vec<bool> = (1..=7).map(|revision| is_visible(&index, edge, revision)).collect();
    assert_eq!(visible, [false, true, true, false, false, true, true]);
}

#[test]
fn a_userset_an_object_and_a_wildcard_of_the_same_name_are_different_subjects() {
    let index = Index::default();
    let texts = ["doc:one#viewer@group:eng", "doc:one#viewer@group:eng#member", "doc:one#viewer@group:*"];
    for text in texts {
        let edge = edge(&index, text);
        assert!(!index.is_alive(edge), "{text}");
        index.create(edge, Revision(1));
        assert!(index.is_alive(edge), "{text}");
    }
}

#[test]
fn subjects_are_read_in_pages_without_gap_or_repetition() {
    for count in [0, 1, 2, 24, 25, 26, 1000] {
        let index = Index::default();
        let last = (0..count).map(|number| edge(&index, &format!("doc:one#viewer@user:u{number}"))).inspect(
            |edge| {
                index.create(*edge, Revision(1));
            },
        );
        let Some(last) = last.last() else { continue };
        let mut subjects: Vec<ObjectKey> = Vec::new();
        while index.snapshot(Revision(1)).read(last.resource, |postings| {
            postings.subjects(
                last.relation,
                last.subject_relation,
                subjects.last().copied(),
                7,
                &mut subjects,
            )
        }) {}
        assert_eq!(subjects.len(), count);
        assert!(subjects.is_sorted());
    }
}

#[test]
fn resources_of_a_definition_come_in_order_of_their_ids() {
    let index = Index::default();
    for id in ["c", "a", "b", "B"] {
        index.create(edge(&index, &format!("doc:{id}#viewer@user:ana")), Revision(1));
    }
    let snapshot = index.snapshot(Revision(1));
    let definition = snapshot.relation_names().find_definition("doc").unwrap();
    let ids = |from| -> Vec<String> {
        snapshot.resources(definition, from, 3).iter().map(|(id, _)| id.to_string()).collect()
    };
    assert_eq!(ids(Bound::Unbounded), ["B", "a", "b"]);
    assert_eq!(ids(Bound::Excluded("b")), ["c"]);
    let users = snapshot.relation_names().find_definition("user").unwrap();
    assert!(snapshot.resources(users, Bound::Unbounded, 3).is_empty());
}

#[derive(Debug, Clone)]
enum Step {
    Create(usize),
    Delete(usize),
    TakeBackTransaction,
}

fn steps() -> impl Strategy<Value = Vec<Vec<Step>>> {
    let step = prop_oneof![
        8 => (0..40_usize).prop_map(Step::Create),
        6 => (0..40_usize).prop_map(Step::Delete),
        1 => Just(Step::TakeBackTransaction),
    ];
    prop::collection::vec(prop::collection::vec(step, 1..8), 1..60)
}

/// Few resources and many subjects, so that postings of every form occur.
fn universe(index: &Index) -> Vec<Edge> {
    (0..40).map(|number| edge(index, &format!("doc:d{}#viewer@user:u{}", number % 2, number / 2))).collect()
}

proptest! {
    #[test]
    fn every_revision_shows_what_a_map_of_sets_shows(transactions in steps()) {
        let index = Index::default();
        let universe = universe(&index);
        let mut model: BTreeMap<u64, BTreeSet<Edge>> = BTreeMap::from([(0, BTreeSet::new())]);
        for steps in transactions {
            let head = *model.last_key_value().unwrap().0;
            let mut state = model[&head].clone();
            let mut changes = Vec::new();
            let revision = Revision(head + 1);
            for step in &steps {
                let change = match step {
                    Step::Create(place) => {
                        let change = index.create(universe[*place], revision);
                        prop_assert_eq!(change.is_some(), state.insert(universe[*place]));
                        change
                    }
                    Step::Delete(place) if !changes.iter().any(|change| touches(change, universe[*place])) => {
                        let change = index.delete(universe[*place], revision);
                        prop_assert_eq!(change.is_some(), state.remove(&universe[*place]));
                        change
                    }
                    Step::Delete(_) | Step::TakeBackTransaction => None,
                };
                changes.extend(change);
            }
            if steps.iter().any(|step| matches!(step, Step::TakeBackTransaction)) {
                changes.iter().rev().for_each(|change| index.take_back(*change));
            } else {
                model.insert(head + 1, state);
            }
        }
        for (revision, state) in &model {
            agrees(&index, &universe, *revision, state)?;
        }
        let live: u64 = index.live_counts().iter().map(|(_, _, count)| count).sum();
        prop_assert_eq!(live, model.last_key_value().unwrap().1.len() as u64);
    }
}

fn touches(change: &super::Change, edge: Edge) -> bool {
    matches!(change, super::Change::Created(touched) | super::Change::Deleted(touched) if *touched == edge)
}

fn agrees(
    index: &Index,
    universe: &[Edge],
    revision: u64,
    state: &BTreeSet<Edge>,
) -> Result<(), TestCaseError> {
    let snapshot = index.snapshot(Revision(revision));
    for edge in universe {
        prop_assert_eq!(is_visible(index, *edge, revision), state.contains(edge));
    }
    let mut forward = BTreeSet::new();
    let mut reverse = BTreeSet::new();
    for edge in universe {
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
        let mut resources = Vec::new();
        snapshot.read(edge.subject, |postings| {
            postings.resources(edge.subject_relation, edge.relation, None, usize::MAX / 2, &mut resources)
        });
        prop_assert_eq!(resources.contains(&edge.resource), state.contains(edge));
    }
    prop_assert_eq!(&forward, state);
    prop_assert_eq!(&reverse, state);
    Ok(())
}
