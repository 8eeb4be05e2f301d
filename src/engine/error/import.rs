//! What can be wrong with an import.

use crate::journal::StagingError;

use super::{Unwritable, WriteRelationshipsError};

/// An import that was not made. Nothing of it was applied.
#[derive(Debug, thiserror::Error)]
pub enum ImportRelationshipsError {
    /// A relationship would be refused as a write's creation, too.
    #[error(transparent)]
    Refused(#[from] WriteRelationshipsError),
    /// More imports are on their way than there may be at a time.
    #[error("{count_max} imports are on their way already; wait for one to end")]
    TooMany {
        /// Imports allowed.
        count_max: usize,
    },
    /// The relationships cannot be staged: they are too many, or the disk takes no more.
    #[error(transparent)]
    Staging(#[from] StagingError),
    /// The store takes no writes now.
    #[error(transparent)]
    Unwritable(#[from] Unwritable),
}
