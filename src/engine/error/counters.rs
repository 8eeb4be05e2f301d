//! What can be wrong with counters.

use crate::evaluate::EvaluateError;
use crate::relationship::{CounterName, RelationshipFilter};

use super::{InvalidFilter, UnknownName, Unwritable};

/// A counter that was not registered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RegisterCounterError {
    /// The filter is empty or contradicts itself.
    #[error(transparent)]
    InvalidFilter(#[from] InvalidFilter),
    /// A name is not in the schema.
    #[error(transparent)]
    UnknownName(#[from] UnknownName),
    /// There is a counter of this name, whatever it counts.
    #[error("counter with name `{name}` already registered")]
    AlreadyRegistered {
        /// The name.
        name: CounterName,
        /// What should have been counted.
        filter: Box<RelationshipFilter>,
    },
    /// There are as many counters as there may be.
    #[error("there are {count_max} counters, and no more may be registered")]
    TooManyCounters {
        /// Counters allowed.
        count_max: usize,
    },
    /// The store takes no writes now.
    #[error(transparent)]
    Unwritable(#[from] Unwritable),
}

/// A counter that was not unregistered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnregisterCounterError {
    /// There is no counter of this name.
    #[error("counter with name `{name}` not found")]
    NotRegistered {
        /// The name.
        name: CounterName,
    },
    /// The store takes no writes now.
    #[error(transparent)]
    Unwritable(#[from] Unwritable),
}

/// Relationships that were not counted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CountRelationshipsError {
    /// There is no counter of this name.
    #[error("counter with name `{name}` not found")]
    NotRegistered {
        /// The name.
        name: CounterName,
    },
    /// Counting ended before its time.
    #[error(transparent)]
    Evaluate(#[from] EvaluateError),
}
