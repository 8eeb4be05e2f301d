//! What the schema declares.

use crate::schema::{Reflection, SchemaFilter};

use super::error::ReflectSchemaError;
use super::view::View;

/// Filters that one question may have: each is held against every declaration.
const FILTERS_MAX: usize = 1_000;

impl View {
    /// The declarations of the schema that pass one of the filters, all if there is none; nothing before a schema was
    /// written. Takes some hundred milliseconds for a schema of megabytes.
    pub fn reflect_schema(&self, filters: &[SchemaFilter]) -> Result<Reflection, ReflectSchemaError> {
        if filters.len() > FILTERS_MAX {
            let (count, count_max) = (filters.len(), FILTERS_MAX);
            return Err(ReflectSchemaError::TooManyFilters { count, count_max });
        }
        for filter in filters {
            filter.check().map_err(|conflict| ReflectSchemaError::InvalidFilter {
                filter: Box::new(filter.clone()),
                conflict,
            })?;
        }
        let mut reflection = Reflection::read(self.schema_text()).map_err(ReflectSchemaError::Unreadable)?;
        reflection.retain(filters);
        Ok(reflection)
    }
}
