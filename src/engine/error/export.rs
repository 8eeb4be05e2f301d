//! What can be wrong with an export.

use super::InvalidFilter;

/// An export that cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExportRelationshipsError {
    /// The filter is empty or contradicts itself.
    #[error(transparent)]
    InvalidFilter(#[from] InvalidFilter),
    /// The position to go on after is not one of ours.
    #[error("the position is not one of this export")]
    InvalidPosition,
}
