//! Lookups by asking the question about everything that there is.

use std::collections::BTreeMap;

use super::evaluate::{Answered, answer};
use super::formula::Case;
use super::model::{Question, Subject};
use super::value::Value;

/// What may be an answer, with the answer; nothing where that depends on its own negation. What is no answer is missing.
type Found = BTreeMap<String, Option<Value>>;

/// The resources of a definition on which the case's subject has a relation or permission.
pub(crate) fn resources(case: &Case<'_>, definition: &str, node: &str) -> Found {
    let answers = answer(case);
    let question = |id: &str| (definition.to_owned(), id.to_owned(), node.to_owned());
    case.ids.iter().filter_map(|id| found(&answers, id, &question(id))).collect()
}

/// The subjects among `ids`, of a definition and with a relation of it or none, that have what is asked for.
pub(crate) fn subjects(
    case: &Case<'_>,
    question: &Question,
    definition: &str,
    relation: &str,
    ids: &[&str],
) -> Found {
    let subject = |id: &str| Subject {
        definition: definition.to_owned(),
        id: id.to_owned(),
        relation: relation.to_owned(),
    };
    ids.iter()
        .filter_map(|id| found(&answer(&Case { subject: &subject(id), ..*case }), id, question))
        .collect()
}

fn found(answers: &Answered, id: &str, question: &Question) -> Option<(String, Option<Value>)> {
    let answer = answers.to(question);
    (answer != Some(&Value::No)).then(|| (id.to_owned(), answer.cloned()))
}
