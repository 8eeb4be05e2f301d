//! Replacing what filters describe by relationships that are named, at one revision.

use tokio::sync::oneshot;

use crate::journal::RelationshipChange;
use crate::relationship::{
    Precondition, Relationship, RelationshipFilter, RelationshipUpdate, Revision, UpdateOperation,
};

use super::committer::{Pending, Reply, Write};
use super::conditions::{self, Answer};
use super::delete_relationships::delete_edges;
use super::error::{ConditionError, InvalidFilter, Unwritable, WriteRelationshipsError};
use super::handle::Engine;
use super::matching::Matcher;
use super::names;
use super::read_relationships::{check_not_contradictory, check_not_empty};
use super::token::ZedToken;
use super::write_relationships::{
    apply, check_admission, check_creations, check_each_once, check_memory, intern,
};

/// A write that also deletes what filters describe: all of it happens at one revision, or none.
///
/// It is made by programs that embed the engine, and the bounds on what clients may write at once do not apply.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ReplaceRelationships {
    /// What to delete.
    pub deletions: Vec<RelationshipFilter>,
    /// What to change then, each relationship at most once, and none that a filter describes.
    pub updates: Vec<RelationshipUpdate>,
    /// What must hold before.
    pub preconditions: Vec<Precondition>,
}

/// A replacement that is durable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replaced {
    /// The state just after it.
    pub written_at: ZedToken,
    /// The revision of that state.
    pub revision: Revision,
    /// Of what filters described and was there, the first [`Self::DELETED_MAX`].
    pub deleted: Vec<Relationship>,
    /// How much that was.
    pub deleted_count: u64,
}

impl Replaced {
    /// Deleted relationships that are told of, at most.
    pub const DELETED_MAX: usize = 100;
}

impl Engine {
    /// Replaces relationships and waits until that is durable, under any async runtime. Once it has been polled, the
    /// write may happen even if the future is dropped.
    pub async fn replace_relationships(
        &self,
        request: ReplaceRelationships,
    ) -> Result<Replaced, WriteRelationshipsError> {
        check_request(&request)?;
        let (answer, outcome) = oneshot::channel();
        self.submit(Box::new(Replacing { request, answer })).await?;
        outcome.await.unwrap_or(Err(Unwritable::Closing.into()))
    }
}

struct Replacing {
    request: ReplaceRelationships,
    answer: Answer<Replaced, WriteRelationshipsError>,
}

impl Write for Replacing {
    fn prepare(self: Box<Self>, pending: &mut Pending) -> Reply {
        let Self { request, answer } = *self;
        conditions::reply(answer, replace(request, pending))
    }
}

/// What can be checked without the state.
fn check_request(request: &ReplaceRelationships) -> Result<(), WriteRelationshipsError> {
    let ReplaceRelationships { deletions, updates, .. } = request;
    check_each_once(updates)?;
    let is_deleted_too = |update: &&RelationshipUpdate| {
        update.operation != UpdateOperation::Delete
            && deletions.iter().any(|filter| filter.matches(update.relationship.key()))
    };
    if let Some(update) = updates.iter().find(is_deleted_too) {
        let relationship = Box::new(update.relationship.clone());
        return Err(WriteRelationshipsError::DuplicateUpdate { relationship });
    }
    deletions.iter().try_for_each(check_filter).map_err(ConditionError::from)?;
    Ok(())
}

fn check_filter(filter: &RelationshipFilter) -> Result<(), InvalidFilter> {
    check_not_empty(filter)?;
    check_not_contradictory(filter)
}

fn replace(
    request: ReplaceRelationships,
    pending: &mut Pending,
) -> Result<Replaced, WriteRelationshipsError> {
    let ReplaceRelationships { deletions, updates, preconditions } = request;
    conditions::check_names(&preconditions, pending)?;
    let schema = pending.program().map(|program| &**program.schema());
    deletions.iter().try_for_each(|filter| names::check_filter(schema, filter))?;
    check_admission(&updates, pending)?;
    conditions::check_holding(&preconditions, pending)?;
    check_creations(&updates, pending)?;
    check_memory(&updates, pending)?;
    // What can fail comes before the first change.
    let edges = intern(&updates, pending)?;
    let mut changes = Vec::new();
    for filter in &deletions {
        let mut described = Vec::new();
        Matcher::new(pending.snapshot(), filter).visit(|edge| {
            described.push(edge);
            true
        });
        // What an earlier filter described is no longer there.
        changes.extend(delete_edges(described, pending));
    }
    let deleted_count = changes.len() as u64;
    let deleted = changes.iter().take(Replaced::DELETED_MAX).filter_map(deleted_by).collect();
    changes.extend(apply(updates, edges, pending));
    let revision = pending.commit(changes, None);
    let written_at = Engine::token(pending.state(), revision);
    Ok(Replaced { written_at, revision, deleted, deleted_count })
}

fn deleted_by(change: &RelationshipChange) -> Option<Relationship> {
    match change {
        RelationshipChange::Delete(relationship) => Some(relationship.clone()),
        RelationshipChange::Touch(_) => None,
    }
}
