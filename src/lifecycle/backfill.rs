//! Registering what an application had before it registered what it makes.

use super::error::{Conflict, Denial, LifecycleError};
use super::principal::Principal;
use super::register::{ParentRule, Register};
use super::registry::Lifecycle;
use super::resource::ResourceName;

/// A resource that an application has.
#[derive(Debug, Clone, Copy)]
pub struct Existing<'request> {
    /// Its owner, in its account.
    pub owner: &'request Principal,
    /// The resource.
    pub resource: ResourceName<'request>,
    /// Its parent, which may be registered later.
    pub parent: Option<ResourceName<'request>>,
}

/// What became of one, or would.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Backfilled {
    /// It is registered now, and was not before.
    Registered,
    /// It was registered just so.
    Unchanged,
    /// It is registered otherwise, by something newer, and stays so.
    Kept(Conflict),
    /// It was deregistered, and stays so.
    Deregistered,
    /// It is of another account, or its parent is.
    Refused(Denial),
}

impl Lifecycle {
    /// Registers a resource that was there before, and waits until that is durable. What is registered stays as it is,
    /// and what was deregistered stays out; neither is an error. To do so again changes nothing.
    pub async fn backfill(
        &self,
        existing: Existing<'_>,
        is_dry_run: bool,
    ) -> Result<Backfilled, LifecycleError> {
        let request = Register {
            principal: existing.owner,
            resource: existing.resource,
            parent: existing.parent,
            parent_rule: ParentRule::Later,
        };
        let is_made = if is_dry_run {
            self.would_register_late(request)
        } else {
            self.register_late(request).await.map(|change| change.is_made)
        };
        match is_made {
            Ok(true) => Ok(Backfilled::Registered),
            Ok(false) => Ok(Backfilled::Unchanged),
            Err(LifecycleError::Conflict(Conflict::Deregistered { .. })) => Ok(Backfilled::Deregistered),
            Err(LifecycleError::Conflict(conflict)) => Ok(Backfilled::Kept(conflict)),
            Err(LifecycleError::Denied(denial)) => Ok(Backfilled::Refused(denial)),
            Err(error) => Err(error),
        }
    }
}
