//! Writing relationships: checked against the state that all earlier writes leave, applied at one revision.

use std::collections::HashSet;

use tokio::sync::oneshot;

use crate::index::Edge;
use crate::journal::RelationshipChange;
use crate::relationship::{Relationship, RelationshipUpdate, UpdateOperation};

use super::admission;
use super::committer::{Pending, Reply, Write};
use super::conditions::{self, Answer};
use super::error::{Unwritable, WriteRelationshipsError};
use super::handle::Engine;
use super::options::EngineLimits;
use super::request::{WriteRelationships, Written};
use super::wait::block_on;

impl Engine {
    /// Writes relationships and waits until they are durable. Blocks the thread; in async code, use
    /// [`Self::write_relationships_async`].
    pub fn write_relationships(
        &self,
        request: WriteRelationships,
    ) -> Result<Written, WriteRelationshipsError> {
        block_on(self.write_relationships_async(request))
    }

    /// Writes relationships and waits until they are durable, under any async runtime. Once it has been polled, the
    /// write may happen even if the future is dropped.
    pub async fn write_relationships_async(
        &self,
        request: WriteRelationships,
    ) -> Result<Written, WriteRelationshipsError> {
        check_request(&request, &self.state.options.limits)?;
        let (answer, outcome) = oneshot::channel();
        self.submit(Box::new(Writing { request, answer })).await?;
        outcome.await.unwrap_or(Err(Unwritable::Closing.into()))
    }
}

struct Writing {
    request: WriteRelationships,
    answer: Answer<Written, WriteRelationshipsError>,
}

impl Write for Writing {
    fn prepare(self: Box<Self>, pending: &mut Pending) -> Reply {
        let Self { request, answer } = *self;
        conditions::reply(answer, write(request, pending))
    }
}

/// What can be checked without the state.
fn check_request(request: &WriteRelationships, limits: &EngineLimits) -> Result<(), WriteRelationshipsError> {
    let WriteRelationships { updates, preconditions, metadata_json } = request;
    conditions::check_sizes(&[], metadata_json.as_deref(), limits)?;
    let (count, count_max) = (updates.len(), limits.updates_max);
    if count > count_max {
        return Err(WriteRelationshipsError::TooManyUpdates { count, count_max });
    }
    conditions::check_sizes(preconditions, None, limits)?;
    check_each_once(updates)?;
    updates.iter().try_for_each(|update| admission::check_size(&update.relationship, limits))
}

fn write(request: WriteRelationships, pending: &mut Pending) -> Result<Written, WriteRelationshipsError> {
    let WriteRelationships { updates, preconditions, metadata_json } = request;
    conditions::check_names(&preconditions, pending)?;
    check_admission(&updates, pending)?;
    conditions::check_holding(&preconditions, pending)?;
    check_creations(&updates, pending)?;
    check_memory(&updates, pending)?;
    // What can fail comes before the first change.
    let edges = intern(&updates, pending)?;
    let changes = apply(updates, edges, pending);
    let revision = pending.commit(changes, metadata_json);
    Ok(Written { written_at: Engine::token(pending.state(), revision) })
}

/// Whether the schema admits every update.
pub(super) fn check_admission(
    updates: &[RelationshipUpdate],
    pending: &Pending,
) -> Result<(), WriteRelationshipsError> {
    let schema = pending.program().map(|program| &**program.schema());
    updates.iter().try_for_each(|update| admission::check(schema, update.operation, &update.relationship))
}

/// The edges of the updates that need one, in their order.
pub(super) fn intern(updates: &[RelationshipUpdate], pending: &Pending) -> Result<Vec<Edge>, Unwritable> {
    let made = updates.iter().filter(|update| update.operation != UpdateOperation::Delete);
    made.map(|update| pending.intern(&update.relationship)).collect()
}

/// Applies updates that were checked, with the edges of those that need one. What changed.
pub(super) fn apply(
    updates: Vec<RelationshipUpdate>,
    edges: Vec<Edge>,
    pending: &mut Pending,
) -> Vec<RelationshipChange> {
    let mut edges = edges.into_iter();
    let mut changes = Vec::with_capacity(updates.len());
    for RelationshipUpdate { operation, relationship } in updates {
        match operation {
            UpdateOperation::Create | UpdateOperation::Touch => {
                if edges.next().is_some_and(|edge| pending.touch(edge, &relationship)) {
                    changes.push(RelationshipChange::Touch(relationship));
                }
            }
            UpdateOperation::Delete => {
                changes.extend(delete(relationship, pending));
            }
        }
    }
    changes
}

/// Whether no relationship is named twice.
pub(super) fn check_each_once(updates: &[RelationshipUpdate]) -> Result<(), WriteRelationshipsError> {
    let mut keys = HashSet::with_capacity(updates.len());
    for RelationshipUpdate { relationship, .. } in updates {
        if !keys.insert(relationship.key()) {
            return Err(WriteRelationshipsError::DuplicateUpdate {
                relationship: Box::new(relationship.clone()),
            });
        }
    }
    Ok(())
}

/// Deletes a relationship, on whatever terms it is stored. Nothing if it is not there.
fn delete(relationship: Relationship, pending: &mut Pending) -> Option<RelationshipChange> {
    let Relationship { resource, relation, subject, .. } = relationship;
    let edge = pending.state().index.find(&resource, &relation, &subject)?;
    let terms = pending.snapshot().terms(edge);
    let is_deleted = pending.delete(edge);
    let terms = terms.filter(|_| is_deleted)?;
    let (caveat, expires_at) = (terms.stored_caveat().cloned(), terms.expires_at);
    Some(RelationshipChange::Delete(Relationship { resource, relation, subject, caveat, expires_at }))
}

/// Whether there is memory for what the updates add, if they add anything.
pub(super) fn check_memory(updates: &[RelationshipUpdate], pending: &Pending) -> Result<(), Unwritable> {
    let full = pending.state().memory.check();
    let is_addition = |RelationshipUpdate { operation, relationship }: &RelationshipUpdate| match operation {
        UpdateOperation::Create => true,
        UpdateOperation::Touch => !is_there(relationship, pending),
        UpdateOperation::Delete => false,
    };
    if full.is_err() && updates.iter().any(is_addition) { full } else { Ok(()) }
}

/// Whether none of the relationships to be created is there.
pub(super) fn check_creations(
    updates: &[RelationshipUpdate],
    pending: &Pending,
) -> Result<(), WriteRelationshipsError> {
    let creations = updates.iter().filter(|update| update.operation == UpdateOperation::Create);
    for RelationshipUpdate { relationship, .. } in creations {
        if is_there(relationship, pending) {
            return Err(WriteRelationshipsError::AlreadyExists {
                relationship: Box::new(relationship.clone()),
            });
        }
    }
    Ok(())
}

/// Whether a relationship is there, on whatever terms.
fn is_there(relationship: &Relationship, pending: &Pending) -> bool {
    let Relationship { resource, relation, subject, .. } = relationship;
    let index = &pending.state().index;
    let edge = index.find(resource, relation, subject);
    edge.is_some_and(|edge| index.terms_at_last(edge, pending.now()).is_some())
}
