//! What the graph says of a resource: where it is registered, and whether it was.

use crate::engine::{ReadRelationshipsError, View};
use crate::relationship::{Object, RelationName, Relationship, Subject};

use super::resource::{Resource, of_resource};

/// Where a resource is registered, as an account sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// Nowhere, and it never was.
    Unknown,
    /// In the account.
    Here,
    /// In another account.
    Elsewhere,
    /// It was, in the account.
    Deregistered,
    /// It was, in another account.
    DeregisteredElsewhere,
}

/// Where a resource stands.
pub(super) fn standing(
    view: &View,
    resource: &Resource<'_>,
    tenant: &Object,
    tombstoned: &RelationName,
) -> Result<Standing, ReadRelationshipsError> {
    let here = resource.in_tenant(tenant);
    if is_there(view, &here) {
        return Ok(Standing::Here);
    }
    let in_any_tenant = resource.filter(Some(&resource.profile.tenant));
    if !view.first_relationships(&in_any_tenant, 1)?.is_empty() {
        return Ok(Standing::Elsewhere);
    }
    let subject = Subject::Object(tenant.clone());
    if view.has_relationship(&resource.tombstone, tombstoned, &subject) {
        return Ok(Standing::Deregistered);
    }
    let any_tombstone = of_resource(&resource.tombstone, Some(tombstoned));
    let is_dead = !view.first_relationships(&any_tombstone, 1)?.is_empty();
    Ok(if is_dead { Standing::DeregisteredElsewhere } else { Standing::Unknown })
}

/// Whether a relationship is stored, without condition.
pub(super) fn is_there(view: &View, relationship: &Relationship) -> bool {
    view.has_relationship(&relationship.resource, &relationship.relation, &relationship.subject)
}
