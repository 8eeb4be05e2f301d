//! What can be wrong with a caveat, a context, or an evaluation.

use std::ops::Range;

/// What is wrong with an expression, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompileError {
    /// Lower case, without full stop.
    pub message: String,
    /// Bytes of the expression's text; empty where something is missing.
    pub span: Range<usize>,
}

/// A value of a context does not fit the declared type of its parameter.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("could not convert context parameter `{parameter}`: for {expected}: {problem}")]
pub struct ConversionError {
    /// The parameter.
    pub parameter: String,
    /// The type that was declared.
    pub expected: String,
    /// What is wrong with the value.
    pub problem: String,
}

/// A context cannot be stored with a relationship.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ContextError {
    /// The caveat has no such parameter.
    #[error("unknown parameter `{parameter}`")]
    UnknownParameter {
        /// The name that was given.
        parameter: String,
    },
    /// A value does not fit.
    #[error(transparent)]
    Conversion(#[from] ConversionError),
    /// It is no context at all.
    #[error(transparent)]
    Malformed(#[from] MalformedContext),
}

impl ContextError {
    /// The parameter that it is about, if it is about one.
    pub fn parameter(&self) -> Option<&str> {
        match self {
            Self::UnknownParameter { parameter } => Some(parameter),
            Self::Conversion(error) => Some(&error.parameter),
            Self::Malformed(_) => None,
        }
    }
}

/// A text is not a JSON object.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the context is not a JSON object: {problem}")]
pub struct MalformedContext {
    /// What the JSON parser says.
    pub problem: String,
}

/// The expression has no value with what is known.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{problem}")]
pub struct EvaluationError {
    /// As CEL words it, such as `division by zero` or `no such key: x`.
    pub problem: String,
}
