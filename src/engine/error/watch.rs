//! Why nothing can be watched, or no longer.

use crate::journal::JournalError;

use super::{ConsistencyError, InvalidFilter, UnknownName};

/// A watch that does not begin, or ends.
#[derive(Debug, thiserror::Error)]
pub enum WatchError {
    /// The state to begin after is not there.
    #[error(transparent)]
    Start(#[from] ConsistencyError),
    /// A filter is empty or contradicts itself.
    #[error(transparent)]
    InvalidFilter(#[from] InvalidFilter),
    /// A filter names what the schema does not have.
    #[error(transparent)]
    UnknownName(#[from] UnknownName),
    /// More filters than one watch may have.
    #[error("filter count of {count} is greater than maximum allowed of {count_max}")]
    TooManyFilters {
        /// Filters in the request.
        count: usize,
        /// Filters allowed.
        count_max: usize,
    },
    /// The journal cannot be read. A later watch from the same place may succeed.
    #[error("what comes next cannot be read: {0}")]
    Unreadable(#[from] JournalError),
    /// The engine is closing, and everything has been told.
    #[error("the engine is closing")]
    Closing,
}

impl WatchError {
    /// Whether a later watch from the same place may succeed.
    pub fn is_temporary(&self) -> bool {
        matches!(self, Self::Unreadable(JournalError::Storage(_)) | Self::Closing)
    }
}
