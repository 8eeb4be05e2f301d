//! What a permission depends on.

use crate::schema::{NodeKind, dependent_relations};

use super::error::{SchemaDependencyError, UnknownName};
use super::names;
use super::schema_reference::SchemaReference;
use super::view::View;

/// The question what a permission depends on.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DependentRelations {
    /// The definition.
    pub definition: String,
    /// The permission; not a relation.
    pub permission: String,
}

impl View {
    /// Every relation and permission that the answers of a permission can depend on, by name.
    pub fn dependent_relations(
        &self,
        question: &DependentRelations,
    ) -> Result<Vec<SchemaReference>, SchemaDependencyError> {
        let DependentRelations { definition: name, permission } = question;
        let Some(program) = &self.program else {
            return Err(UnknownName::Definition { definition: name.clone(), suggestion: None }.into());
        };
        let schema = program.schema();
        let definition = names::find_definition(Some(schema), name)?;
        let permission = names::find_node(schema, definition, permission)?;
        let node = schema.node(permission);
        if let NodeKind::Relation(_) = node.kind {
            return Err(SchemaDependencyError::NotAPermission { relation: node.name.clone() });
        }
        let nodes = dependent_relations(schema, permission).into_iter();
        Ok(nodes.map(|node| SchemaReference::of(schema, node)).collect())
    }
}
