//! What can be wrong with an expansion.

use crate::evaluate::ExpandError;

use super::UnknownName;

/// A permission that cannot be laid out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExpandPermissionTreeError {
    /// A name is not in the schema.
    #[error(transparent)]
    UnknownName(#[from] UnknownName),
    /// There is no tree, or none that is small enough.
    #[error(transparent)]
    Expand(#[from] ExpandError),
}
