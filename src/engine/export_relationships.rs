//! Exporting relationships in bulk: everything that is stored, whatever the schema says of it.

use crate::relationship::{Relationship, RelationshipFilter};

use super::error::ExportRelationshipsError;
use super::read_relationships::{check_not_contradictory, check_not_empty};
use super::reader::RelationshipReader;
use super::view::View;

impl View {
    /// All relationships, or those that match a filter, in the order of [`View::read_relationships`]; those after a
    /// position, if one is given. A filter may name what the schema does not have: nothing matches it.
    pub fn export_relationships(
        &self,
        filter: Option<&RelationshipFilter>,
        after: Option<&str>,
    ) -> Result<RelationshipReader, ExportRelationshipsError> {
        if let Some(filter) = filter {
            check_not_contradictory(filter)?;
            check_not_empty(filter)?;
        }
        let after = after.map(str::parse::<Relationship>).transpose();
        let after = after.map_err(|_| ExportRelationshipsError::InvalidPosition)?;
        let all = RelationshipFilter::default();
        RelationshipReader::new(self.clone(), filter.unwrap_or(&all), after.as_ref())
            .ok_or(ExportRelationshipsError::InvalidPosition)
    }
}
