//! Expected relations: who is said to have a relation or permission, and where each was found.
//!
//! ```yaml
//! validation:
//!   document:plan#view:
//!     - "[user:ana] is <document:plan#owner>"
//!     - "[user:*[...] - {user:ben, user:eve[...]}] is <document:plan#viewer>/<folder:all#viewer>"
//! ```

use std::collections::BTreeSet;
use std::fmt;
use std::path::Path;

use serde::Deserialize;
use serde::de::{MapAccess, Visitor};
use serde_saphyr::Spanned;

use crate::relationship::{Object, RelationName, Subject};

use super::error::{Problem, Problems, ScenarioError};
use super::file::{line_number, parse_document};

/// What follows a subject that is one on a condition.
const CAVEATED: &str = "[...]";

/// Everyone who is said to have a relation or permission.
#[derive(Debug)]
pub(super) struct ExpectedRelation {
    /// The line, from 1.
    pub(super) line: usize,
    pub(super) resource: Object,
    pub(super) permission: RelationName,
    pub(super) subjects: Vec<ExpectedSubject>,
}

/// A subject that is expected.
#[derive(Debug)]
pub(super) struct ExpectedSubject {
    pub(super) line: usize,
    /// As it stands in the file.
    pub(super) text: String,
    pub(super) subject: Subject,
    pub(super) is_caveated: bool,
    /// Of everyone, who is not: as text, with `[...]` where it depends.
    pub(super) excluded: BTreeSet<String>,
    /// Where it is found, as text.
    pub(super) resources: BTreeSet<String>,
}

/// The part of the document that this is about.
#[derive(Debug, Deserialize)]
struct Document {
    #[serde(default)]
    validation: Option<Pairs>,
}

/// A mapping with the places of its keys, in order.
#[derive(Debug)]
struct Pairs(Vec<Pair>);

/// A key, and its list.
type Pair = (Spanned<String>, Option<Vec<Spanned<String>>>);

impl<'de> Deserialize<'de> for Pairs {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct PairsVisitor;

        impl<'de> Visitor<'de> for PairsVisitor {
            type Value = Pairs;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("for each `resource#permission` a list of expected subjects")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pairs, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Pairs(pairs))
            }
        }
        deserializer.deserialize_map(PairsVisitor)
    }
}

/// Reads the expected relations of a validation file. What cannot be read is added to the problems.
pub(super) fn read(file: &Path, text: &str, problems: &mut Problems) -> Vec<ExpectedRelation> {
    let document: Document = match parse_document(file, text) {
        Ok(document) => document,
        Err(problem) => {
            problems.push(problem);
            return Vec::new();
        }
    };
    let mut relations = Vec::new();
    for (key, entries) in document.validation.map(|pairs| pairs.0).unwrap_or_default() {
        let line = line_number(key.referenced.line());
        let Some((resource, permission)) = place(&key.value) else {
            problems.push(ScenarioError::new(file, line, Problem::ExpectedKey { key: key.value }));
            continue;
        };
        let mut subjects = Vec::new();
        for entry in entries.unwrap_or_default() {
            let line = line_number(entry.referenced.line());
            match ExpectedSubject::parse(line, &entry.value) {
                Ok(subject) => subjects.push(subject),
                Err(problem) => {
                    let problem = Problem::ExpectedSubject { text: entry.value, problem };
                    problems.push(ScenarioError::new(file, line, problem));
                }
            }
        }
        relations.push(ExpectedRelation { line, resource, permission, subjects });
    }
    relations
}

/// `document:plan#view`.
fn place(text: &str) -> Option<(Object, RelationName)> {
    let (object, relation) = text.trim().rsplit_once('#')?;
    Some((object.parse().ok()?, RelationName::new(relation).ok()?))
}

impl ExpectedSubject {
    /// Reads `[subject] is <place>/<place>`; what is wrong, otherwise.
    fn parse(line: usize, text: &str) -> Result<Self, String> {
        let bracketed = text.split_once('[').and_then(|(_, rest)| rest.rsplit_once(']'));
        let Some((inside, _)) = bracketed else { return Err("the subject stands in `[…]`".to_owned()) };
        let (subject, excluded) = match inside.split_once(" - ") {
            Some((subject, excluded)) => (subject.trim(), excluded_in(excluded)?),
            None => (inside.trim(), BTreeSet::new()),
        };
        let (subject, is_caveated) = caveated(subject);
        let subject = subject_of(subject)?;
        let resources = resources_in(text)?;
        Ok(Self { line, text: text.to_owned(), subject, is_caveated, excluded, resources })
    }
}

/// A subject, and whether `[...]` follows it.
fn caveated(text: &str) -> (&str, bool) {
    match text.strip_suffix(CAVEATED) {
        Some(subject) => (subject.trim_end(), true),
        None => (text, false),
    }
}

fn subject_of(text: &str) -> Result<Subject, String> {
    let text = text.strip_suffix("#...").unwrap_or(text);
    text.parse().map_err(|_| format!("`{}` is no subject", crate::relationship::shortened(text)))
}

/// `{user:ben, user:eve[...]}`, as text that can be compared.
fn excluded_in(text: &str) -> Result<BTreeSet<String>, String> {
    let inside = text.trim().strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
    let Some(inside) = inside else { return Err("those who are excluded stand in `{…}`".to_owned()) };
    inside
        .split(',')
        .map(|one| {
            let (subject, is_caveated) = caveated(one.trim());
            Ok(marked(&subject_of(subject)?.to_string(), is_caveated))
        })
        .collect()
}

/// A subject as text, with a mark if it is one on a condition.
pub(super) fn marked(subject: &str, is_caveated: bool) -> String {
    format!("{subject}{}", if is_caveated { CAVEATED } else { "" })
}

/// `<document:plan#viewer>/<folder:all#viewer>`.
fn resources_in(text: &str) -> Result<BTreeSet<String>, String> {
    let mut resources = BTreeSet::new();
    for part in text.split('<').skip(1) {
        let Some((inside, _)) = part.split_once('>') else { continue };
        match place(inside) {
            Some((object, relation)) => resources.insert(format!("{object}#{relation}")),
            None => {
                return Err(format!(
                    "`<{}>` is no `resource#relation`",
                    crate::relationship::shortened(inside)
                ));
            }
        };
    }
    Ok(resources)
}
