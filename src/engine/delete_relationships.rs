//! Deleting every relationship that matches a filter, at one revision.

use tokio::sync::oneshot;

use crate::index::Edge;
use crate::journal::RelationshipChange;

use super::committer::{Pending, Reply, Write};
use super::conditions::{self, Answer};
use super::error::{DeleteRelationshipsError, Unwritable};
use super::handle::Engine;
use super::matching::Matcher;
use super::names;
use super::options::EngineLimits;
use super::read_relationships::{check_not_contradictory, check_not_empty, relationship};
use super::request::{DeleteRelationships, Deleted};
use super::wait::block_on;

impl Engine {
    /// Deletes relationships and waits until that is durable. Blocks the thread; in async code, use
    /// [`Self::delete_relationships_async`].
    pub fn delete_relationships(
        &self,
        request: DeleteRelationships,
    ) -> Result<Deleted, DeleteRelationshipsError> {
        block_on(self.delete_relationships_async(request))
    }

    /// Deletes relationships and waits until that is durable, under any async runtime. Once it has been polled, the
    /// delete may happen even if the future is dropped.
    pub async fn delete_relationships_async(
        &self,
        request: DeleteRelationships,
    ) -> Result<Deleted, DeleteRelationshipsError> {
        check_request(&request, &self.state.options.limits)?;
        let (answer, outcome) = oneshot::channel();
        self.submit(Box::new(Deleting { request, answer })).await?;
        outcome.await.unwrap_or(Err(Unwritable::Closing.into()))
    }
}

struct Deleting {
    request: DeleteRelationships,
    answer: Answer<Deleted, DeleteRelationshipsError>,
}

impl Write for Deleting {
    fn prepare(self: Box<Self>, pending: &mut Pending) -> Reply {
        let Self { request, answer } = *self;
        conditions::reply(answer, delete(request, pending))
    }
}

/// What can be checked without the state.
fn check_request(
    request: &DeleteRelationships,
    limits: &EngineLimits,
) -> Result<(), DeleteRelationshipsError> {
    conditions::check_sizes(&request.preconditions, request.metadata_json.as_deref(), limits)?;
    let (limit, limit_max) = (request.limit, limits.delete_limit_max);
    if limit > limit_max {
        return Err(DeleteRelationshipsError::LimitTooLarge { limit, limit_max });
    }
    check_not_empty(&request.filter)?;
    Ok(())
}

fn delete(request: DeleteRelationships, pending: &mut Pending) -> Result<Deleted, DeleteRelationshipsError> {
    let DeleteRelationships { filter, preconditions, limit, is_partial_allowed, metadata_json } = request;
    names::check_filter(pending.program().map(|program| &**program.schema()), &filter)?;
    check_not_contradictory(&filter)?;
    conditions::check_names(&preconditions, pending)?;
    conditions::check_holding(&preconditions, pending)?;
    let count_max = if limit == 0 { usize::MAX } else { limit as usize };
    let mut edges: Vec<Edge> = Vec::new();
    let mut has_more = false;
    Matcher::new(pending.snapshot(), &filter).visit(|edge| {
        has_more = edges.len() == count_max;
        if !has_more {
            edges.push(edge);
        }
        !has_more
    });
    if has_more && !is_partial_allowed {
        return Err(DeleteRelationshipsError::TooMany { limit, filter: Box::new(filter) });
    }
    let changes = delete_edges(edges, pending);
    let count = changes.len() as u64;
    let revision = pending.commit(changes, metadata_json);
    Ok(Deleted { deleted_at: Engine::token(pending.state(), revision), count, has_more })
}

/// Deletes the relationships of edges. Those that were there.
pub(super) fn delete_edges(edges: Vec<Edge>, pending: &mut Pending) -> Vec<RelationshipChange> {
    let mut changes = Vec::with_capacity(edges.len());
    for edge in edges {
        let deleted = relationship(pending.snapshot(), edge);
        if let (Some(deleted), true) = (deleted, pending.delete(edge)) {
            changes.push(RelationshipChange::Delete(deleted));
        }
    }
    changes
}
