//! The engine as an application's registry of resources, and how its writes are made.

use std::sync::Arc;

use crate::engine::{
    Consistency, ConsistencyError, Engine, ReplaceRelationships, Replaced, View, WriteRelationshipsError,
    ZedToken,
};
use crate::relationship::{Precondition, PreconditionOperation, Relationship, RelationshipFilter};
use crate::relationship::{RelationshipUpdate, Revision, UpdateOperation};

use super::audit::{AuditLog, Outcome, Verb, Who, WriteEntry};
use super::error::{InvalidRequest, LifecycleError, Trouble};
use super::principal::Principal;
use super::profile::Profile;
use super::resource::ResourceName;

/// How often a write is planned anew because another one came between.
const ATTEMPTS_MAX: u32 = 16;

/// Registers resources with their owner, account and parent, and says who may do what with them.
#[derive(Debug)]
pub struct Lifecycle {
    pub(super) engine: Arc<Engine>,
    pub(super) profile: Arc<Profile>,
    pub(super) audit: Option<AuditLog>,
}

/// What is to be written, by whom: as the audit log tells of it.
#[derive(Debug)]
pub(super) struct Act {
    pub(super) verb: Verb,
    pub(super) who: Who,
    pub(super) resource: String,
}

/// What a write did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// A state in which what was asked for holds; it is durable.
    pub written_at: ZedToken,
    /// The revision of that state.
    pub revision: Revision,
    /// Whether anything was written: not if it held already.
    pub is_made: bool,
    /// Relationships that were there, and are no longer; the first [`Replaced::DELETED_MAX`].
    pub before: Vec<Relationship>,
    /// How many those were.
    pub before_count: u64,
    /// Relationships that are there now.
    pub after: Vec<Relationship>,
}

/// What has to be written, if anything.
#[derive(Debug)]
pub(super) enum Plan {
    Nothing,
    Write(Box<ReplaceRelationships>),
}

impl Lifecycle {
    /// The registry that a profile makes of an engine. The profile has to fit the engine's schema.
    pub fn new(engine: Arc<Engine>, profile: Profile) -> Self {
        Self { engine, profile: Arc::new(profile), audit: None }
    }

    /// The same, with a log of what is written and decided.
    #[must_use]
    pub fn with_audit(self, audit: AuditLog) -> Self {
        Self { audit: Some(audit), ..self }
    }

    /// What the application's words mean.
    pub fn profile(&self) -> &Profile {
        &self.profile
    }

    /// The newest state, or one that is at least as fresh as a token. Without a token it has everything that was
    /// acknowledged before.
    pub fn view(&self, token: Option<&str>) -> Result<View, LifecycleError> {
        let consistency = match token {
            Some(token) => Consistency::AtLeastAsFresh(ZedToken(token.to_owned())),
            None => Consistency::FullyConsistent,
        };
        Ok(self.engine.at(&consistency).map_err(InvalidRequest::Token)?)
    }

    pub(super) fn newest(&self) -> Result<View, ConsistencyError> {
        self.engine.at(&Consistency::FullyConsistent)
    }

    /// Writes what is planned, and tells the audit log what came of it.
    pub(super) async fn write(
        &self,
        act: Act,
        plan: &(dyn Fn(&View) -> Result<Plan, LifecycleError> + Sync),
    ) -> Result<Change, LifecycleError> {
        let change = self.plan_and_write(plan).await;
        if let Some(audit) = &self.audit {
            audit.write(act.entry(&change));
        }
        change
    }

    /// Plans against the newest state and writes; plans anew where another write came between.
    pub(super) async fn plan_and_write(
        &self,
        plan: &(dyn Fn(&View) -> Result<Plan, LifecycleError> + Sync),
    ) -> Result<Change, LifecycleError> {
        for _ in 0..ATTEMPTS_MAX {
            let view = self.newest().map_err(InvalidRequest::Token)?;
            let request = match plan(&view)? {
                Plan::Nothing => return Ok(Change::nothing(&view)),
                Plan::Write(request) => *request,
            };
            let made = request.updates.iter().filter(|update| update.operation != UpdateOperation::Delete);
            let after = made.map(|update| update.relationship.clone()).collect();
            match self.engine.replace_relationships(request).await.map_err(Trouble::from) {
                Ok(replaced) => return Ok(Change::made(replaced, after)),
                // Answered only when what was in the way is durable, and visible in the next attempt.
                Err(Trouble::Contended) => {}
                Err(trouble) => return Err(trouble.into()),
            }
        }
        Err(Trouble::Contended.into())
    }
}

impl Change {
    fn nothing(view: &View) -> Self {
        Self {
            written_at: view.token(),
            revision: view.revision(),
            is_made: false,
            before: Vec::new(),
            before_count: 0,
            after: Vec::new(),
        }
    }

    fn made(replaced: Replaced, after: Vec<Relationship>) -> Self {
        let Replaced { written_at, revision, deleted, deleted_count } = replaced;
        Self { written_at, revision, is_made: true, before: deleted, before_count: deleted_count, after }
    }
}

impl Act {
    /// What a principal is about to do.
    pub(super) fn of(verb: Verb, principal: &Principal, resource: ResourceName<'_>) -> Self {
        Self { verb, who: principal.who(), resource: resource.to_string() }
    }

    fn entry(self, change: &Result<Change, LifecycleError>) -> WriteEntry {
        let Self { verb, who: principal, resource } = self;
        let mut entry = WriteEntry {
            verb,
            principal,
            resource,
            before: Vec::new(),
            before_count: 0,
            after: Vec::new(),
            revision: None,
            outcome: Outcome::Unchanged,
        };
        match change {
            Ok(change) if change.is_made => {
                entry.before.clone_from(&change.before);
                entry.before_count = change.before_count;
                entry.after.clone_from(&change.after);
                entry.revision = Some(change.revision);
                entry.outcome = Outcome::Applied;
            }
            Ok(_) => {}
            Err(error) => entry.outcome = Outcome::Refused { reason: error.to_string() },
        }
        entry
    }
}

impl Plan {
    pub(super) fn write(request: ReplaceRelationships) -> Self {
        Self::Write(Box::new(request))
    }
}

/// An update that leaves a relationship there.
pub(super) fn touch(relationship: Relationship) -> RelationshipUpdate {
    RelationshipUpdate { operation: UpdateOperation::Touch, relationship }
}

pub(super) fn must_match(filter: RelationshipFilter) -> Precondition {
    Precondition { operation: PreconditionOperation::MustMatch, filter }
}

pub(super) fn must_not_match(filter: RelationshipFilter) -> Precondition {
    Precondition { operation: PreconditionOperation::MustNotMatch, filter }
}

impl From<WriteRelationshipsError> for LifecycleError {
    fn from(error: WriteRelationshipsError) -> Self {
        Self::Trouble(error.into())
    }
}
