//! Why an operation has no value.

use super::budget::Exhausted;
use super::caveat::Missing;
use super::error::EvaluationError;
use super::value::Value;

/// What ends an operation without a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Stop {
    /// It depends on parameters that were not given.
    Unknown(Missing),
    /// It has no value. `&&` and `||` absorb this when the other side decides.
    Failed(EvaluationError),
    /// It would take too long. Nothing absorbs this.
    Exhausted(Exhausted),
}

impl Stop {
    /// The expression has no value, for a reason.
    #[cold]
    pub(super) fn failed(problem: impl Into<String>) -> Self {
        Self::Failed(EvaluationError { problem: problem.into() })
    }

    /// A function does not take values of these types.
    #[cold]
    pub(super) fn no_function(name: &str, arguments: &[&Value]) -> Self {
        let types: Vec<_> = arguments.iter().map(|argument| argument.type_name()).collect();
        Self::failed(format!("no such overload: {name}({})", types.join(", ")))
    }

    /// An operator does not take these types.
    #[cold]
    pub(super) fn no_overload() -> Self {
        Self::failed("no such overload")
    }
}

impl From<Exhausted> for Stop {
    fn from(exhausted: Exhausted) -> Self {
        Self::Exhausted(exhausted)
    }
}

/// Adds parameters to those that are already missing.
pub(super) fn merge(missing: &mut Missing, more: &Missing) {
    for parameter in more {
        if let Err(place) = missing.binary_search(parameter) {
            missing.insert(place, *parameter);
        }
    }
}
