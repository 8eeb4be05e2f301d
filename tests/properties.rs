//! Checks on random schemas, relationships and writes, against the naive evaluator, at the head and at older
//! revisions.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test ends where its fact does not hold"
)]

use std::collections::BTreeSet;

use arrowroot::engine::{
    CheckPermission, CheckPermissionError, Consistency, Engine, EngineOptions, Permissionship, View,
    WriteRelationships, ZedToken,
};
use arrowroot::evaluate::EvaluateError;
use arrowroot::relationship::{Object, RelationshipUpdate, UpdateOperation};

mod naive;
mod random;

use naive::{Model, Row, Subject};
use random::Random;

const CASES: u64 = 250;
const TRANSACTIONS: usize = 12;

#[test]
fn check_equals_the_naive_evaluator_on_random_schemas_and_writes() {
    let seed = Random::from_environment("properties").0;
    let mut answers = Seen::default();
    for case in 0..CASES {
        run_case(Random(seed.wrapping_add(case)), &mut answers);
    }
    println!("{answers:?}");
    assert!(
        answers.has > 1000 && answers.has_not > 1000 && answers.undefined > 100,
        "{answers:?} shows too little"
    );
}

/// How often each answer was given.
#[derive(Debug, Default)]
struct Seen {
    has: usize,
    has_not: usize,
    undefined: usize,
}

/// The graph after each transaction.
struct State {
    token: ZedToken,
    rows: BTreeSet<Row>,
}

fn run_case(mut random: Random, answers: &mut Seen) {
    let seed = random.0;
    let model = random::model(&mut random);
    let text = random::text(&model);
    let engine = Engine::in_memory(EngineOptions::default()).unwrap();
    let written = engine.write_schema(&text).unwrap_or_else(|error| panic!("seed {seed}: {error}\n{text}"));
    let mut states = vec![State { token: written.written_at, rows: BTreeSet::new() }];
    for _ in 0..TRANSACTIONS {
        let mut rows = states.last().unwrap().rows.clone();
        let updates = updates(&mut random, &model, &mut rows);
        let written =
            engine.write_relationships(WriteRelationships { updates, ..Default::default() }).unwrap();
        states.push(State { token: written.written_at, rows });
    }
    let older = random.below(states.len());
    for place in [older, states.len() - 1] {
        let State { token, rows } = &states[place];
        let view = engine.at(&Consistency::AtExactSnapshot(token.clone())).unwrap();
        compare(&mut random, &model, rows, &view, answers)
            .unwrap_or_else(|problem| panic!("seed {seed}: {problem}"));
    }
}

fn updates(random: &mut Random, model: &Model, rows: &mut BTreeSet<Row>) -> Vec<RelationshipUpdate> {
    let mut touched = BTreeSet::new();
    let mut updates = Vec::new();
    for _ in 0..6 {
        let known = random.below(rows.len().max(1));
        let row = rows.iter().nth(known).filter(|_| random.is(25)).cloned();
        let row = row.unwrap_or_else(|| random::row(random, model));
        if !touched.insert(row.clone()) {
            continue;
        }
        let relationship = random::row_text(&row).parse().unwrap();
        let operation = if rows.contains(&row) && random.is(70) {
            rows.remove(&row);
            UpdateOperation::Delete
        } else if rows.insert(row) && random.is(50) {
            UpdateOperation::Create
        } else {
            UpdateOperation::Touch
        };
        updates.push(RelationshipUpdate { operation, relationship });
    }
    updates
}

fn compare(
    random: &mut Random,
    model: &Model,
    rows: &BTreeSet<Row>,
    view: &View,
    answers: &mut Seen,
) -> Result<(), String> {
    let ids: Vec<&str> = random::IDS.iter().copied().chain(["unknown"]).collect();
    for subject in random::subjects(random, model) {
        let expected = naive::answer(model, rows, &ids, &subject);
        for (definition, node) in model.nodes() {
            for id in &ids {
                let question = (definition.to_owned(), (*id).to_owned(), node.to_owned());
                let expected =
                    match (expected.certain.contains(&question), expected.possible.contains(&question)) {
                        (true, _) => Some(Permissionship::HasPermission),
                        (false, false) => Some(Permissionship::NoPermission),
                        (false, true) => None,
                    };
                *match expected {
                    Some(Permissionship::HasPermission) => &mut answers.has,
                    Some(_) => &mut answers.has_not,
                    None => &mut answers.undefined,
                } += 1;
                let actual = ask(view, definition, id, node, &subject);
                if actual != expected {
                    let (schema, subject) = (random::text(model), random::subject_text(&subject));
                    let rows = rows.iter().map(random::row_text).collect::<Vec<_>>().join("\n");
                    return Err(format!(
                        "{definition}:{id}#{node}@{subject} is {actual:?}, not {expected:?}\n{schema}\n{rows}"
                    ));
                }
            }
        }
    }
    Ok(())
}

/// The engine's answer; nothing if it says that the answer depends on its own negation.
fn ask(
    view: &View,
    definition: &str,
    id: &str,
    permission: &str,
    subject: &Subject,
) -> Option<Permissionship> {
    let question = CheckPermission::new(
        format!("{definition}:{id}").parse::<Object>().unwrap(),
        permission,
        random::subject_text(subject).parse().unwrap(),
    );
    match view.check_permission(&question, view.limits()) {
        Ok(permissionship) => Some(permissionship),
        Err(CheckPermissionError::Evaluate(EvaluateError::NegationCycle { .. })) => None,
        Err(error) => panic!("{error}"),
    }
}
