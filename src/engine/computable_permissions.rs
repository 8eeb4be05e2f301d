//! What depends on a relation.

use crate::schema::computable_permissions;

use super::error::{SchemaDependencyError, UnknownName};
use super::names;
use super::schema_reference::SchemaReference;
use super::view::View;

/// The question what depends on a relation or permission.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ComputablePermissions {
    /// The definition.
    pub definition: String,
    /// The relation or permission; without one, the objects of the definition.
    pub relation: Option<String>,
    /// How the names of the definitions begin whose relations and permissions are asked for; empty for all.
    pub definition_prefix: String,
}

impl View {
    /// Every relation and permission whose answers can depend on the one in question, by name.
    pub fn computable_permissions(
        &self,
        question: &ComputablePermissions,
    ) -> Result<Vec<SchemaReference>, SchemaDependencyError> {
        let ComputablePermissions { definition: name, relation, definition_prefix } = question;
        let Some(program) = &self.program else {
            return Err(UnknownName::Definition { definition: name.clone(), suggestion: None }.into());
        };
        let schema = program.schema();
        let definition = names::find_definition(Some(schema), name)?;
        let relation =
            relation.as_ref().map(|relation| names::find_node(schema, definition, relation)).transpose()?;
        let nodes = computable_permissions(schema, definition, relation).into_iter();
        let references = nodes.map(|node| SchemaReference::of(schema, node));
        Ok(references.filter(|found| found.definition.as_str().starts_with(definition_prefix)).collect())
    }
}
