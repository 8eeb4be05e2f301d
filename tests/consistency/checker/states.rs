//! One transaction for each revision, and every answer that of the state at its revision.
//!
//! Revisions are gone through in order. A revision whose write was acknowledged changes the state for certain. Any
//! other was made by an unknown write, maybe one of several: then there are several possible states, of which each
//! answer leaves those that it agrees with. A history is refused where none is left.

use std::collections::{BTreeMap, BTreeSet};

use super::super::history::{Action, Effect, History, Operation, Outcome};
use super::Verified;
use super::order::Known;
use super::violation::{Property, Violation};

/// Possible states at one revision, at most.
pub(super) const STATES_MAX: usize = 20_000;

/// A state that is possible, as what it has otherwise than the common one.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Possible<'a> {
    /// INVARIANT: the common state has the opposite.
    differing: BTreeMap<&'a str, bool>,
    /// The unknown writes of the server that happened.
    happened: BTreeSet<usize>,
}

struct States<'a> {
    history: &'a History,
    known: &'a Known,
    /// Facts that hold in the common state.
    present: BTreeSet<&'a str>,
    /// Who changed a fact last, in the common state.
    changed_by: BTreeMap<&'a str, usize>,
    possible: BTreeSet<Possible<'a>>,
    /// The unknown writes of the server that has the revision.
    unknown: Vec<usize>,
    verified: Verified,
}

pub(super) fn check(history: &History, known: &Known) -> Result<Verified, Violation> {
    let mut writes: BTreeMap<u64, usize> = BTreeMap::new();
    let mut answers: BTreeMap<u64, Vec<usize>> = BTreeMap::new();
    for (number, operation) in history.operations.iter().enumerate() {
        match operation.outcome {
            Outcome::Written { revision } => {
                writes.insert(revision, number);
            }
            Outcome::Checked { revision, .. } | Outcome::Found { revision, .. } => {
                answers.entry(revision).or_default().push(number);
            }
            _ => {}
        }
    }
    let told = writes.keys().chain(answers.keys()).copied().max();
    let last = told.into_iter().chain(history.starts.iter().map(|start| start.head)).max().unwrap_or(0);

    let mut states = States::new(history, known);
    let first = history.starts.first().map_or(0, |start| start.head);
    states.answers(answers.get(&first))?;
    let mut server = 0;
    states.begin(server);
    for revision in first + 1..=last {
        while history.starts.get(server + 1).is_some_and(|next| next.head < revision) {
            server += 1;
            states.begin(server);
        }
        match writes.get(&revision) {
            Some(write) => states.acknowledged(*write)?,
            None => states.unknown(revision)?,
        }
        states.answers(answers.get(&revision))?;
    }
    Ok(states.verified)
}

impl<'a> States<'a> {
    fn new(history: &'a History, known: &'a Known) -> Self {
        let writes_unknown =
            history.operations.iter().filter(|operation| operation.is_unknown_write()).count();
        let out_of_range = |operation: &&Operation| matches!(operation.outcome, Outcome::OutOfRange { .. });
        let out_of_range = history.operations.iter().filter(out_of_range).count();
        Self {
            history,
            known,
            present: BTreeSet::new(),
            changed_by: BTreeMap::new(),
            possible: [Possible::default()].into(),
            unknown: Vec::new(),
            verified: Verified { writes_unknown, out_of_range, states_max: 1, ..Verified::default() },
        }
    }

    /// Revisions of a server begin. What was unknown before and has not happened never will.
    fn begin(&mut self, server: usize) {
        let forget = |state: Possible<'a>| Possible { happened: BTreeSet::new(), ..state };
        self.possible = std::mem::take(&mut self.possible).into_iter().map(forget).collect();
        self.settle();
        let is_of_server = |(number, operation): (usize, &Operation)| {
            (operation.server == server && operation.is_unknown_write()).then_some(number)
        };
        self.unknown = self.history.operations.iter().enumerate().filter_map(is_of_server).collect();
    }

    /// Applies a write whose revision is known.
    fn acknowledged(&mut self, number: usize) -> Result<(), Violation> {
        let write = &self.history.operations[number];
        let (present, history) = (&self.present, self.history);
        self.possible.retain(|state| holds(present, state, history.operations[number].requires()));
        if self.possible.is_empty() {
            let message = "a write happened without what it requires".to_owned();
            let operations = self.writers(write.requires().iter().map(|effect| effect.fact.as_str()));
            return Err(Violation::new(
                Property::RequirementsHold,
                message,
                &[operations, vec![number]].concat(),
            ));
        }
        for Effect { fact, is_present } in write.effects() {
            if *is_present {
                self.present.insert(fact);
            } else {
                self.present.remove(fact.as_str());
            }
            self.changed_by.insert(fact, number);
        }
        if self.possible.iter().any(|state| !state.differing.is_empty()) {
            let overwritten = |mut state: Possible<'a>| {
                for effect in write.effects() {
                    state.differing.remove(effect.fact.as_str());
                }
                state
            };
            self.possible = std::mem::take(&mut self.possible).into_iter().map(overwritten).collect();
            self.settle();
        }
        self.verified.writes_acknowledged += 1;
        Ok(())
    }

    /// Applies any unknown write that could have a revision.
    fn unknown(&mut self, revision: u64) -> Result<(), Violation> {
        let operations = &self.history.operations;
        let candidates: Vec<usize> =
            self.unknown.iter().copied().filter(|number| self.known.before(*number) < revision).collect();
        let mut after = BTreeSet::new();
        for state in &self.possible {
            for number in candidates.iter().filter(|number| !state.happened.contains(number)) {
                if holds(&self.present, state, operations[*number].requires()) {
                    after.insert(self.with(state, *number));
                }
            }
            if after.len() > STATES_MAX {
                let message = format!("there are more than {STATES_MAX} possible states at {revision}");
                return Err(Violation::new(Property::Decidable, message, &candidates));
            }
        }
        if after.is_empty() {
            let message = format!("nobody asked for what was written with revision {revision}");
            return Err(Violation::new(Property::NothingUnasked, message, &candidates));
        }
        self.possible = after;
        self.settle();
        self.verified.writes_settled += 1;
        Ok(())
    }

    /// A possible state after an unknown write.
    fn with(&self, state: &Possible<'a>, number: usize) -> Possible<'a> {
        let mut state = state.clone();
        state.happened.insert(number);
        for Effect { fact, is_present } in self.history.operations[number].effects() {
            if self.present.contains(fact.as_str()) == *is_present {
                state.differing.remove(fact.as_str());
            } else {
                state.differing.insert(fact, *is_present);
            }
        }
        state
    }

    /// Makes the only state that is left the common one.
    fn settle(&mut self) {
        self.verified.states_max = self.verified.states_max.max(self.possible.len());
        if self.possible.len() > 1 {
            return;
        }
        let Some(mut state) = self.possible.pop_first() else { return };
        for (fact, is_present) in std::mem::take(&mut state.differing) {
            if is_present {
                self.present.insert(fact);
            } else {
                self.present.remove(fact);
            }
            let writes = |number: &&usize| {
                let operation = &self.history.operations[**number];
                operation.effects().contains(&Effect { fact: fact.to_owned(), is_present })
            };
            if let Some(number) = state.happened.iter().chain(&self.unknown).find(writes) {
                self.changed_by.insert(fact, *number);
            }
        }
        self.possible.insert(state);
    }

    /// Keeps the states that all answers at a revision agree with.
    fn answers(&mut self, numbers: Option<&Vec<usize>>) -> Result<(), Violation> {
        for number in numbers.into_iter().flatten() {
            let operation = &self.history.operations[*number];
            let before = self.possible.first().cloned();
            let present = &self.present;
            self.possible.retain(|state| differing_facts(present, state, operation).is_empty());
            if self.possible.is_empty() {
                return Err(self.wrong_answer(*number, &before.unwrap_or_default()));
            }
            self.settle();
            self.verified.answers += 1;
        }
        Ok(())
    }

    fn wrong_answer(&self, number: usize, state: &Possible<'a>) -> Violation {
        let differing = differing_facts(&self.present, state, &self.history.operations[number]);
        let was_there = |facts: &[&str]| {
            facts.iter().any(|fact| self.changed_by.contains_key(fact) || self.is_of_unknown_write(fact))
        };
        let property = match differing.first() {
            Some(Difference { is_granted: false, .. }) => Property::NoLostWrite,
            Some(Difference { facts, .. }) if was_there(facts) => Property::NoRevokedPermission,
            _ => Property::NothingUnasked,
        };
        let described: Vec<_> = differing
            .iter()
            .map(|Difference { asked, is_granted, .. }| {
                format!("`{asked}` is {} there", if *is_granted { "wrongly" } else { "not" })
            })
            .collect();
        let mut operations =
            self.writers(differing.iter().flat_map(|difference| difference.facts.iter().copied()));
        operations.push(number);
        Violation::new(property, described.join(", "), &operations)
    }

    /// Who wrote facts last, or may have.
    fn writers<'f>(&self, facts: impl Iterator<Item = &'f str>) -> Vec<usize> {
        let mut numbers = Vec::new();
        for fact in facts {
            numbers.extend(self.changed_by.get(fact));
            let writes = |number: &&usize| self.writes(**number, fact);
            numbers.extend(self.unknown.iter().filter(writes));
        }
        numbers
    }

    fn is_of_unknown_write(&self, fact: &str) -> bool {
        self.unknown.iter().any(|number| self.writes(*number, fact))
    }

    fn writes(&self, number: usize, fact: &str) -> bool {
        self.history.operations[number].effects().iter().any(|effect| effect.fact == fact)
    }
}

fn is_present(present: &BTreeSet<&str>, state: &Possible<'_>, fact: &str) -> bool {
    state.differing.get(fact).copied().unwrap_or_else(|| present.contains(fact))
}

fn holds(present: &BTreeSet<&str>, state: &Possible<'_>, required: &[Effect]) -> bool {
    required.iter().all(|effect| is_present(present, state, &effect.fact) == effect.is_present)
}

/// Where an answer is otherwise than a state.
struct Difference<'a> {
    asked: &'a str,
    /// What it was told to be.
    is_granted: bool,
    facts: Vec<&'a str>,
}

fn differing_facts<'a>(
    present: &BTreeSet<&'a str>,
    state: &Possible<'a>,
    operation: &'a Operation,
) -> Vec<Difference<'a>> {
    match (&operation.action, &operation.outcome) {
        (Action::Check { questions, .. }, Outcome::Checked { answers, .. }) => questions
            .iter()
            .zip(answers)
            .filter(|(question, answer)| {
                let all_hold =
                    |facts: &Vec<String>| facts.iter().all(|fact| is_present(present, state, fact));
                question.any_of.iter().any(all_hold) != **answer
            })
            .map(|(question, answer)| Difference {
                asked: &question.text,
                is_granted: *answer,
                facts: question.any_of.iter().flatten().map(String::as_str).collect(),
            })
            .collect(),
        (Action::Read { prefix, .. }, Outcome::Found { facts, .. }) => {
            let found: BTreeSet<&str> = facts.iter().map(String::as_str).collect();
            let begins = |fact: &&&str| fact.starts_with(prefix.as_str());
            let mut expected: BTreeSet<&str> =
                present.range(prefix.as_str()..).take_while(begins).copied().collect();
            for (fact, is_present) in
                state.differing.iter().filter(|(fact, _)| fact.starts_with(prefix.as_str()))
            {
                if *is_present {
                    expected.insert(fact);
                } else {
                    expected.remove(fact);
                }
            }
            let difference = |fact: &&'a str| Difference {
                asked: fact,
                is_granted: found.contains(fact),
                facts: vec![*fact],
            };
            expected.symmetric_difference(&found).map(difference).collect()
        }
        _ => Vec::new(),
    }
}
