//! The schema compared with another text.

use crate::schema::{Difference, Reflection, differences};

use super::error::DiffSchemaError;
use super::view::View;

impl View {
    /// What would be different if the schema were this text. The text must parse; that it could be written is not
    /// asked. Takes some hundred milliseconds for a text or a schema of
    /// megabytes.
    pub fn diff_schema(&self, text: &str) -> Result<Vec<Difference>, DiffSchemaError> {
        let after = Reflection::read(text).map_err(DiffSchemaError::Invalid)?;
        let before = Reflection::read(self.schema_text()).map_err(DiffSchemaError::Unreadable)?;
        Ok(differences(&before, &after)?)
    }
}
