//! What can be wrong with questions about the schema itself.

use crate::relationship::RelationName;
use crate::schema::{DifferencesExceeded, FilterConflict, SchemaError, SchemaFilter};

use super::UnknownName;

/// A schema that cannot be shown.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReflectSchemaError {
    /// More filters than one question may have.
    #[error("filter count of {count} is greater than maximum allowed of {count_max}")]
    TooManyFilters {
        /// Filters in the request.
        count: usize,
        /// Filters allowed.
        count_max: usize,
    },
    /// Nothing could pass a filter.
    #[error("the relationship filter provided is not valid: {conflict}")]
    InvalidFilter {
        /// The first such filter.
        filter: Box<SchemaFilter>,
        /// Why nothing could pass.
        conflict: FilterConflict,
    },
    /// This version of the program cannot read the schema that an older one wrote.
    #[error("the stored schema cannot be read: {0}")]
    Unreadable(SchemaError),
}

/// A question about what depends on what that has no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SchemaDependencyError {
    /// A name is not in the schema.
    #[error(transparent)]
    UnknownName(#[from] UnknownName),
    /// Relations depend on nothing.
    #[error("the relation `{relation}` is not a permission")]
    NotAPermission {
        /// The relation.
        relation: RelationName,
    },
}

/// A schema that cannot be compared.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DiffSchemaError {
    /// The text to compare with is wrong.
    #[error(transparent)]
    Invalid(SchemaError),
    /// As in [`ReflectSchemaError::Unreadable`].
    #[error("the stored schema cannot be read: {0}")]
    Unreadable(SchemaError),
    /// More is different than can be told.
    #[error(transparent)]
    TooManyDifferences(#[from] DifferencesExceeded),
}
