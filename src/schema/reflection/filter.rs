//! Which declarations are asked for.

use super::model::{ReflectedDefinition, Reflection};

/// What declarations must be like, by how their names begin. Of several filters one must let a declaration through.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SchemaFilter {
    /// How the names of definitions begin.
    pub definition: Option<String>,
    /// How the names of caveats begin.
    pub caveat: Option<String>,
    /// How the names of relations begin, in the definitions that the filter lets through.
    pub relation: Option<String>,
    /// How the names of permissions begin, likewise.
    pub permission: Option<String>,
}

/// Why nothing could pass a filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FilterConflict {
    /// Nothing is a definition and a caveat.
    #[error("cannot filter by both definition and caveat name")]
    DefinitionAndCaveat,
    /// Relations belong to definitions.
    #[error("relation name match requires definition name match")]
    RelationWithoutDefinition,
    /// Nothing is a relation and a permission.
    #[error("cannot filter by both relation and permission name")]
    RelationAndPermission,
    /// Permissions belong to definitions.
    #[error("permission name match requires definition name match")]
    PermissionWithoutDefinition,
}

impl SchemaFilter {
    /// Whether something could pass.
    pub fn check(&self) -> Result<(), FilterConflict> {
        let has_definition = self.definition.is_some();
        if has_definition && self.caveat.is_some() {
            return Err(FilterConflict::DefinitionAndCaveat);
        }
        match (&self.relation, &self.permission) {
            (Some(_), _) if !has_definition => Err(FilterConflict::RelationWithoutDefinition),
            (Some(_), Some(_)) => Err(FilterConflict::RelationAndPermission),
            (_, Some(_)) if !has_definition => Err(FilterConflict::PermissionWithoutDefinition),
            _ => Ok(()),
        }
    }
}

impl Reflection {
    /// Leaves what passes one of the filters, or everything if there is none. A kind of declaration that no filter
    /// speaks of is left out, but for relations and permissions: these are all there.
    pub fn retain(&mut self, filters: &[SchemaFilter]) {
        if filters.is_empty() {
            return;
        }
        self.definitions.retain_mut(|definition| {
            let name = definition.name.as_str();
            let is_wanted = filters.iter().any(|filter| begins(filter.definition.as_ref(), name));
            if is_wanted {
                retain_members(definition, filters);
            }
            is_wanted
        });
        self.caveats.retain(|caveat| {
            filters.iter().any(|filter| begins(filter.caveat.as_ref(), caveat.name.as_ref()))
        });
    }
}

fn retain_members(definition: &mut ReflectedDefinition, filters: &[SchemaFilter]) {
    let ReflectedDefinition { name, relations, permissions, .. } = definition;
    let here = || filters.iter().filter(|filter| begins(filter.definition.as_ref(), name.as_str()));
    if filters.iter().any(|filter| filter.relation.is_some()) {
        relations
            .retain(|relation| here().any(|filter| begins(filter.relation.as_ref(), relation.name.as_str())));
    }
    if filters.iter().any(|filter| filter.permission.is_some()) {
        permissions.retain(|permission| {
            here().any(|filter| begins(filter.permission.as_ref(), permission.name.as_str()))
        });
    }
}

/// Whether there is a prefix, and the name has it.
fn begins(prefix: Option<&String>, name: &str) -> bool {
    prefix.is_some_and(|prefix| name.starts_with(prefix))
}
