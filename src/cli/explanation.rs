//! Why an answer is what it is, as a tree of questions: drawn for people, or as JSON for programs.
//!
//! Knows neither the engine nor the wire: whoever asked puts the tree together.

mod drawing;
pub(super) mod trace;

use serde::Serialize;

pub(super) use drawing::draw;

/// A question, its answer, and the questions that decided it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Explained {
    /// What was asked: `agent:planner#read`.
    pub(super) question: String,
    /// The answer.
    pub(super) answer: Outcome,
    /// What more there is to say of the answer: a condition, what it lacks, an error. Empty if there is nothing.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) reason: String,
    /// Whether there are questions below that are not shown.
    pub(super) is_cut: bool,
    /// The questions that decided it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) parts: Vec<Explained>,
}

/// An answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Outcome {
    /// The subject has it.
    Yes,
    /// The subject does not have it.
    No,
    /// It depends on what was not said.
    Conditional,
    /// There is none.
    Unanswered,
}

impl Explained {
    /// A question with its answer, and nothing more said.
    pub(super) fn new(question: impl Into<String>, answer: Outcome) -> Self {
        let question = question.into();
        Self { question, answer, reason: String::new(), is_cut: false, parts: Vec::new() }
    }
}

#[cfg(test)]
mod tests;
