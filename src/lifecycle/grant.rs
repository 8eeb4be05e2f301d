//! Giving and taking roles.

use std::collections::BTreeMap;

use crate::engine::{ReplaceRelationships, View};
use crate::relationship::{RelationName, Relationship};

use super::audit::Verb;
use super::error::{Denial, InvalidRequest, LifecycleError, shown};
use super::principal::Principal;
use super::registry::{Act, Change, Lifecycle, Plan, must_match, touch};
use super::resource::{Resource, ResourceName, exactly, resource};
use super::standing::{Standing, is_there, standing};

/// A role on a resource.
#[derive(Debug, Clone, Copy)]
pub struct Role<'request> {
    /// The resource.
    pub resource: ResourceName<'request>,
    /// The role, as the profile has it.
    pub role: &'request str,
}

impl Lifecycle {
    /// The role that a word for giving it means.
    pub fn granted_role(&self, operation: &str) -> Result<&str, InvalidRequest> {
        role_of(&self.profile.grants, operation)
    }

    /// The role that a word for taking it away means.
    pub fn revoked_role(&self, operation: &str) -> Result<&str, InvalidRequest> {
        role_of(&self.profile.revocations, operation)
    }

    /// Gives a role to somebody of the same account, and waits until that is durable. Only an owner may, and only on a
    /// resource that is registered in the account: so nobody becomes an owner by saying so.
    pub async fn grant(
        &self,
        principal: &Principal,
        role: Role<'_>,
        grantee: &Principal,
    ) -> Result<Change, LifecycleError> {
        let (resource, relation) = self.find_role(role)?;
        if grantee.account != principal.account {
            return Err(Denial::OtherAccount.into());
        }
        let held = resource.related(relation, grantee.subject());
        let act = Act::of(Verb::Grant, principal, role.resource);
        self.write(act, &|view| {
            let ownership = self.check_owner(principal, &resource, view)?;
            if is_there(view, &held) {
                return Ok(Plan::Nothing);
            }
            let registered = resource.in_tenant(&principal.tenant);
            Ok(Plan::write(ReplaceRelationships {
                deletions: Vec::new(),
                updates: vec![touch(held.clone())],
                preconditions: [registered, ownership].iter().map(exactly).map(must_match).collect(),
            }))
        })
        .await
    }

    /// Takes a role away and waits until that is durable. Everybody may give up their own; for others' one has to be an
    /// owner. What nobody has, nobody loses, and it is no error.
    pub async fn revoke(
        &self,
        principal: &Principal,
        role: Role<'_>,
        holder: &Principal,
    ) -> Result<Change, LifecycleError> {
        let (resource, relation) = self.find_role(role)?;
        let held = resource.related(relation, holder.subject());
        let act = Act::of(Verb::Revoke, principal, role.resource);
        self.write(act, &|view| {
            match standing(view, &resource, &principal.tenant, &self.profile.tombstone.registered)? {
                Standing::Here => {}
                Standing::Elsewhere => return Err(not_registered(&resource, principal).into()),
                Standing::Unknown | Standing::Deregistered | Standing::DeregisteredElsewhere => {
                    return Ok(Plan::Nothing);
                }
            }
            if holder.subject != principal.subject {
                self.check_owner(principal, &resource, view)?;
            }
            if !is_there(view, &held) {
                return Ok(Plan::Nothing);
            }
            Ok(Plan::write(ReplaceRelationships {
                deletions: vec![exactly(&held)],
                updates: Vec::new(),
                preconditions: vec![must_match(exactly(&resource.in_tenant(&principal.tenant)))],
            }))
        })
        .await
    }

    fn find_role(&self, role: Role<'_>) -> Result<(Resource<'_>, &RelationName), InvalidRequest> {
        let resource = resource(&self.profile, role.resource, "resource")?;
        let relation = resource.profile.roles.get(role.role).ok_or_else(|| InvalidRequest::UnknownRole {
            kind: resource.profile.kind.clone(),
            role: shown(role.role),
        })?;
        Ok((resource, relation))
    }

    /// The relationship that makes the principal an owner of a resource of their account.
    fn check_owner(
        &self,
        principal: &Principal,
        resource: &Resource<'_>,
        view: &View,
    ) -> Result<Relationship, LifecycleError> {
        let standing = standing(view, resource, &principal.tenant, &self.profile.tombstone.registered)?;
        if standing != Standing::Here {
            return Err(not_registered(resource, principal).into());
        }
        let ownership = resource.related(&resource.profile.owner, principal.subject());
        if !is_there(view, &ownership) {
            return Err(Denial::NotOwner { resource: resource.to_string() }.into());
        }
        Ok(ownership)
    }
}

fn role_of<'profile>(
    roles: &'profile BTreeMap<String, String>,
    operation: &str,
) -> Result<&'profile str, InvalidRequest> {
    let unknown = || InvalidRequest::UnknownOperation {
        operation: shown(operation),
        known: roles.keys().cloned().collect(),
    };
    roles.get(operation).map(String::as_str).ok_or_else(unknown)
}

fn not_registered(resource: &Resource<'_>, principal: &Principal) -> Denial {
    Denial::NotRegistered { resource: resource.to_string(), account: principal.account.clone() }
}
