//! Which resources may somebody do something with, and which do they own?

use crate::engine::{Limits, LookupPermissionship, LookupResources, ResourceReader, View};
use crate::relationship::{DefinitionName, Object, ObjectId, RelationName, Subject};

use super::error::{LifecycleError, Trouble};
use super::principal::Principal;
use super::profile::ResourceProfile;
use super::registry::Lifecycle;
use super::resource::kind;
use super::selector;

/// Resources of one type in one account, one after another in the order of their object ids.
#[derive(Debug)]
pub struct Search {
    /// Nothing where nobody can be found.
    reader: Option<ResourceReader>,
    definition: DefinitionName,
    tenant_relation: RelationName,
    tenant: Subject,
}

/// Resources that were found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Page {
    /// Their selectors.
    pub selectors: Vec<String>,
    /// What to go on after, behind each of them.
    pub positions: Vec<ObjectId>,
    /// Whether there may be more.
    pub has_more: bool,
}

impl Lifecycle {
    /// Looks for the resources of a type with which somebody may do something; those after a position, if one is given.
    pub fn search(
        &self,
        view: &View,
        principal: &Principal,
        kind_name: &str,
        operation: &str,
        after: Option<&str>,
    ) -> Result<Search, LifecycleError> {
        let kind = kind(&self.profile, kind_name, "filter_resource")?;
        self.check_operation(operation)?;
        let permission = kind.operations.get(operation).map(String::as_str);
        look_for(view, principal, kind, permission, after)
    }

    /// Looks for the resources of a type that somebody owns.
    pub fn owned(
        &self,
        view: &View,
        principal: &Principal,
        kind_name: &str,
        after: Option<&str>,
    ) -> Result<Search, LifecycleError> {
        let kind = kind(&self.profile, kind_name, "resource_type")?;
        look_for(view, principal, kind, Some(kind.owner.as_str()), after)
    }
}

impl Search {
    /// Bytes of memory that are held from one page to the next.
    pub fn held_bytes(&self) -> usize {
        self.reader.as_ref().map_or(0, ResourceReader::held_bytes)
    }

    /// The next resources, of so many that come into question. The limits are those of this step.
    pub fn next(&mut self, count_max: usize, limits: Limits<'_>) -> Result<Page, LifecycleError> {
        let Some(reader) = &mut self.reader else { return Ok(Page::default()) };
        let (found, has_more) = reader.next(count_max, limits).map_err(Trouble::from)?;
        let mut selectors = Vec::with_capacity(found.len());
        let mut positions = Vec::with_capacity(found.len());
        for object in found {
            // What depends on conditions that nobody stated is not for them.
            if object.permissionship != LookupPermissionship::HasPermission {
                continue;
            }
            let Ok(id) = ObjectId::new(&*object.id) else { continue };
            // What was written past the lifecycle must not be taken for what has its text as its selector.
            let Some(selector) = selector::decode_exactly(id.as_str()) else { continue };
            let resource = Object { definition: self.definition.clone(), id };
            if reader.view().has_relationship(&resource, &self.tenant_relation, &self.tenant) {
                selectors.push(selector);
                positions.push(resource.id);
            }
        }
        Ok(Page { selectors, positions, has_more })
    }
}

fn look_for(
    view: &View,
    principal: &Principal,
    kind: &ResourceProfile,
    permission: Option<&str>,
    after: Option<&str>,
) -> Result<Search, LifecycleError> {
    view.describe(kind.definition.as_str(), kind.tenant.as_str()).map_err(Trouble::from)?;
    let reader = permission.map(|permission| {
        let definition = kind.definition.as_str();
        view.lookup_resources(LookupResources::new(definition, permission, principal.subject()), after)
    });
    Ok(Search {
        reader: reader.transpose().map_err(Trouble::from)?,
        definition: kind.definition.clone(),
        tenant_relation: kind.tenant.clone(),
        tenant: Subject::Object(principal.tenant.clone()),
    })
}
