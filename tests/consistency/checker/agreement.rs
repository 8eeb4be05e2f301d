//! Answers against each other: the same at the same revision, and nothing of a transaction without the rest of it.

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher as _};

use super::super::history::{Action, History, Operation, Outcome};
use super::violation::{Property, Violation};

pub(super) fn check(history: &History) -> Result<(), Violation> {
    let batches = Batches::new(history);
    let mut checked: HashMap<(u64, &str), (bool, usize)> = HashMap::new();
    let mut found: HashMap<(u64, &str), (BTreeSet<&str>, usize)> = HashMap::new();
    for (number, operation) in history.operations.iter().enumerate() {
        match (&operation.action, &operation.outcome) {
            (Action::Check { questions, .. }, Outcome::Checked { revision, answers }) => {
                batches.check_checked(number, operation)?;
                for (question, answer) in questions.iter().zip(answers) {
                    match checked.entry((*revision, &question.text)) {
                        Entry::Occupied(other) if other.get().0 != *answer => {
                            return Err(unrepeatable(&question.text, *revision, other.get().1, number));
                        }
                        Entry::Occupied(_) => {}
                        Entry::Vacant(place) => {
                            place.insert((*answer, number));
                        }
                    }
                }
            }
            (Action::Read { prefix, .. }, Outcome::Found { revision, facts }) => {
                let facts: BTreeSet<&str> = facts.iter().map(String::as_str).collect();
                batches.check_found(number, prefix, &facts)?;
                match found.entry((*revision, prefix)) {
                    Entry::Occupied(other) if other.get().0 != facts => {
                        return Err(unrepeatable(prefix, *revision, other.get().1, number));
                    }
                    Entry::Occupied(_) => {}
                    Entry::Vacant(place) => {
                        place.insert((facts, number));
                    }
                }
            }
            _ => {}
        }
    }
    Ok(())
}

fn unrepeatable(asked: &str, revision: u64, first: usize, second: usize) -> Violation {
    let message = format!("two answers to `{asked}` at {revision} differ");
    Violation::new(Property::SnapshotsRepeat, message, &[first, second])
}

/// Facts that are only ever written together, by number.
struct Batches<'a> {
    of_fact: HashMap<&'a str, usize>,
    facts: Vec<Vec<&'a str>>,
}

impl<'a> Batches<'a> {
    fn new(history: &'a History) -> Self {
        let mut written: HashMap<&str, DefaultHasher> = HashMap::new();
        for (number, operation) in history.operations.iter().enumerate() {
            if let Outcome::Refused { .. } = operation.outcome {
                continue;
            }
            for effect in operation.effects() {
                (number, effect.is_present).hash(written.entry(&effect.fact).or_default());
            }
        }
        let (mut numbers, mut of_fact, mut facts) = (HashMap::new(), HashMap::new(), Vec::new());
        for (fact, written) in written {
            let number = *numbers.entry(written.finish()).or_insert_with(|| {
                facts.push(Vec::new());
                facts.len() - 1
            });
            of_fact.insert(fact, number);
            facts[number].push(fact);
        }
        Self { of_fact, facts }
    }

    fn check_found(&self, number: usize, prefix: &str, found: &BTreeSet<&str>) -> Result<(), Violation> {
        let touched: BTreeSet<usize> =
            found.iter().filter_map(|fact| self.of_fact.get(fact).copied()).collect();
        for batch in touched {
            let within = self.facts[batch].iter().filter(|fact| fact.starts_with(prefix));
            let missing: Vec<_> = within.filter(|fact| !found.contains(*fact)).collect();
            if !missing.is_empty() {
                let message = format!("of facts that are only written together, {missing:?} are not there");
                return Err(Violation::new(Property::NoTornBatch, message, &[number]));
            }
        }
        Ok(())
    }

    fn check_checked(&self, number: usize, operation: &Operation) -> Result<(), Violation> {
        let (Action::Check { questions, .. }, Outcome::Checked { answers, .. }) =
            (&operation.action, &operation.outcome)
        else {
            return Ok(());
        };
        let mut seen: HashMap<usize, (bool, &str)> = HashMap::new();
        for (question, answer) in questions.iter().zip(answers) {
            let [all_of] = question.any_of.as_slice() else { continue };
            let [fact] = all_of.as_slice() else { continue };
            let Some(batch) = self.of_fact.get(fact.as_str()) else { continue };
            let (other_answer, other) = *seen.entry(*batch).or_insert((*answer, fact));
            if other_answer != *answer {
                let message = format!("`{fact}` and `{other}` are only written together, and one is there");
                return Err(Violation::new(Property::NoTornBatch, message, &[number]));
            }
        }
        Ok(())
    }
}
