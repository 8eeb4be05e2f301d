//! Laying out who has one permission.

use crate::evaluate::{Limits, PermissionTree, expand};
use crate::relationship::Object;

use super::error::{ExpandPermissionTreeError, UnknownName};
use super::names;
use super::view::View;

/// Who has this relation or permission on the resource, and by which way?
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExpandPermissionTree {
    /// The resource.
    pub resource: Object,
    /// The relation or permission; what is no name is merely unknown.
    pub permission: String,
}

impl View {
    /// Lays out who has the permission (or relation) on the resource, as the schema puts it together. Usersets stay as
    /// they are, and conditions are left aside.
    ///
    /// Synchronous, without I/O; the work and the memory are proportional to the answer, which is bounded.
    pub fn expand_permission_tree(
        &self,
        question: &ExpandPermissionTree,
        limits: Limits<'_>,
    ) -> Result<PermissionTree, ExpandPermissionTreeError> {
        let ExpandPermissionTree { resource, permission } = question;
        let definition_name = resource.definition.as_str();
        let Some(program) = &self.program else {
            let definition = definition_name.to_owned();
            return Err(UnknownName::Definition { definition, suggestion: None }.into());
        };
        let schema = program.schema();
        let definition = names::find_definition(Some(schema), definition_name)?;
        let node = names::find_node(schema, definition, permission)?;
        Ok(expand(program, self.snapshot(), resource, node, limits)?)
    }
}
