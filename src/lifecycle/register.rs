//! Registering a resource: its account, its owner and its parent, all or nothing.

use crate::engine::{CheckPermission, Limits, Permissionship, ReplaceRelationships, View};
use crate::relationship::{Precondition, Relationship, Subject};

use super::audit::Verb;
use super::error::{Conflict, Denial, InvalidRequest, LifecycleError, Trouble};
use super::principal::Principal;
use super::profile::ParentProfile;
use super::registry::{Act, Change, Lifecycle, Plan, must_match, must_not_match, touch};
use super::resource::{Resource, ResourceName, exactly, of_resource, resource};
use super::standing::{Standing, is_there, standing};

/// Relationships of one resource that are looked at, to tell that there are others than those to be written.
const RELATED_MAX: usize = 8;
/// Visits that the check of a parent may make: it runs where the write is awaited, some milliseconds' worth.
const PARENT_VISITS_MAX: u64 = 100_000;

/// A resource that is to be registered.
#[derive(Debug, Clone, Copy)]
pub struct Register<'request> {
    /// Who owns it from now on; it belongs to the account in which they act.
    pub principal: &'request Principal,
    /// The resource.
    pub resource: ResourceName<'request>,
    /// What it is a part of.
    pub parent: Option<ResourceName<'request>>,
    /// What is asked of the parent.
    pub parent_rule: ParentRule,
}

/// What is asked of a parent when a child is registered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ParentRule {
    /// It is registered in the account, and the principal has the permission on it that the profile requires.
    #[default]
    Permission,
    /// It may be registered later, since not everything is yet. Until then the child is closed as far as it depends on
    /// its parent. It must not be of another account, nor have been deregistered.
    Later,
}

/// A registration in the graph's words.
struct Registration<'request, 'profile> {
    principal: &'request Principal,
    resource: Resource<'profile>,
    parent: Option<Parent<'profile>>,
    parent_rule: ParentRule,
    /// Whether something that was deregistered without having been registered stays out.
    is_backfill: bool,
}

struct Parent<'profile> {
    resource: Resource<'profile>,
    profile: &'profile ParentProfile,
}

impl Lifecycle {
    /// Registers a resource and waits until that is durable. To do so again changes nothing.
    pub async fn register(&self, request: Register<'_>) -> Result<Change, LifecycleError> {
        let registration = self.registration(request, false)?;
        self.write_registration(Act::of(Verb::Register, request.principal, request.resource), &registration)
            .await
    }

    /// Registers a resource as [`Self::register`] does, but leaves out what has been deregistered by its account
    /// without having been registered.
    pub(super) async fn register_late(&self, request: Register<'_>) -> Result<Change, LifecycleError> {
        let registration = self.registration(request, true)?;
        self.write_registration(Act::of(Verb::Backfill, request.principal, request.resource), &registration)
            .await
    }

    async fn write_registration(
        &self,
        act: Act,
        registration: &Registration<'_, '_>,
    ) -> Result<Change, LifecycleError> {
        let change = self.write(act, &|view| self.plan_registration(registration, view)).await?;
        if change.is_made {
            // Of those that are registered from now on, none gets a parent of another account.
            self.part_from_foreign_children(&registration.resource, registration.principal).await?;
        }
        Ok(change)
    }

    /// Whether [`Self::register_late`] would write anything now.
    pub(super) fn would_register_late(&self, request: Register<'_>) -> Result<bool, LifecycleError> {
        let registration = self.registration(request, true)?;
        let view = self.newest().map_err(InvalidRequest::Token)?;
        Ok(matches!(self.plan_registration(&registration, &view)?, Plan::Write(_)))
    }

    fn registration<'request>(
        &self,
        request: Register<'request>,
        is_backfill: bool,
    ) -> Result<Registration<'request, '_>, InvalidRequest> {
        let Register { principal, resource: name, parent, parent_rule } = request;
        let resource = resource(&self.profile, name, "resource")?;
        let parent = parent.map(|parent| self.parent(&resource, parent)).transpose()?;
        Ok(Registration { principal, resource, parent, parent_rule, is_backfill })
    }

    fn parent(&self, child: &Resource<'_>, name: ResourceName<'_>) -> Result<Parent<'_>, InvalidRequest> {
        let resource = resource(&self.profile, name, "parent")?;
        // Found anew: what is returned outlives the child.
        let kind = self.profile.resources.get(&child.profile.kind);
        let mut parents = kind.into_iter().flat_map(|kind| &kind.parents);
        let profile = parents.find(|parent| parent.kind == name.kind).ok_or_else(|| {
            let (kind, parent) = (child.profile.kind.clone(), name.kind.to_owned());
            InvalidRequest::ParentKind { kind, parent }
        })?;
        Ok(Parent { resource, profile })
    }

    fn plan_registration(
        &self,
        registration: &Registration<'_, '_>,
        view: &View,
    ) -> Result<Plan, LifecycleError> {
        let Registration { principal, resource, .. } = registration;
        let name = || resource.to_string();
        match standing(view, resource, &principal.tenant, &self.profile.tombstone.registered)? {
            Standing::Unknown => {}
            Standing::Here if registration.is_made(view)? => return Ok(Plan::Nothing),
            Standing::Here => return Err(Conflict::Registered { resource: name() }.into()),
            Standing::Deregistered => return Err(Conflict::Deregistered { resource: name() }.into()),
            Standing::Elsewhere | Standing::DeregisteredElsewhere => {
                let account = principal.account.clone();
                return Err(Denial::NotRegistered { resource: name(), account }.into());
            }
        }
        let unregistered = Relationship::new(
            resource.tombstone.clone(),
            self.profile.tombstone.unregistered.clone(),
            Subject::Object(principal.tenant.clone()),
        );
        if registration.is_backfill && is_there(view, &unregistered) {
            return Err(Conflict::Deregistered { resource: name() }.into());
        }
        let wanted = registration.relationships();
        let related = view.first_relationships(&resource.filter(None), RELATED_MAX)?;
        if related.iter().any(|relationship| !wanted.contains(relationship)) {
            return Err(Conflict::Related { resource: name() }.into());
        }
        let tombstone = |relation| of_resource(&resource.tombstone, Some(relation));
        let mut preconditions = vec![
            must_not_match(resource.filter(Some(&resource.profile.tenant))),
            must_not_match(tombstone(&self.profile.tombstone.registered)),
        ];
        if registration.is_backfill {
            preconditions.push(must_not_match(exactly(&unregistered)));
        }
        if let Some(parent) = &registration.parent {
            preconditions.extend(self.plan_parent(registration, parent, view)?);
        }
        let children = self.children(resource, &principal.tenant, view)?;
        if !children.is_any {
            preconditions.push(must_not_match(resource.filter_as_subject()));
        }
        let mut deletions = vec![tombstone(&self.profile.tombstone.unregistered)];
        deletions.extend(children.foreign.iter().map(exactly));
        Ok(Plan::write(ReplaceRelationships {
            deletions,
            updates: wanted.into_iter().map(touch).collect(),
            preconditions,
        }))
    }

    /// Whether the parent can be one, and what must still hold of it when the child is written.
    fn plan_parent(
        &self,
        registration: &Registration<'_, '_>,
        parent: &Parent<'_>,
        view: &View,
    ) -> Result<Vec<Precondition>, LifecycleError> {
        let Registration { principal, resource, parent_rule, .. } = registration;
        if parent.resource.object == resource.object {
            return Err(Denial::OwnParent { resource: resource.to_string() }.into());
        }
        let not_registered = || {
            let (resource, account) = (parent.resource.to_string(), principal.account.clone());
            Err(Denial::NotRegistered { resource, account }.into())
        };
        let tombstoned = &self.profile.tombstone.registered;
        match standing(view, &parent.resource, &principal.tenant, tombstoned)? {
            Standing::Here => {}
            Standing::Unknown if *parent_rule == ParentRule::Later => {
                let in_any_tenant = parent.resource.filter(Some(&parent.resource.profile.tenant));
                let buried = of_resource(&parent.resource.tombstone, Some(tombstoned));
                return Ok(vec![must_not_match(in_any_tenant), must_not_match(buried)]);
            }
            _ => return not_registered(),
        }
        if let (ParentRule::Permission, Some(permission)) = (parent_rule, &parent.profile.requires) {
            let object = parent.resource.object.clone();
            let question = CheckPermission::new(object, permission.as_str(), principal.subject());
            let limits = view.limits();
            let limits = Limits { visits_max: limits.visits_max.min(PARENT_VISITS_MAX), ..limits };
            let answer = view.check_permission(&question, limits).map_err(Trouble::from)?;
            if answer != Permissionship::HasPermission {
                return Err(Denial::Parent { parent: parent.resource.to_string() }.into());
            }
        }
        Ok(vec![must_match(exactly(&parent.resource.in_tenant(&principal.tenant)))])
    }
}

impl Registration<'_, '_> {
    /// The relationships that a registration consists of.
    fn relationships(&self) -> Vec<Relationship> {
        let Self { principal, resource, parent, .. } = self;
        let mut relationships = vec![
            resource.in_tenant(&principal.tenant),
            resource.related(&resource.profile.owner, principal.subject()),
        ];
        relationships.extend(parent.as_ref().map(|parent| {
            resource.related(&parent.profile.relation, Subject::Object(parent.resource.object.clone()))
        }));
        relationships
    }

    /// Whether the resource, which is registered in the account, is registered like this: with the principal among its
    /// owners, and with this parent and no other.
    fn is_made(&self, view: &View) -> Result<bool, LifecycleError> {
        let wanted = self.relationships();
        if !wanted.iter().all(|relationship| is_there(view, relationship)) {
            return Ok(false);
        }
        for parent in &self.resource.profile.parents {
            let parents = view.first_relationships(&self.resource.filter(Some(&parent.relation)), 2)?;
            if parents.iter().any(|parent| !wanted.contains(parent)) {
                return Ok(false);
            }
        }
        Ok(true)
    }
}
