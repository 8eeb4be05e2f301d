//! Writing relationships: checked against the state that all earlier writes leave, applied at one revision.

use std::collections::HashSet;

use tokio::sync::oneshot;

use crate::caveat::{Context, ContextError, wire_bytes};
use crate::journal::RelationshipChange;
use crate::relationship::{ContextualizedCaveat, Relationship, RelationshipUpdate, Subject, UpdateOperation};
use crate::schema::{AllowedSubject, NodeKind, Schema, SubjectForm};

use super::committer::{Pending, Reply, Write};
use super::conditions::{self, Answer};
use super::error::{Unwritable, WriteRelationshipsError};
use super::handle::Engine;
use super::names;
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
    let mut keys = HashSet::with_capacity(updates.len());
    for RelationshipUpdate { relationship, .. } in updates {
        if !keys.insert(relationship.key()) {
            return Err(WriteRelationshipsError::DuplicateUpdate {
                relationship: Box::new(relationship.clone()),
            });
        }
    }
    for RelationshipUpdate { relationship, .. } in updates {
        let caveat = relationship.caveat.as_ref();
        let bytes = caveat.map_or(0, wire_bytes);
        let bytes_max = limits.caveat_bytes_max;
        if bytes > bytes_max {
            let relationship = Box::new(relationship.clone());
            return Err(WriteRelationshipsError::CaveatTooLarge { relationship, bytes, bytes_max });
        }
    }
    Ok(())
}

fn write(request: WriteRelationships, pending: &mut Pending) -> Result<Written, WriteRelationshipsError> {
    let WriteRelationships { updates, preconditions, metadata_json } = request;
    conditions::check_names(&preconditions, pending)?;
    let schema = pending.program().map(|program| program.schema().clone());
    for update in &updates {
        check_update(schema.as_deref(), update)?;
    }
    conditions::check_holding(&preconditions, pending)?;
    check_creations(&updates, pending)?;
    // What can fail comes before the first change.
    let mut edges = Vec::with_capacity(updates.len());
    for update in updates.iter().filter(|update| update.operation != UpdateOperation::Delete) {
        edges.push(pending.intern(&update.relationship)?);
    }
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
    let revision = pending.commit(changes, metadata_json);
    Ok(Written { written_at: Engine::token(pending.state(), revision) })
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

/// Whether the schema has the names of an update and allows its kind of subject.
fn check_update(schema: Option<&Schema>, update: &RelationshipUpdate) -> Result<(), WriteRelationshipsError> {
    let relationship = &update.relationship;
    let found = names::find_relationship(schema, relationship)?;
    let Some(schema) = schema else { return Ok(()) };
    let (definition, relation) = (&relationship.resource.definition, &relationship.relation);
    let NodeKind::Relation(allowed) = &schema.node(found.node).kind else {
        let (definition, permission) = (definition.clone(), relation.clone());
        return Err(WriteRelationshipsError::CannotUpdatePermission { definition, permission });
    };
    let form = match (&relationship.subject, found.subject_node) {
        (Subject::Wildcard(_), _) => SubjectForm::Wildcard,
        (_, Some(node)) => SubjectForm::Userset(node),
        (_, None) => SubjectForm::Object,
    };
    let is_of_kind =
        |allowed: &&AllowedSubject| allowed.definition == found.subject_definition && allowed.form == form;
    if allowed.iter().filter(is_of_kind).any(|allowed| is_on_terms(allowed, update)) {
        return check_context(schema, update);
    }
    let subject_type = subject_type(relationship);
    let is_without_caveat = |allowed: &&AllowedSubject| {
        form != SubjectForm::Wildcard
            && relationship.caveat.is_none()
            && allowed.has_expiration == relationship.expires_at.is_some()
    };
    let of_kind = allowed.iter().filter(is_of_kind).filter(is_without_caveat);
    Err(WriteRelationshipsError::InvalidSubjectType {
        definition: definition.clone(),
        relation: relation.clone(),
        allowed_caveats: of_kind.filter_map(|allowed| allowed.caveat.clone()).collect(),
        suggestion: suggestion(schema, allowed, &subject_type),
        subject_type,
    })
}

/// Whether the caveat takes the stored context.
fn check_context(schema: &Schema, update: &RelationshipUpdate) -> Result<(), WriteRelationshipsError> {
    let Some(ContextualizedCaveat { name, context_json }) = &update.relationship.caveat else {
        return Ok(());
    };
    let Some(caveat) = schema.find_caveat(name.as_str()) else { return Ok(()) };
    let context = Context::parse(context_json).map_err(ContextError::from);
    context.and_then(|context| caveat.compiled.check_context(&context)).map_err(|problem| {
        WriteRelationshipsError::InvalidContext { caveat: name.clone(), problem: Box::new(problem) }
    })
}

/// Whether an update's caveat and expiration are what a kind of subject asks for. A delete need not name them; if it
/// names a caveat, all must be right.
fn is_on_terms(allowed: &AllowedSubject, update: &RelationshipUpdate) -> bool {
    let Relationship { caveat, expires_at, .. } = &update.relationship;
    let caveat = caveat.as_ref().map(|caveat| &caveat.name);
    let need_not_say = update.operation == UpdateOperation::Delete && caveat.is_none();
    need_not_say || caveat == allowed.caveat.as_ref() && expires_at.is_some() == allowed.has_expiration
}

/// The kind of a relationship's subject as a schema writes it, such as `group#member with on_weekdays`.
fn subject_type(relationship: &Relationship) -> String {
    let definition = relationship.subject.definition();
    let form = match &relationship.subject {
        Subject::Object(_) => definition.to_string(),
        Subject::Wildcard(_) => format!("{definition}:*"),
        Subject::Userset(_, relation) => format!("{definition}#{relation}"),
    };
    match (&relationship.caveat, relationship.expires_at) {
        (Some(caveat), Some(_)) => format!("{form} with {} and expiration", caveat.name),
        (Some(caveat), None) => format!("{form} with {}", caveat.name),
        (None, Some(_)) => format!("{form} with expiration"),
        (None, None) => form,
    }
}

/// The kind that is nearest among those that are the given one with something more, such as a relation, a wildcard or
/// an expiration.
fn suggestion(schema: &Schema, allowed: &[AllowedSubject], subject_type: &str) -> Option<String> {
    let kinds = allowed.iter().map(|allowed| schema.subject_text(allowed));
    let longer = kinds.filter(|kind| {
        let mut rest = kind.chars();
        subject_type.chars().all(|wanted| rest.any(|character| character == wanted))
    });
    longer.min_by_key(String::len)
}

/// Whether none of the relationships to be created is there.
fn check_creations(updates: &[RelationshipUpdate], pending: &Pending) -> Result<(), WriteRelationshipsError> {
    let index = &pending.state().index;
    let creations = updates.iter().filter(|update| update.operation == UpdateOperation::Create);
    for RelationshipUpdate { relationship, .. } in creations {
        let Relationship { resource, relation, subject, .. } = relationship;
        let edge = index.find(resource, relation, subject);
        if edge.is_some_and(|edge| index.terms_at_last(edge, pending.now()).is_some()) {
            return Err(WriteRelationshipsError::AlreadyExists {
                relationship: Box::new(relationship.clone()),
            });
        }
    }
    Ok(())
}
