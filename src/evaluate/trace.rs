//! An answer with the questions that it was found by.

use std::sync::Arc;
use std::time::Duration;

use crate::caveat::Context;
use crate::relationship::{CaveatName, Object, RelationName};

/// One question about the subject, its answer, and the questions that decided it.
#[derive(Debug, Clone, PartialEq)]
pub struct Trace {
    /// The resource that is asked about.
    pub resource: Object,
    /// The relation or permission that is asked for.
    pub relation: RelationName,
    /// Whether that is a permission.
    pub is_permission: bool,
    /// The answer: the same as a check's.
    pub answer: TraceAnswer,
    /// The conditions that the answer rests on. None if it is the same whatever the conditions come to.
    pub condition: Option<TraceCondition>,
    /// Whether the questions below are left out: they stand elsewhere in the trace, or it would become too large.
    pub is_cut: bool,
    /// The questions that decided the answer: of what is enough, the first that says yes, or all; of what is needed, all.
    pub parts: Vec<Trace>,
    /// How long the question took, with everything below it.
    pub duration: Duration,
}

/// An answer to a question of a trace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TraceAnswer {
    /// The subject has it.
    Member,
    /// The subject does not have it.
    NotMember,
    /// It depends on caveats' parameters that were not given: their names, sorted, each once.
    Conditional(Vec<Arc<str>>),
    /// There is none: a caveat cannot be evaluated, or the question hangs on its own negation.
    Unanswered,
}

/// The conditions that an answer rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraceCondition {
    /// The expressions of the caveats, put together with `||`, `&&` and `!`. Cut if it is very long; empty where
    /// questions of a circle hang on each other.
    pub expression: String,
    /// The caveat, if it is only one.
    pub caveat: Option<CaveatName>,
    /// The values that the caveats' parameters had. A name that has several is followed by `__0`, `__1`, …
    pub context: Context,
}
