//! What must follow from a scenario, and what does not.

use std::fmt;

use crate::engine::{CaveatContext, CheckPermission, CheckPermissionError, Permissionship, View};
use crate::relationship::{Relationship, shortened};

use super::error::Problem;

/// The word between an assertion and its context.
const WITH: &str = " with ";

/// The answer that an assertion expects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// The subject has the permission.
    True,
    /// The subject does not have it.
    False,
    /// It depends on context that is not given.
    Caveated,
}

/// A question and the answer that it must have, such as `agent:planner#read@user:ana`.
#[derive(Debug, Clone)]
pub struct Assertion {
    /// The line, from 1.
    pub line: usize,
    /// The answer.
    pub expected: Expected,
    /// The question.
    pub question: CheckPermission,
    /// Its context, as it is written; empty if there is none.
    context: String,
}

impl Assertion {
    /// Reads `resource#permission@subject`, possibly followed by `with {…}`.
    pub(super) fn parse(expected: Expected, line: usize, text: &str) -> Result<Self, Problem> {
        let (text, context_json) = text.split_once(WITH).unwrap_or((text, ""));
        let context_json = context_json.trim();
        let context = CaveatContext::parse(context_json).map_err(|_| Problem::Context)?;
        // A question has the form of a relationship.
        let Relationship { resource, relation, subject, .. } = text.trim().parse()?;
        let question = CheckPermission { resource, permission: relation.into(), subject, context };
        Ok(Self { line, expected, question, context: shortened(context_json) })
    }

    /// Asks the question; nothing if the answer is the expected one.
    pub(super) fn failure(&self, view: &View) -> Option<Failure<'_>> {
        let answer = view.check_permission(&self.question, view.limits());
        let is_expected = match (self.expected, &answer) {
            (Expected::True, Ok(answer)) => *answer == Permissionship::HasPermission,
            (Expected::False, Ok(answer)) => *answer == Permissionship::NoPermission,
            (Expected::Caveated, Ok(answer)) => {
                matches!(answer, Permissionship::ConditionalPermission { .. })
            }
            (_, Err(_)) => false,
        };
        (!is_expected).then_some(Failure { assertion: self, answer })
    }
}

/// An assertion that does not hold.
#[derive(Debug)]
pub struct Failure<'assertion> {
    /// The assertion.
    pub assertion: &'assertion Assertion,
    /// The answer that there was.
    pub answer: Result<Permissionship, CheckPermissionError>,
}

impl Expected {
    /// The key under which such assertions stand: `assertTrue`.
    pub fn key(self) -> &'static str {
        match self {
            Self::True => "assertTrue",
            Self::False => "assertFalse",
            Self::Caveated => "assertCaveated",
        }
    }
}

impl fmt::Display for Assertion {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let CheckPermission { resource, permission, subject, .. } = &self.question;
        write!(formatter, "{resource}#{permission}@{subject}")?;
        if self.context.is_empty() { Ok(()) } else { write!(formatter, "{WITH}{}", self.context) }
    }
}

impl Failure<'_> {
    /// The answer that there was, and the one that was expected.
    pub fn difference(&self) -> String {
        let expected = match self.assertion.expected {
            Expected::True => "true",
            Expected::False => "false",
            Expected::Caveated => "caveated",
        };
        match &self.answer {
            Ok(Permissionship::HasPermission) => format!("is true, expected {expected}"),
            Ok(Permissionship::NoPermission) => format!("is false, expected {expected}"),
            Ok(Permissionship::ConditionalPermission { missing }) => {
                format!("is caveated (without {}), expected {expected}", missing.join(", "))
            }
            Err(error) => format!("has no answer, expected {expected}: {error}"),
        }
    }
}

impl fmt::Display for Failure<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "line {}: `{}` {}", self.assertion.line, self.assertion, self.difference())
    }
}

/// The assertions that do not hold.
pub fn failures<'assertion>(assertions: &'assertion [Assertion], view: &View) -> Vec<Failure<'assertion>> {
    assertions.iter().filter_map(|assertion| assertion.failure(view)).collect()
}
