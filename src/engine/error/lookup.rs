//! Lookups that have no answer.

use crate::evaluate::EvaluateError;

use super::UnknownName;

/// A lookup of resources or subjects that cannot be made, or ended before its end.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LookupError {
    /// A name is not in the schema.
    #[error(transparent)]
    UnknownName(#[from] UnknownName),
    /// The subject is a wildcard: a lookup of resources asks for one subject.
    #[error("cannot perform lookup resources on wildcard")]
    WildcardSubject,
    /// The evaluation ended without an answer.
    #[error(transparent)]
    Evaluate(#[from] EvaluateError),
}
