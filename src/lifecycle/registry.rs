//! The engine as an application's registry of resources, and how its writes are made.

use std::sync::Arc;

use crate::engine::{
    Consistency, ConsistencyError, Engine, ReplaceRelationships, Replaced, View, WriteRelationshipsError,
    ZedToken,
};
use crate::relationship::{Precondition, PreconditionOperation, Relationship, RelationshipFilter};
use crate::relationship::{RelationshipUpdate, Revision, UpdateOperation};

use super::error::{InvalidRequest, LifecycleError, Trouble};
use super::profile::Profile;

/// How often a write is planned anew because another one came between.
const ATTEMPTS_MAX: u32 = 16;

/// Registers resources with their owner, account and parent, and says who may do what with them.
#[derive(Debug)]
pub struct Lifecycle {
    pub(super) engine: Arc<Engine>,
    pub(super) profile: Profile,
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
        Self { engine, profile }
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

    /// Plans against the newest state and writes; plans anew where another write came between.
    pub(super) async fn write(
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
