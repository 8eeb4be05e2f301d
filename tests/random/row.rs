//! Random relationships, and subjects to ask for.

use std::collections::BTreeMap;

use arrowroot::relationship::{ContextualizedCaveat, Relationship, Timestamp};

use crate::naive::{Allowed, Model, Row, Rows, Subject, Terms};

use super::number::Random;
use super::schema::node;

/// The ids of every object type but `user`.
pub(crate) const IDS: [&str; 3] = ["one", "two", "six"];
const USERS: [&str; 3] = ["ana", "ben", "eve"];

/// A relationship that the schema allows, at a time.
pub(crate) fn row(random: &mut Random, model: &Model, now: i64) -> (Row, Terms) {
    let definition = random.pick(&model.definitions);
    let (relation, allowed) = random.pick(&definition.relations);
    let kind = random.pick(allowed);
    let id = match (kind.form.as_str(), kind.definition.as_str()) {
        ("*", _) => "*",
        (_, "user") => random.pick(&USERS),
        _ => random.pick(&IDS),
    };
    let relation_name = if kind.form == "*" { "" } else { &kind.form };
    let row = Row {
        definition: definition.name.clone(),
        id: (*random.pick(&IDS)).to_owned(),
        relation: relation.clone(),
        subject: Subject {
            definition: kind.definition.clone(),
            id: id.to_owned(),
            relation: relation_name.to_owned(),
        },
    };
    (row, terms_of_kind(random, model, kind, now))
}

/// Terms on which the schema allows a relationship, at a time.
pub(crate) fn terms(random: &mut Random, model: &Model, row: &Row, now: i64) -> Terms {
    let definition = model.definitions.iter().find(|known| known.name == row.definition).unwrap();
    let (_, allowed) = definition.relations.iter().find(|(name, _)| *name == row.relation).unwrap();
    let Subject { definition, id, relation } = &row.subject;
    let form = if id == "*" { id } else { relation };
    let kinds: Vec<_> =
        allowed.iter().filter(|kind| kind.definition == *definition && kind.form == *form).collect();
    let kind = *random.pick(&kinds);
    terms_of_kind(random, model, kind, now)
}

fn terms_of_kind(random: &mut Random, model: &Model, kind: &Allowed, now: i64) -> Terms {
    let condition = kind.caveat.as_ref().map(|caveat| {
        let percent = *random.pick(&[0, 0, 40, 40, 100]);
        let parameters = model.caveat(caveat).parameters().into_iter();
        let stored: BTreeMap<_, _> = parameters
            .filter_map(|parameter| random.is(percent).then(|| (parameter, random.is(50))))
            .collect();
        (caveat.clone(), stored)
    });
    let offsets = [-500, 0, 1, 5, 20, 60, 200, 1000, 1000, 9000, 9000];
    let expires_at = kind.has_expiration.then(|| now + *random.pick(&offsets));
    Terms { condition, expires_at }
}

/// The relationship as the engine has it.
pub(crate) fn relationship(row: &Row, terms: &Terms) -> Relationship {
    let caveat = terms.condition.as_ref().map(|(name, stored)| {
        let fields: Vec<_> = stored.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
        let context_json =
            if fields.is_empty() { String::new() } else { format!("{{{}}}", fields.join(",")) };
        ContextualizedCaveat { name: name.parse().unwrap(), context_json }
    });
    let expires_at = terms.expires_at.map(|seconds| Timestamp { seconds, nanoseconds: 0 });
    Relationship { caveat, expires_at, ..row_text(row).parse().unwrap() }
}

/// The relationship's text, without terms.
pub(crate) fn row_text(row: &Row) -> String {
    let Row { definition, id, relation, subject } = row;
    format!("{definition}:{id}#{relation}@{}", subject_text(subject))
}

/// The relationships' text, a line each.
pub(crate) fn rows_text(rows: &Rows) -> String {
    let texts: Vec<_> = rows.iter().map(|(row, terms)| relationship(row, terms).to_string()).collect();
    texts.join("\n")
}

/// The subject's text.
pub(crate) fn subject_text(subject: &Subject) -> String {
    let Subject { definition, id, relation } = subject;
    if relation.is_empty() { format!("{definition}:{id}") } else { format!("{definition}:{id}#{relation}") }
}

/// Subjects to ask for: users, known and unknown, objects, and usersets.
pub(crate) fn subjects(random: &mut Random, model: &Model) -> Vec<Subject> {
    let subject = |definition: &str, id: &str, relation: &str| Subject {
        definition: definition.to_owned(),
        id: id.to_owned(),
        relation: relation.to_owned(),
    };
    let mut subjects = vec![subject("user", "ana", ""), subject("user", "nobody", "")];
    for _ in 0..3 {
        let definition = random.pick(&model.definitions).name.clone();
        let id = if random.is(10) { "unknown" } else { *random.pick(&IDS) };
        subjects.push(subject(&definition, id, ""));
        subjects.push(subject(&definition, id, &node(random)));
    }
    subjects
}
