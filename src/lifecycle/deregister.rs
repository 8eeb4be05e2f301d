//! Deregistering a resource: everything that is known of it goes, and its id is not used again.

use crate::engine::{ReplaceRelationships, View};
use crate::relationship::{Object, RelationName, Relationship, RelationshipFilter, Subject};

use super::audit::Verb;
use super::error::{Denial, LifecycleError};
use super::principal::Principal;
use super::registry::{Act, Change, Lifecycle, Plan, must_match, must_not_match, touch};
use super::resource::{Resource, ResourceName, exactly, of_resource, resource};
use super::standing::{Standing, is_there, standing};

/// What is done with a resource that is not registered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AbsentRule {
    /// It is remembered that the account has none, so that a backfill from an older file does not bring it back.
    #[default]
    Remember,
    /// Nothing.
    Ignore,
}

impl Lifecycle {
    /// Deletes every relationship of a resource, as resource and as subject, and waits until that is durable. To do so
    /// again changes nothing. Needs no permission but the account's: applications ask before they delete, and tell
    /// afterwards.
    pub async fn deregister(
        &self,
        principal: &Principal,
        name: ResourceName<'_>,
        absent_rule: AbsentRule,
    ) -> Result<Change, LifecycleError> {
        let resource = resource(&self.profile, name, "resource")?;
        let act = Act::of(Verb::Deregister, principal, name);
        self.deregister_from(act, &principal.tenant, &resource, absent_rule).await
    }

    /// Deregisters a resource of the account that somebody acts in.
    pub(super) async fn deregister_from(
        &self,
        act: Act,
        tenant: &Object,
        resource: &Resource<'_>,
        absent_rule: AbsentRule,
    ) -> Result<Change, LifecycleError> {
        let account = act.who.account.clone();
        self.write(act, &|view| self.plan_deregistration(tenant, &account, resource, absent_rule, view)).await
    }

    fn plan_deregistration(
        &self,
        tenant: &Object,
        account: &str,
        resource: &Resource<'_>,
        absent_rule: AbsentRule,
        view: &View,
    ) -> Result<Plan, LifecycleError> {
        let tombstone = &self.profile.tombstone;
        let buried = |relation: &RelationName| {
            let subject = Subject::Object(tenant.clone());
            Relationship::new(resource.tombstone.clone(), relation.clone(), subject)
        };
        let everything = vec![resource.filter(None), resource.filter_as_subject()];
        let in_any_tenant = resource.filter(Some(&resource.profile.tenant));
        match standing(view, resource, tenant, &tombstone.registered)? {
            Standing::Here => Ok(Plan::write(ReplaceRelationships {
                deletions: everything,
                updates: vec![touch(buried(&tombstone.registered))],
                preconditions: vec![must_match(exactly(&resource.in_tenant(tenant)))],
            })),
            Standing::Elsewhere => {
                let (resource, account) = (resource.to_string(), account.to_owned());
                Err(Denial::NotRegistered { resource, account }.into())
            }
            // What was written past the lifecycle since.
            Standing::Deregistered if has_any(view, &everything)? => {
                let preconditions = vec![must_not_match(in_any_tenant)];
                Ok(Plan::write(ReplaceRelationships {
                    deletions: everything,
                    updates: vec![],
                    preconditions,
                }))
            }
            Standing::Deregistered | Standing::DeregisteredElsewhere => Ok(Plan::Nothing),
            Standing::Unknown => {
                let absent = buried(&tombstone.unregistered);
                if absent_rule == AbsentRule::Ignore || is_there(view, &absent) {
                    return Ok(Plan::Nothing);
                }
                let of_registered = of_resource(&resource.tombstone, Some(&tombstone.registered));
                Ok(Plan::write(ReplaceRelationships {
                    deletions: Vec::new(),
                    updates: vec![touch(absent)],
                    preconditions: vec![must_not_match(in_any_tenant), must_not_match(of_registered)],
                }))
            }
        }
    }
}

fn has_any(view: &View, filters: &[RelationshipFilter]) -> Result<bool, LifecycleError> {
    for filter in filters {
        if !view.first_relationships(filter, 1)?.is_empty() {
            return Ok(true);
        }
    }
    Ok(false)
}
