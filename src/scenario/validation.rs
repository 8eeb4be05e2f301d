//! Validating one file: whether it can be loaded, and whether all that it says of itself is so.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::engine::{CaveatContext, CheckPermission, Consistency, Engine, EngineOptions, Explanation, View};
use crate::relationship::{Object, Relationship, Subject, Timestamp};
use crate::schema::{CompileOptions, Schema};

use super::assertion::Assertion;
use super::bootstrap::{load_each, write_schema};
use super::error::{Problems, ScenarioError};
use super::expected::{self, ExpectedRelation, ExpectedSubject, marked};
use super::file::{Scenario, read_text};
use super::membership::{Evaluator, Set};

/// Bytes of the trace that explains an unmet expectation, at most.
const TRACE_BYTES_MAX: usize = 64 << 10;
/// Unmet expectations of one file that are explained, at most.
const EXPLAINED_MAX: usize = 50;

/// Whether one expectation of a file is met.
#[derive(Debug)]
pub struct Verdict {
    /// The line, from 1.
    pub line: usize,
    /// What kind of expectation it is: `assertTrue`, `assertFalse`, `assertCaveated`, `validation`, `schema`.
    pub kind: &'static str,
    /// What is expected: `document:plan#view@user:ana`.
    pub name: String,
    /// Why it is not met.
    pub unmet: Option<Unmet>,
}

/// Why an expectation is not met.
#[derive(Debug)]
pub struct Unmet {
    /// What is so, and what was expected.
    pub message: String,
    /// How the answer came about, if it is one of a check.
    pub explanation: Option<Box<Explanation>>,
}

/// Whether a text looks like a validation file: other YAML files may lie beside them.
pub fn looks_like_scenario(text: &str) -> bool {
    text.lines().any(|line| {
        let key = line.split(':').next().unwrap_or_default().trim_end().trim_matches(['"', '\'']);
        line.contains(':') && matches!(key, "schema" | "schemaFile")
    })
}

/// Loads a file, in memory, and tells of each of its expectations whether it is met. A file whose name ends in `.zed` is a
/// schema, which is expected to compile. With problems, nothing is asked.
pub fn validate(file: &Path, text: &str, tell: &mut dyn FnMut(Verdict)) -> Problems {
    let mut problems = Problems::default();
    if let Err(problem) = try_to(file, text, &mut problems, tell) {
        problems.push(problem);
    }
    problems
}

impl Scenario {
    /// The text of a file, if it is no larger than one may be.
    pub fn read_text(file: &Path) -> Result<String, ScenarioError> {
        read_text(file)
    }
}

fn try_to(
    file: &Path,
    text: &str,
    problems: &mut Problems,
    tell: &mut dyn FnMut(Verdict),
) -> Result<(), ScenarioError> {
    if file.extension().is_some_and(|extension| extension == "zed") {
        let scenario = Scenario::of_schema(file.to_owned(), text.to_owned());
        if compile(&scenario, problems).is_none() {
            return Ok(());
        }
        tell(Verdict { line: 1, kind: "schema", name: "compiles".to_owned(), unmet: None });
        return Ok(());
    }
    let scenario = Scenario::inspect(file.to_owned(), text, problems)?;
    let expected = expected::read(file, text, problems);
    let Some(schema) = compile(&scenario, problems) else { return Ok(()) };
    let options = EngineOptions::default();
    let engine = Engine::in_memory(options.clone()).map_err(|error| ScenarioError::new(file, 0, error))?;
    write_schema(&engine, std::slice::from_ref(&scenario))?;
    load_each(&engine, &options, &scenario, problems);
    if !problems.is_empty() {
        return Ok(());
    }
    // A view of the newest state, which nothing can refuse.
    let Ok(view) = engine.at(&Consistency::FullyConsistent) else { return Ok(()) };
    let mut asking = Asking { view, explained: 0, tell };
    scenario.assertions.iter().for_each(|assertion| asking.assertion(assertion));
    let relationships = scenario.relationships.iter().map(|(_, relationship)| relationship);
    asking.expected(&schema, relationships, &expected);
    Ok(())
}

/// Compiles a schema by itself, so that each mistake has its place in the file. Nothing if there are some.
fn compile(scenario: &Scenario, problems: &mut Problems) -> Option<Schema> {
    let compiled = Schema::compile(&scenario.schema, &CompileOptions::default());
    let mistakes = |error| problems.push_mistakes(&scenario.schema_file, scenario.schema_line, &error);
    compiled.map_err(mistakes).ok()
}

struct Asking<'t> {
    view: View,
    explained: usize,
    tell: &'t mut dyn FnMut(Verdict),
}

impl Asking<'_> {
    fn assertion(&mut self, assertion: &Assertion) {
        let difference = assertion.failure(&self.view).map(|failure| failure.difference());
        let unmet =
            difference.map(|message| Unmet { message, explanation: self.explain(&assertion.question) });
        let (line, kind) = (assertion.line, assertion.expected.key());
        (self.tell)(Verdict { line, kind, name: assertion.to_string(), unmet });
    }

    /// Why a question has its answer, for the first of them.
    fn explain(&mut self, question: &CheckPermission) -> Option<Box<Explanation>> {
        if self.explained >= EXPLAINED_MAX {
            return None;
        }
        self.explained += 1;
        self.view.explain_permission(question, self.view.limits(), TRACE_BYTES_MAX).ok().map(Box::new)
    }

    /// Why a subject is one of a resource's, or is none.
    fn explain_subject(
        &mut self,
        expected: &ExpectedRelation,
        subject: &Subject,
    ) -> Option<Box<Explanation>> {
        let ExpectedRelation { resource, permission, .. } = expected;
        let (resource, permission, subject) =
            (resource.clone(), permission.as_str().to_owned(), subject.clone());
        self.explain(&CheckPermission { resource, permission, subject, context: CaveatContext::default() })
    }

    fn expected<'s>(
        &mut self,
        schema: &'s Schema,
        relationships: impl Iterator<Item = &'s Relationship>,
        all: &[ExpectedRelation],
    ) {
        if all.is_empty() {
            return;
        }
        let mut evaluator = Evaluator::new(schema, relationships, now());
        for expected in all {
            let ExpectedRelation { line, resource, permission, .. } = expected;
            let name = format!("{resource}#{permission}");
            match subjects(schema, &mut evaluator, resource, permission.as_str()) {
                Ok(set) => self.relation(expected, &set, &name),
                Err(problem) => {
                    self.verdict(*line, name, Some(Unmet { message: problem, explanation: None }));
                }
            }
        }
    }

    fn verdict(&mut self, line: usize, name: String, unmet: Option<Unmet>) {
        (self.tell)(Verdict { line, kind: "validation", name, unmet });
    }

    fn relation(&mut self, expected: &ExpectedRelation, set: &Set, name: &str) {
        for subject in &expected.subjects {
            let unmet = difference(subject, set).map(|message| Unmet {
                message,
                explanation: self.explain_subject(expected, &subject.subject),
            });
            self.verdict(subject.line, format!("{name}: {}", subject.text), unmet);
        }
        let named: BTreeSet<String> =
            expected.subjects.iter().map(|subject| subject.subject.to_string()).collect();
        let mut are_all_named = true;
        for (subject, member) in set.subjects().filter(|(subject, _)| !named.contains(subject)) {
            are_all_named = false;
            let found = found(&subject, member);
            let message = format!("is not expected, but found: `{found}`");
            let explanation =
                subject.parse().ok().and_then(|subject| self.explain_subject(expected, &subject));
            self.verdict(expected.line, format!("{name}: {subject}"), Some(Unmet { message, explanation }));
        }
        if are_all_named {
            self.verdict(expected.line, format!("{name}: nobody else"), None);
        }
    }
}

/// What is different about an expected subject.
fn difference(expected: &ExpectedSubject, set: &Set) -> Option<String> {
    let text = expected.subject.to_string();
    let Some(member) = set.find(&expected.subject) else {
        return Some("is not found".to_owned());
    };
    let resources: BTreeSet<String> = member.resources.iter().map(ToString::to_string).collect();
    let is_same = expected.is_caveated == member.is_caveated
        && expected.excluded == excluded(&text, member)
        && expected.resources == resources;
    (!is_same).then(|| format!("is found otherwise: `{}`", found(&text, member)))
}

/// Those who are excluded from everyone of a type, as text.
fn excluded(everyone: &str, member: &super::membership::Member) -> BTreeSet<String> {
    let kind = everyone.strip_suffix('*').unwrap_or(everyone);
    member.excluded.iter().map(|(id, is_caveated)| marked(&format!("{kind}{id}"), *is_caveated)).collect()
}

/// What would be the expectation of a subject.
fn found(subject: &str, member: &super::membership::Member) -> String {
    let resources: Vec<_> = member.resources.iter().map(|resource| format!("<{resource}>")).collect();
    let excluded: Vec<_> = excluded(subject, member).into_iter().collect();
    let except = if excluded.is_empty() { String::new() } else { format!(" - {{{}}}", excluded.join(", ")) };
    format!("[{}{except}] is {}", marked(subject, member.is_caveated), resources.join("/"))
}

/// The subjects of a resource, or why there is no answer.
fn subjects(
    schema: &Schema,
    evaluator: &mut Evaluator<'_>,
    resource: &Object,
    permission: &str,
) -> Result<std::rc::Rc<Set>, String> {
    let Some(definition) = schema.find_definition(resource.definition.as_str()) else {
        return Err(format!("there is no definition `{}`", resource.definition));
    };
    let Some(node) = schema.find_node(definition, permission) else {
        return Err(format!(
            "there is no relation or permission `{permission}` of `{}`",
            resource.definition
        ));
    };
    evaluator.subjects(resource, node).map_err(|error| error.to_string())
}

fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp {
        seconds: i64::try_from(since.as_secs()).unwrap_or(i64::MAX),
        nanoseconds: since.subsec_nanos(),
    }
}

#[cfg(test)]
mod tests;
