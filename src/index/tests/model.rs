//! The index against a model: a map from revision to the edges and their terms.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use crate::index::{Change, Edge, EdgeKind, Index, Terms};
use crate::relationship::{Relationship, Revision, Timestamp};

use super::checkpoint::{load, pack};
use super::{at, edge, is_visible, touch};

#[derive(Debug, Clone)]
enum Step {
    /// On terms: none, a condition, or an end some seconds from now.
    Touch(usize, TermsChoice),
    Delete(usize),
    TakeBackTransaction,
    RemoveExpired,
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

fn steps() -> impl Strategy<Value = Vec<Vec<Step>>> {
    let terms = prop_oneof![
        4 => Just(TermsChoice::Plain),
        2 => (0..2_u8).prop_map(TermsChoice::Condition),
        3 => (-1..6_i64).prop_map(TermsChoice::For),
    ];
    let step = prop_oneof![
        8 => (0..40_usize, terms).prop_map(|(place, terms)| Step::Touch(place, terms)),
        6 => (0..40_usize).prop_map(Step::Delete),
        1 => Just(Step::TakeBackTransaction),
        1 => Just(Step::RemoveExpired),
    ];
    prop::collection::vec(prop::collection::vec(step, 1..8), 1..60)
}

/// Few resources and many subjects, so that postings of every form occur.
fn universe(index: &Index) -> Vec<Edge> {
    (0..40).map(|number| edge(index, &format!("doc:d{}#viewer@user:u{}", number % 2, number / 2))).collect()
}

type State = BTreeMap<Edge, Terms>;

fn holds(state: &State, edge: Edge, now: Timestamp) -> bool {
    state.get(&edge).is_some_and(|terms| !terms.have_expired(now))
}

proptest! {
    #[test]
    fn every_revision_shows_what_a_map_shows(transactions in steps()) {
        let index = Index::default();
        let universe = universe(&index);
        let mut model: BTreeMap<u64, State> = BTreeMap::from([(0, State::new())]);
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
                        let (edge, terms) = (universe[*place], terms.terms(now));
                        let is_new = !holds(&state, edge, now) || state[&edge] != terms;
                        let made = touch(&index, edge, terms.clone(), head + 1, now);
                        prop_assert_eq!(!made.is_empty(), is_new);
                        changes.extend(made);
                        state.insert(edge, terms);
                    }
                    Step::Delete(place) if touched.insert(*place) => {
                        let edge = universe[*place];
                        let change = index.delete(edge, Revision(head + 1), now);
                        prop_assert_eq!(change.is_some(), holds(&state, edge, now));
                        if change.is_some() {
                            state.remove(&edge);
                        }
                        changes.extend(change);
                    }
                    Step::RemoveExpired => {
                        index.remove_expired(now, Revision(head), 3);
                    }
                    Step::Touch(..) | Step::Delete(_) | Step::TakeBackTransaction => {}
                }
            }
            if steps.iter().any(|step| matches!(step, Step::TakeBackTransaction)) {
                changes.iter().rev().for_each(|change: &Change| index.take_back(*change));
            } else {
                model.insert(head + 1, state);
            }
        }
        for (revision, state) in &model {
            agrees(&index, &universe, *revision, now, state)?;
        }
        let head = *model.last_key_value().unwrap().0;
        for (revision, oldest) in [(head, head), (head, head / 2), (head / 2, head / 4), (head, 0)] {
            let (segments, contents) = pack(&index, revision, oldest);
            let again = load(&segments, contents).unwrap();
            let edges = self::universe(&again);
            for (revision, state) in model.range(oldest..=revision) {
                let moved = |(edge, terms): (&Edge, &Terms)| {
                    (edges[universe.iter().position(|other| other == edge).unwrap()], terms.clone())
                };
                agrees(&again, &edges, *revision, now, &state.iter().map(moved).collect())?;
            }
            let state = &model[&revision];
            let held: Vec<_> = state.iter().map(|(edge, terms)| EdgeKind::of(*edge, terms.kind()).terms).collect();
            let counted = again.live_kinds().into_iter().map(|kind| kind.terms);
            prop_assert!(counted.clone().all(|terms| held.contains(&terms)));
            let unexpired = state.values().filter(|terms| !terms.have_expired(now)).map(Terms::kind);
            prop_assert!(unexpired.into_iter().all(|terms| counted.clone().any(|other| other == terms)));
        }
        let (head, last) = model.last_key_value().unwrap();
        while index.remove_expired(now, Revision(*head), 10) > 0 {}
        agrees(&index, &universe, *head, now, last)?;
        let living = last.iter().filter(|(_, terms)| !terms.have_expired(now));
        let kinds: Vec<EdgeKind> = living.map(|(edge, terms)| EdgeKind::of(*edge, terms.kind())).collect();
        let counted = index.live_kinds();
        prop_assert!(counted.iter().all(|kind| kinds.contains(kind)));
        prop_assert!(kinds.iter().all(|kind| counted.contains(kind)));
        let expiring = last.values().filter(|terms| terms.expires_at.is_some() && !terms.have_expired(now));
        prop_assert_eq!(index.expiring_count(), expiring.count());
    }
}

fn agrees(
    index: &Index,
    universe: &[Edge],
    revision: u64,
    now: Timestamp,
    state: &State,
) -> Result<(), TestCaseError> {
    let snapshot = index.snapshot(Revision(revision), now);
    for edge in universe {
        prop_assert_eq!(is_visible(index, *edge, revision, now), holds(state, *edge, now));
        let terms = snapshot.terms(*edge);
        prop_assert_eq!(terms.as_ref(), state.get(edge).filter(|_| holds(state, *edge, now)));
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
    }
    let expected: BTreeSet<Edge> = state.keys().copied().filter(|edge| holds(state, *edge, now)).collect();
    prop_assert_eq!(&forward, &expected);
    prop_assert_eq!(&reverse, &expected);
    Ok(())
}
