//! The engine on random schemas, caveats, relationships, contexts and times, against the naive evaluator: at the head
//! and at older revisions, before and after a restart.
//!
//! `ARROWROOT_TEST_SEED` repeats a run, `ARROWROOT_TEST_CASES` makes it longer.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test ends where its fact does not hold"
)]

mod ask;
mod bulk;
mod completions;
mod dependencies;
mod expansions;
mod explanations;
mod history;
mod lookups;
#[path = "../naive/mod.rs"]
mod naive;
mod pages;
#[path = "../random/mod.rs"]
mod random;
mod watching;

use arrowroot::engine::View;

use ask::{Answer, Seen, ask};
use history::{History, State};
use naive::{Case, Context, Question, Value};
use random::Random;

const CASES: u64 = 250;
const TRANSACTIONS: usize = 12;

#[test]
fn check_equals_the_naive_evaluator_and_read_what_was_written_at_every_revision_and_time() {
    let mut seen = Seen::default();
    for (case, mut random) in cases("check") {
        let is_durable = case % 12 == 0;
        let mut history = History::random(&mut random, TRANSACTIONS, is_durable);
        history.pass_time(&mut random);
        let older = random.below(history.states.len());
        compare(&mut random.clone(), &history, &history.states[older], &mut seen);
        let head = history.states.last().unwrap();
        compare(&mut random.clone(), &history, head, &mut seen);
        if is_durable {
            history.restart();
            let head = history.states.last().unwrap();
            compare(&mut random.clone(), &history, &history.states[older], &mut seen);
            compare(&mut random.clone(), &history, head, &mut seen);
        }
    }
    println!("{seen:?}");
    seen.assert_enough();
}

#[test]
fn a_watch_from_any_token_rebuilds_the_graph_before_and_after_a_restart() {
    for (case, mut random) in cases("watch") {
        let is_durable = case % 12 == 0;
        let mut history = History::random(&mut random, TRANSACTIONS, is_durable);
        let middle = random.below(history.states.len());
        for is_restarted in [false, true] {
            if is_restarted && !is_durable {
                break;
            }
            if is_restarted {
                history.restart();
            }
            history.pass_time(&mut random);
            let head = history.states.last().unwrap();
            let expected = history::read(&history.view(head), &history.model);
            for state in [&history.states[0], &history.states[middle], head] {
                assert_eq!(history.replayed_from(state), expected, "{history}");
            }
        }
    }
}

/// The numbers of the cases, each with its own seed.
fn cases(test: &str) -> impl Iterator<Item = (u64, Random)> {
    let seed = Random::from_environment(test).0;
    let count = std::env::var("ARROWROOT_TEST_CASES").ok().and_then(|count| count.parse().ok());
    (0..count.unwrap_or(CASES)).map(move |case| (case, Random(seed.wrapping_add(case))))
}

/// Compares everything that can be asked or read of one state, for a few subjects, each with a context of its own.
fn compare(random: &mut Random, history: &History, state: &State, seen: &mut Seen) {
    let view = history.view(state);
    assert_eq!(history::read(&view, &history.model), history.expected_rows(state), "{history}");
    let ids = ids();
    for subject in random::subjects(random, &history.model) {
        let context = random::context(random);
        let case = Case {
            model: &history.model,
            rows: &state.rows,
            now: history.now,
            ids: &ids,
            subject: &subject,
            context: &context,
        };
        compare_case(&case, &view, history, seen);
    }
}

fn compare_case(case: &Case<'_>, view: &View, history: &History, seen: &mut Seen) {
    let answers = naive::answer(case);
    for question in questions(case) {
        let expected = answers.to(&question);
        let actual = ask(view, &question, case.subject, case.context);
        seen.count(&actual);
        if !is_right(case, &question, expected, &actual) {
            let asked = described(case, &question);
            panic!("{asked} is {actual:?}, not {expected:?}\n{history}\n{}", random::rows_text(case.rows));
        }
    }
}

/// Whether an answer is the expected one. What an undecided one hangs on is exact where no question comes back to
/// itself; where one does, it may be less than all that is undecided on the way, but it is enough.
fn is_right(case: &Case<'_>, question: &Question, expected: Option<&Value>, actual: &Answer) -> bool {
    let is_circle = || naive::open_parameters(case, question).is_none();
    match (expected, actual) {
        (None, Answer::Undefined) | (Some(Value::Yes), Answer::Has) | (Some(Value::No), Answer::HasNot) => {
            true
        }
        (Some(Value::Undecided(doubt)), Answer::Failed) => doubt.has_failed,
        (Some(Value::Undecided(doubt)), Answer::Conditional(missing)) => {
            (!doubt.has_failed && doubt.missing == *missing)
                || (doubt.missing.is_superset(missing) && !missing.is_empty() && is_circle())
        }
        _ => false,
    }
}

fn ids() -> Vec<&'static str> {
    random::IDS.into_iter().chain(["unknown"]).collect()
}

/// Every question about every id.
fn questions(case: &Case<'_>) -> Vec<Question> {
    let nodes = case.model.nodes();
    nodes
        .flat_map(|(definition, node)| {
            case.ids.iter().map(move |id| (definition.to_owned(), (*id).to_owned(), node.to_owned()))
        })
        .collect()
}

fn described(case: &Case<'_>, (definition, id, node): &Question) -> String {
    let context: &Context = case.context;
    let (subject, context) = (random::subject_text(case.subject), random::context_text(context));
    format!("{definition}:{id}#{node}@{subject} with {context} at {}", case.now)
}
