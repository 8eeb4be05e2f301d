//! May somebody do something with a resource?

use crate::engine::{CheckPermission, Limits, Permissionship, View};
use crate::relationship::{Relationship, Subject};

use super::audit::{DecisionEntry, deciding_relationships};
use super::error::{InvalidRequest, LifecycleError, Trouble, shown};
use super::orphans::has_parent;
use super::principal::Principal;
use super::registry::Lifecycle;
use super::resource::{ResourceName, Target, resource, target};
use super::standing::is_there;

/// A question that is understood, and can be asked of any view.
#[derive(Debug, Clone)]
pub struct Question {
    /// What has the resource in the account; nothing where no resource is asked about.
    registered: Option<Relationship>,
    /// One yes is enough.
    checks: Vec<CheckPermission>,
}

/// The answer to a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decision {
    /// Whether they may.
    pub is_allowed: bool,
    /// Why, or why not.
    pub reason: Reason,
}

/// Why somebody may do something, or may not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// They have the permission.
    Permission,
    /// They do not have the permission, or only on conditions that nobody stated.
    NoPermission,
    /// The resource is not registered in the account.
    NotRegistered,
    /// Nobody can do this with a resource of this type.
    NoOperation,
}

impl Lifecycle {
    /// Understands a question; `field` is where the request names the resource.
    pub fn question(
        &self,
        principal: &Principal,
        resource: ResourceName<'_>,
        operation: &str,
    ) -> Result<Question, InvalidRequest> {
        self.question_about(principal, target(&self.profile, resource, "resource")?, operation)
    }

    /// Understands a question about one resource: `*` is none.
    pub(super) fn question_about_one(
        &self,
        principal: &Principal,
        name: ResourceName<'_>,
        operation: &str,
    ) -> Result<Question, InvalidRequest> {
        let resource = resource(&self.profile, name, "resource")?;
        self.question_about(principal, Target::One(Box::new(resource)), operation)
    }

    fn question_about(
        &self,
        principal: &Principal,
        target: Target<'_>,
        operation: &str,
    ) -> Result<Question, InvalidRequest> {
        self.check_operation(operation)?;
        Ok(match target {
            Target::Any(kind) => {
                let permission = kind.any.get(operation);
                let checks = permission.map(|permission| self.any_checks(principal, permission));
                Question { registered: None, checks: checks.unwrap_or_default() }
            }
            Target::One(resource) => {
                let permission = resource.profile.operations.get(operation);
                let check = permission.map(|permission| {
                    CheckPermission::new(resource.object.clone(), permission.as_str(), principal.subject())
                });
                Question {
                    registered: Some(resource.in_tenant(&principal.tenant)),
                    checks: check.into_iter().collect(),
                }
            }
        })
    }

    /// Logs a decision, if it is drawn to be.
    pub fn log_decision(
        &self,
        principal: &Principal,
        resource: ResourceName<'_>,
        operation: &str,
        (view, question, decision): (&View, &Question, Decision),
    ) {
        let Some(audit) = self.audit.as_ref().filter(|audit| audit.is_sampled()) else { return };
        let (revision, view, question) = (view.revision(), view.clone(), question.clone());
        audit.decision(DecisionEntry {
            principal: principal.who(),
            resource: resource.to_string(),
            operation: operation.to_owned(),
            is_allowed: decision.is_allowed,
            reason: decision.reason.as_str().to_owned(),
            revision,
            explain: Box::new(move || deciding_relationships(&view, &question)),
        });
    }

    /// Whether a resource of the account needs a parent, and has none that is registered in the account.
    pub fn lacks_parent(
        &self,
        view: &View,
        principal: &Principal,
        resource: ResourceName<'_>,
    ) -> Result<bool, LifecycleError> {
        let Target::One(resource) = target(&self.profile, resource, "resource")? else { return Ok(false) };
        let needs_parent = resource.profile.needs_parent;
        Ok(needs_parent && !has_parent(view, &self.profile, &resource, &principal.tenant)?)
    }

    /// Whoever acts in an account is one of its members, whether or not that is written down, and may also be more.
    fn any_checks(&self, principal: &Principal, permission: &str) -> Vec<CheckPermission> {
        let tenant = &principal.tenant;
        let members = Subject::Userset(tenant.clone(), self.profile.principal.member.clone());
        [members, principal.subject()]
            .map(|subject| CheckPermission::new(tenant.clone(), permission, subject))
            .to_vec()
    }

    pub(super) fn check_operation(&self, operation: &str) -> Result<(), InvalidRequest> {
        if self.profile.has_operation(operation) {
            return Ok(());
        }
        let known = self.profile.operations.iter().cloned().collect();
        Err(InvalidRequest::UnknownOperation { operation: shown(operation), known })
    }
}

impl Question {
    /// Asks a view.
    pub fn ask(&self, view: &View, limits: Limits<'_>) -> Result<Decision, LifecycleError> {
        if self.checks.is_empty() {
            return Ok(Decision::denied(Reason::NoOperation));
        }
        if let Some(registered) = self.registered.as_ref().filter(|registered| !is_there(view, registered)) {
            // In a schema that has no such relation nothing is registered, which says nothing.
            let Relationship { resource, relation, .. } = registered;
            view.describe(resource.definition.as_str(), relation.as_str()).map_err(Trouble::from)?;
            return Ok(Decision::denied(Reason::NotRegistered));
        }
        for check in &self.checks {
            let answer = view.check_permission(check, limits).map_err(Trouble::from)?;
            if answer == Permissionship::HasPermission {
                return Ok(Decision { is_allowed: true, reason: Reason::Permission });
            }
        }
        Ok(Decision::denied(Reason::NoPermission))
    }

    /// What is asked of the graph: one yes is enough.
    pub fn checks(&self) -> &[CheckPermission] {
        &self.checks
    }

    /// What has the resource in the account; nothing where no resource is asked about.
    pub fn registered(&self) -> Option<&Relationship> {
        self.registered.as_ref()
    }
}

impl Decision {
    fn denied(reason: Reason) -> Self {
        Self { is_allowed: false, reason }
    }
}

impl Reason {
    /// The reason in a word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Permission => "permission",
            Self::NoPermission => "no_permission",
            Self::NotRegistered => "not_registered",
            Self::NoOperation => "no_operation",
        }
    }
}
