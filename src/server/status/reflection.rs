//! The statuses of questions about the schema itself.

use tonic::Status;

use crate::engine::{DiffSchemaError, ReflectSchemaError, SchemaDependencyError, UnknownName};
use crate::server::convert;
use crate::server::wire::v1::ErrorReason;

use super::{internal, invalid, invalid_schema, unmet};

impl From<ReflectSchemaError> for Status {
    fn from(error: ReflectSchemaError) -> Self {
        match &error {
            ReflectSchemaError::TooManyFilters { count, count_max } => invalid(
                ErrorReason::Unspecified,
                &error,
                vec![("filter_count", count.to_string()), ("maximum_filters_allowed", count_max.to_string())],
            ),
            ReflectSchemaError::InvalidFilter { filter, .. } => {
                let filter = convert::schema_filter_text(filter);
                invalid(ErrorReason::InvalidFilter, &error, vec![("filter", filter)])
            }
            ReflectSchemaError::Unreadable(_) => internal(&error),
        }
    }
}

impl From<SchemaDependencyError> for Status {
    fn from(error: SchemaDependencyError) -> Self {
        match error {
            // Here SpiceDB has another reason for a definition than elsewhere, and for a relation the same.
            SchemaDependencyError::UnknownName(UnknownName::Definition { ref definition, .. }) => {
                unmet(ErrorReason::SchemaTypeError, &error, vec![("definition_name", definition.clone())])
            }
            SchemaDependencyError::UnknownName(error) => error.into(),
            SchemaDependencyError::NotAPermission { ref relation } => invalid(
                ErrorReason::UnknownRelationOrPermission,
                &error,
                // The key is SpiceDB's.
                vec![("relationName", relation.to_string())],
            ),
        }
    }
}

impl From<DiffSchemaError> for Status {
    fn from(error: DiffSchemaError) -> Self {
        match &error {
            DiffSchemaError::Invalid(error) => invalid_schema(error),
            DiffSchemaError::Unreadable(_) => internal(&error),
            DiffSchemaError::TooManyDifferences(error) => Self::resource_exhausted(error.to_string()),
        }
    }
}
