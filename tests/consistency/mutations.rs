//! Right histories with one thing changed that makes them wrong: each must be refused.
//!
//! `ARROWROOT_TEST_SEED` repeats a run.

use std::collections::HashMap;

use super::checker::{Property, check};
use super::history::{Action, Consistency, Effect, Fact, History, Operation, Outcome};
use super::number::Random;
use super::simulate::{Simulated, is_granted, simulate};

const HISTORIES: usize = 60;
const STEPS: usize = 900;

#[test]
fn right_histories_with_overlaps_and_deaths_are_accepted() {
    let mut random = Random::from_environment("right histories");
    let (mut settled, mut states_max) = (0, 0);
    for _ in 0..HISTORIES {
        let deaths = random.below(20);
        let Simulated { history, .. } = simulate(Random(random.next()), STEPS, deaths);
        let verified = check(&history).unwrap_or_else(|violation| panic!("{}", violation.report(&history)));
        settled += verified.writes_settled;
        states_max = states_max.max(verified.states_max);
    }
    assert!(settled > 0 && states_max > 1, "no unknown write happened, or each was certain");
}

#[test]
fn one_changed_answer_is_refused() {
    refuse("one changed answer", |random, Simulated { history, .. }| {
        let place = pick(random, history, |outcome| matches!(outcome, Outcome::Checked { .. }))?;
        let Outcome::Checked { answers, .. } = &mut history.operations[place].outcome else { return None };
        let answer = random.below(answers.len());
        answers[answer] = !answers[answer];
        Some(())
    });
}

#[test]
fn one_row_more_or_less_is_refused() {
    refuse("one row more or less", |random, Simulated { history, .. }| {
        let place = pick(random, history, |outcome| matches!(outcome, Outcome::Found { .. }))?;
        let operation = &mut history.operations[place];
        let (Action::Read { prefix, .. }, Outcome::Found { facts, .. }) =
            (&operation.action, &mut operation.outcome)
        else {
            return None;
        };
        if facts.is_empty() || random.is(50) {
            facts.push(format!("{prefix}batch:0#never"));
        } else {
            facts.swap_remove(random.below(facts.len()));
        }
        Some(())
    });
}

#[test]
fn answers_of_two_operations_that_are_swapped_are_refused() {
    refuse("swapped answers", |random, Simulated { history, .. }| {
        let is_check =
            |outcome: &Outcome| matches!(outcome, Outcome::Checked { answers, .. } if answers.len() == 1);
        let (left, right) = (pick(random, history, is_check)?, pick(random, history, is_check)?);
        let mut answers = [left, right].map(|place| match &history.operations[place].outcome {
            Outcome::Checked { answers, .. } => answers.clone(),
            _ => Vec::new(),
        });
        if answers[0] == answers[1] {
            return None;
        }
        answers.swap(0, 1);
        for (place, swapped) in [left, right].into_iter().zip(answers) {
            if let Outcome::Checked { answers, .. } = &mut history.operations[place].outcome {
                *answers = swapped;
            }
        }
        Some(())
    });
}

/// The server tells the old state, with its revision, though a newer one was told.
#[test]
fn an_answer_of_an_older_state_is_refused() {
    let property = refuse("an older state", |random, Simulated { history, states }| {
        let place = pick(random, history, |outcome| matches!(outcome, Outcome::Checked { .. }))?;
        let invoked = history.operations[place].invoked;
        let before = history.operations.iter().filter(|operation| operation.completed < invoked);
        let told = before.filter_map(Operation::revision).max()?;
        let older = random.next() % told.max(1);
        let operation = &mut history.operations[place];
        let Action::Check { at, questions } = &operation.action else { return None };
        if told == 0 || matches!(at, Consistency::AtExactSnapshot(_)) {
            return None;
        }
        let state = &states[usize::try_from(older).unwrap()];
        let answers = questions.iter().map(|question| is_granted(state, question)).collect();
        operation.outcome = Outcome::Checked { revision: older, answers };
        Some(())
    });
    assert!(
        property
            .iter()
            .all(|property| { [Property::NoStaleRead, Property::NoStaleReadAtToken].contains(property) })
    );
}

/// The server acknowledges a write, and from then on tells states without it, where that can be seen.
#[test]
fn a_write_without_its_effect_is_refused() {
    refuse("a write without effect", |random, Simulated { history, .. }| {
        let place = pick(random, history, |outcome| matches!(outcome, Outcome::Written { .. }))?;
        let written = history.operations[place].revision()?;
        let Effect { fact, is_present } = history.operations[place].effects()[0].clone();
        let writes_later = |operation: &Operation| {
            let revision = operation.revision().filter(|revision| *revision > written)?;
            operation.effects().iter().any(|effect| effect.fact == fact).then_some(revision)
        };
        let until = history.operations.iter().filter_map(writes_later).min().unwrap_or(u64::MAX);
        let mut is_seen = false;
        for operation in &mut history.operations {
            let Some(revision) = operation.revision() else { continue };
            if !(written..until).contains(&revision) {
                continue;
            }
            is_seen |= hide(operation, &fact, is_present);
        }
        is_seen.then_some(())
    });
}

/// Makes a read's answer that of a state without a change.
fn hide(operation: &mut Operation, fact: &Fact, is_present: bool) -> bool {
    match (&operation.action, &mut operation.outcome) {
        (Action::Read { prefix, .. }, Outcome::Found { facts, .. }) if fact.starts_with(prefix.as_str()) => {
            if is_present {
                facts.retain(|found| found != fact);
            } else {
                facts.push(fact.clone());
            }
            true
        }
        (Action::Check { questions, .. }, Outcome::Checked { answers, .. }) => {
            let mut is_hidden = false;
            for (question, answer) in questions.iter().zip(answers) {
                if question.any_of == [[fact.clone()]] {
                    *answer = !is_present;
                    is_hidden = true;
                }
            }
            is_hidden
        }
        _ => false,
    }
}

#[test]
fn an_acknowledged_write_that_nobody_asked_for_is_refused() {
    refuse("a missing write", |random, Simulated { history, .. }| {
        let place = pick(random, history, |outcome| matches!(outcome, Outcome::Written { .. }))?;
        let removed = history.operations.swap_remove(place).revision();
        // The last one leaves no trace.
        (removed < history.operations.iter().map(Operation::revision).max()?).then_some(())
    });
}

#[test]
fn swapped_tokens_of_writes_are_refused() {
    refuse("swapped tokens", |random, Simulated { history, .. }| {
        let is_write = |outcome: &Outcome| matches!(outcome, Outcome::Written { .. });
        let (left, right) = (pick(random, history, is_write)?, pick(random, history, is_write)?);
        let is_before = history.operations[left].completed < history.operations[right].invoked;
        let outcome = history.operations[left].outcome.clone();
        history.operations[left].outcome = std::mem::replace(&mut history.operations[right].outcome, outcome);
        is_before.then_some(())
    });
}

#[test]
fn a_restart_that_loses_revisions_is_refused() {
    let properties = refuse_with_deaths("a lost tail", 5, |random, Simulated { history, .. }| {
        let number = random.below(history.starts.len());
        let before = history.operations.iter().filter(|operation| operation.server < number);
        let told = before.filter_map(Operation::revision).max()?;
        history.starts[number].head = told.checked_sub(1)?;
        Some(())
    });
    assert!(properties.iter().all(|property| *property == Property::NoLostWrite), "{properties:?}");
}

/// Of a recorded history: answers turned round that were told before any unknown write to their facts was asked for.
pub(super) fn refuse_changed_answers(history: &History, random: &mut Random, count: usize) {
    let mut uncertain_from: HashMap<&str, u64> = HashMap::new();
    for operation in history.operations.iter().filter(|operation| operation.is_unknown_write()) {
        for effect in operation.effects() {
            let from = uncertain_from.entry(&effect.fact).or_insert(u64::MAX);
            *from = operation.invoked.min(*from);
        }
    }
    let is_certain = |operation: &Operation| {
        let (Action::Check { questions, .. }, Outcome::Checked { .. }) =
            (&operation.action, &operation.outcome)
        else {
            return false;
        };
        let mut facts = questions.iter().flat_map(|question| question.any_of.iter().flatten());
        facts.all(|fact| uncertain_from.get(fact.as_str()).is_none_or(|from| operation.completed < *from))
    };
    let certain: Vec<usize> =
        (0..history.operations.len()).filter(|place| is_certain(&history.operations[*place])).collect();
    // Where the first server died at once, there may be none.
    let count = if certain.is_empty() { 0 } else { count };
    for _ in 0..count {
        let place = *random.pick(&certain);
        let mut changed = history.clone();
        let Outcome::Checked { answers, .. } = &mut changed.operations[place].outcome else { continue };
        let answer = random.below(answers.len());
        answers[answer] = !answers[answer];
        check(&changed).expect_err("an answer was turned round");
    }
}

fn refuse(name: &str, change: impl Fn(&mut Random, &mut Simulated) -> Option<()>) -> Vec<Property> {
    refuse_with_deaths(name, 0, change)
}

/// Changes many right histories, each of which must be refused then. A change that does not apply changes nothing
/// wrong.
fn refuse_with_deaths(
    name: &str,
    deaths_percent: usize,
    change: impl Fn(&mut Random, &mut Simulated) -> Option<()>,
) -> Vec<Property> {
    let mut random = Random::from_environment(name);
    let mut properties = Vec::new();
    for _ in 0..HISTORIES {
        let mut simulated = simulate(Random(random.next()), STEPS, deaths_percent);
        if change(&mut random, &mut simulated).is_some() {
            properties.push(check(&simulated.history).expect_err(name).property);
        }
    }
    assert!(properties.len() > HISTORIES / 10, "the change hardly ever applies");
    properties
}

/// The place of an operation with an outcome like that.
fn pick(random: &mut Random, history: &History, is_wanted: impl Fn(&Outcome) -> bool) -> Option<usize> {
    let wanted: Vec<usize> = (0..history.operations.len())
        .filter(|place| is_wanted(&history.operations[*place].outcome))
        .collect();
    (!wanted.is_empty()).then(|| *random.pick(&wanted))
}
