//! The index against a model: a map from revision to the edges and their terms.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use crate::index::{Change, Edge, EdgeKind, Index, Terms};
use crate::relationship::{Relationship, Revision, Timestamp};

use super::checkpoint::{load, pack};
use super::{at, directions, edge, is_visible, touch};

#[derive(Debug, Clone)]
enum Step {
    /// On terms: none, a condition, or an end some seconds from now.
    Touch(usize, TermsChoice),
    Delete(usize),
    TakeBackTransaction,
    RemoveExpired,
    /// Of the lives that ended so many revisions before the head, or earlier, some.
    RemoveEnded(u64),
    /// Objects that may go, and new ones may have their numbers.
    RemoveObjects,
}

#[derive(Debug, Clone, Copy)]
enum TermsChoice {
    Plain,
    Condition(u8),
    For(i64),
}

impl TermsChoice {
    fn terms(self, now: Timestamp) -> Terms {
        match self {
            Self::Plain => Terms::default(),
            Self::Condition(number) => {
                let text = format!("doc:one#viewer@user:ana[c:{{\"x\":{number}}}]");
                Terms::of(&text.parse::<Relationship>().unwrap())
            }
            Self::For(seconds) => Terms { condition: None, expires_at: Some(at(now.seconds + seconds)) },
        }
    }
}

/// Edges that there are.
const PLACES: usize = 40;

fn steps() -> impl Strategy<Value = Vec<Vec<Step>>> {
    let terms = prop_oneof![
        4 => Just(TermsChoice::Plain),
        2 => (0..2_u8).prop_map(TermsChoice::Condition),
        3 => (-1..6_i64).prop_map(TermsChoice::For),
    ];
    let step = prop_oneof![
        8 => (0..PLACES, terms).prop_map(|(place, terms)| Step::Touch(place, terms)),
        6 => (0..PLACES).prop_map(Step::Delete),
        1 => Just(Step::TakeBackTransaction),
        1 => Just(Step::RemoveExpired),
        2 => (0..4_u64).prop_map(Step::RemoveEnded),
        2 => Just(Step::RemoveObjects),
    ];
    prop::collection::vec(prop::collection::vec(step, 1..8), 1..60)
}

/// The edge in a place. Few resources and many subjects, so that postings of every form occur.
fn edge_at(index: &Index, place: usize) -> Edge {
    edge(index, &format!("doc:d{}#viewer@user:u{}", place % 2, place / 2))
}

/// By the edge's place: numbers of objects that have left are others' when they come again.
type State = BTreeMap<usize, Terms>;

fn holds(state: &State, place: usize, now: Timestamp) -> bool {
    state.get(&place).is_some_and(|terms| !terms.have_expired(now))
}

proptest! {
    #[test]
    fn every_revision_shows_what_a_map_shows(transactions in steps()) {
        let index = Index::default();
        let mut model: BTreeMap<u64, State> = BTreeMap::from([(0, State::new())]);
        let mut oldest = 0;
        let mut now = at(0);
        for steps in transactions {
            now.seconds += 1;
            let head = *model.last_key_value().unwrap().0;
            let mut state = model[&head].clone();
            let mut changes = Vec::new();
            let mut touched = BTreeSet::new();
            for step in &steps {
                match step {
                    Step::Touch(place, terms) if touched.insert(*place) => {
                        let (edge, terms) = (edge_at(&index, *place), terms.terms(now));
                        let is_new = !holds(&state, *place, now) || state[place] != terms;
                        let made = touch(&index, edge, terms.clone(), head + 1, now);
                        prop_assert_eq!(!made.is_empty(), is_new);
                        changes.extend(made);
                        state.insert(*place, terms);
                    }
                    Step::Delete(place) if touched.insert(*place) => {
                        let change = index.delete(edge_at(&index, *place), Revision(head + 1), now);
                        prop_assert_eq!(change.is_some(), holds(&state, *place, now));
                        if change.is_some() {
                            state.remove(place);
                        }
                        changes.extend(change);
                    }
                    Step::RemoveExpired => {
                        index.remove_expired(now, Revision(head), 3);
                    }
                    Step::RemoveEnded(age) => {
                        oldest = oldest.max(head.saturating_sub(*age));
                        index.remove_ended(Revision(oldest), 2);
                    }
                    Step::RemoveObjects => {
                        index.remove_objects(2);
                        index.release(&index.take_vacated());
                    }
                    Step::Touch(..) | Step::Delete(_) | Step::TakeBackTransaction => {}
                }
            }
            if steps.iter().any(|step| matches!(step, Step::TakeBackTransaction)) {
                changes.iter().rev().for_each(|change: &Change| index.take_back(*change));
            } else {
                model.insert(head + 1, state);
            }
            agrees(&index, oldest, now, &model[&oldest])?;
        }
        for (revision, state) in model.range(oldest..) {
            agrees(&index, *revision, now, state)?;
        }
        let (head, last) = model.last_key_value().unwrap();
        for (revision, oldest) in [(*head, *head), (*head, oldest), (oldest.midpoint(*head), oldest), (oldest, oldest)] {
            let (segments, contents) = pack(&index, revision, oldest);
            let again = load(&segments, &contents).unwrap();
            for (revision, state) in model.range(oldest..=revision) {
                agrees(&again, *revision, now, state)?;
            }
            empties(&again, revision, now, &model[&revision])?;
        }
        empties(&index, *head, now, last)?;
    }
}

/// Once everything has left that may, what is left is what a state says; and nothing once that is deleted.
fn empties(index: &Index, head: u64, now: Timestamp, last: &State) -> Result<(), TestCaseError> {
    while index.remove_expired(now, Revision(head), 10) > 0 {}
    while index.remove_ended(Revision(head), 10) > 0 {}
    agrees(index, head, now, last)?;
    prop_assert_eq!(index.ended_count(), 0);
    let living = last.iter().filter(|(_, terms)| !terms.have_expired(now));
    let kinds: Vec<EdgeKind> =
        living.map(|(place, terms)| EdgeKind::of(edge_at(index, *place), terms.kind())).collect();
    let counted = index.live_kinds();
    prop_assert!(counted.iter().all(|kind| kinds.contains(kind)));
    prop_assert!(kinds.iter().all(|kind| counted.contains(kind)));
    let expiring = last.values().filter(|terms| terms.expires_at.is_some() && !terms.have_expired(now));
    prop_assert_eq!(index.expiring_count(), expiring.clone().count());
    prop_assert_eq!(index.is_time_relevant(), expiring.count() > 0);
    for place in 0..PLACES {
        index.delete(edge_at(index, place), Revision(head + 1), now);
    }
    while index.remove_ended(Revision(head + 1), 10) + index.remove_objects(10) > 0 {}
    prop_assert_eq!(index.leaving_count() - index.take_vacated().len(), 0);
    prop_assert!(!index.is_time_relevant() && index.live_kinds().is_empty());
    Ok(())
}

fn agrees(index: &Index, revision: u64, now: Timestamp, state: &State) -> Result<(), TestCaseError> {
    let snapshot = index.snapshot(Revision(revision), now);
    let universe: Vec<Edge> = (0..PLACES).map(|place| edge_at(index, place)).collect();
    for (place, edge) in universe.iter().enumerate() {
        prop_assert_eq!(is_visible(index, *edge, revision, now), holds(state, place, now));
        let terms = snapshot.terms(*edge);
        prop_assert_eq!(terms.as_ref(), state.get(&place).filter(|_| holds(state, place, now)));
    }
    let [forward, reverse] = directions(&snapshot, &universe);
    let living = state.keys().filter(|place| holds(state, **place, now));
    let expected: BTreeSet<Edge> = living.map(|place| universe[*place]).collect();
    prop_assert_eq!(&forward, &expected);
    prop_assert_eq!(&reverse, &expected);
    Ok(())
}
