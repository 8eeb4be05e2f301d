//! A relation or permission of the schema, by name.

use crate::relationship::{DefinitionName, RelationName};
use crate::schema::{NodeId, NodeKind, Schema};

/// A relation or permission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchemaReference {
    /// The definition that it belongs to.
    pub definition: DefinitionName,
    /// Its name.
    pub name: RelationName,
    /// Whether it is a permission.
    pub is_permission: bool,
}

impl SchemaReference {
    pub(super) fn of(schema: &Schema, id: NodeId) -> Self {
        let node = schema.node(id);
        Self {
            definition: schema.definition(node.definition).name.clone(),
            name: node.name.clone(),
            is_permission: matches!(node.kind, NodeKind::Permission(_)),
        }
    }
}
