//! Reading the relationships that match a filter, in a stable order.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::index::{ELLIPSIS, Edge, ObjectKey, Snapshot, WILDCARD};
use crate::relationship::{Object, ObjectId, RelationName, Relationship, RelationshipFilter, Subject};
use crate::schema::NodeKind;

use super::error::{InvalidFilter, ReadRelationshipsError};
use super::matching::{Matcher, Resources};
use super::names;
use super::view::View;

impl View {
    /// The relationships that match a filter, in order of resource type, resource id, relation, subject type, subject
    /// id and subject relation; those after a position, if one is given.
    pub fn read_relationships(
        &self,
        filter: &RelationshipFilter,
        after: Option<&str>,
    ) -> Result<RelationshipReader, ReadRelationshipsError> {
        check_not_empty(filter)?;
        let schema = self.program.as_ref().map(|program| &**program.schema());
        names::check_filter(schema, filter)?;
        check_not_contradictory(filter)?;
        if let (Some(schema), Some(definition), Some(relation)) =
            (schema, &filter.resource_definition, &filter.relation)
            && let Some(id) = schema.find_definition(definition.as_str())
            && let Some(node) = schema.find_node(id, relation.as_str())
            && matches!(schema.node(node).kind, NodeKind::Permission(_))
        {
            let (definition, permission) = (definition.clone(), relation.clone());
            return Err(ReadRelationshipsError::FilterByPermission { definition, permission });
        }
        let after =
            after.map(|text| text.parse::<Relationship>().map(|relationship| SortKey::of(&relationship)));
        let after = after.transpose().map_err(|_| ReadRelationshipsError::InvalidPosition)?;
        Ok(RelationshipReader::new(self.clone(), filter.clone(), after))
    }
}

/// Refuses a filter without any field.
pub(super) fn check_not_empty(filter: &RelationshipFilter) -> Result<(), InvalidFilter> {
    if filter.is_empty() { Err(InvalidFilter::Empty) } else { Ok(()) }
}

/// Refuses a filter whose fields exclude each other. Names come before this, as clients of SpiceDB know it.
pub(super) fn check_not_contradictory(filter: &RelationshipFilter) -> Result<(), InvalidFilter> {
    if filter.resource_id.is_some() && filter.resource_id_prefix.is_some() {
        return Err(InvalidFilter::IdAndPrefix { filter: Box::new(filter.clone()) });
    }
    Ok(())
}

/// The relationships of one read, one after another. It holds no lock between them.
#[derive(Debug)]
pub struct RelationshipReader {
    view: View,
    filter: RelationshipFilter,
    after: Option<SortKey>,
    /// Where the walk over resources is; nothing where a subject leads to its edges.
    resources: Option<Resources>,
    /// Edges found by way of the subject, in order of their resources.
    by_subject: Option<VecDeque<(ResourceName, Vec<Edge>)>>,
    ready: VecDeque<Relationship>,
}

/// Definition and id.
type ResourceName = (Arc<str>, Arc<str>);

/// What relationships are sorted by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct SortKey {
    resource_definition: String,
    resource_id: String,
    relation: String,
    subject_definition: String,
    subject_id: String,
    subject_relation: String,
}

impl SortKey {
    pub(super) fn of(relationship: &Relationship) -> Self {
        let Relationship { resource, relation, subject, .. } = relationship;
        Self {
            resource_definition: resource.definition.to_string(),
            resource_id: resource.id.to_string(),
            relation: relation.to_string(),
            subject_definition: subject.definition().to_string(),
            subject_id: subject.id().to_owned(),
            subject_relation: subject.relation().map(ToString::to_string).unwrap_or_default(),
        }
    }
}

impl RelationshipReader {
    fn new(view: View, filter: RelationshipFilter, after: Option<SortKey>) -> Self {
        let mut reader =
            Self { view, filter, after, resources: None, by_subject: None, ready: VecDeque::new() };
        let view = reader.view.clone();
        let matcher = Matcher::new(view.snapshot(), &reader.filter);
        match matcher.known_subject() {
            Some(subject) if reader.filter.resource_id.is_none() => {
                reader.by_subject = Some(edges_by_resource(&matcher, subject, reader.after.as_ref()));
            }
            _ => {
                reader.resources = Some(match &reader.after {
                    None => Resources::from_start(),
                    Some(after) => {
                        Resources::from_resource(&matcher, &after.resource_definition, &after.resource_id)
                    }
                });
            }
        }
        reader
    }

    /// The position of a relationship that was read: a read after it goes on with the next one.
    pub fn position_of(relationship: &Relationship) -> String {
        let Relationship { resource, relation, subject, .. } = relationship;
        Relationship::new(resource.clone(), relation.clone(), subject.clone()).to_string()
    }

    /// Reads the matching relationships of the next resource that has any. Whether there was one.
    fn read_resource(&mut self) -> bool {
        let view = self.view.clone();
        let snapshot = view.snapshot();
        let mut edges = Vec::new();
        if let Some(by_subject) = &mut self.by_subject {
            let Some((_, found)) = by_subject.pop_front() else { return false };
            edges = found;
        } else if let Some(resources) = &mut self.resources {
            let matcher = Matcher::new(snapshot, &self.filter);
            while edges.is_empty() {
                let Some((_, _, resource)) = resources.next(&matcher) else { return false };
                matcher.visit_resource(resource, |edge| {
                    edges.push(edge);
                    true
                });
            }
        }
        let relationships = edges.into_iter().filter_map(|edge| relationship(snapshot, edge));
        let mut sorted: Vec<_> =
            relationships.map(|relationship| (SortKey::of(&relationship), relationship)).collect();
        sorted.sort_unstable_by(|one, other| one.0.cmp(&other.0));
        let is_new = |key: &SortKey| self.after.as_ref().is_none_or(|after| key > after);
        self.ready
            .extend(sorted.into_iter().filter(|(key, _)| is_new(key)).map(|(_, relationship)| relationship));
        true
    }
}

impl Iterator for RelationshipReader {
    type Item = Relationship;

    fn next(&mut self) -> Option<Relationship> {
        while self.ready.is_empty() {
            if !self.read_resource() {
                return None;
            }
        }
        self.ready.pop_front()
    }
}

/// The matching edges of a subject, by resource, in order of the resources' names.
fn edges_by_resource(
    matcher: &Matcher<'_>,
    subject: ObjectKey,
    after: Option<&SortKey>,
) -> VecDeque<(ResourceName, Vec<Edge>)> {
    let snapshot = matcher.snapshot();
    let names = snapshot.relation_names();
    let mut edges = Vec::new();
    matcher.visit_subject(subject, |edge| {
        edges.push(edge);
        true
    });
    edges.sort_unstable_by_key(|edge| edge.resource);
    let groups = edges.chunk_by(|one, other| one.resource == other.resource);
    let mut by_resource: Vec<_> = groups
        .filter_map(|group| {
            let (definition, id) = snapshot.object_name(group[0].resource)?;
            Some(((names.definition_name(definition)?, id), group.to_vec()))
        })
        .filter(|((definition, id), _)| {
            after.is_none_or(|after| {
                (&**definition, &**id) >= (after.resource_definition.as_str(), after.resource_id.as_str())
            })
        })
        .collect();
    by_resource.sort_unstable_by(|one, other| one.0.cmp(&other.0));
    by_resource.into()
}

/// An edge in words. Nothing if it has left meanwhile, since it had expired.
pub(super) fn relationship(snapshot: Snapshot<'_>, edge: Edge) -> Option<Relationship> {
    let names = snapshot.relation_names();
    let object = |key: ObjectKey| {
        let (definition, id) = snapshot.object_name(key)?;
        Some((names.definition_name(definition)?, id))
    };
    let (resource_definition, resource_id) = object(edge.resource)?;
    let (subject_definition, subject_id) = object(edge.subject)?;
    let (_, relation) = names.relation_name(edge.relation)?;
    let (_, form) = names.relation_name(edge.subject_relation)?;
    let definition = subject_definition.parse().ok()?;
    let subject = match &*form {
        WILDCARD => Subject::Wildcard(definition),
        ELLIPSIS => Subject::Object(Object { definition, id: ObjectId::new(&*subject_id).ok()? }),
        relation => Subject::Userset(
            Object { definition, id: ObjectId::new(&*subject_id).ok()? },
            RelationName::new(relation).ok()?,
        ),
    };
    let resource =
        Object { definition: resource_definition.parse().ok()?, id: ObjectId::new(&*resource_id).ok()? };
    let terms = snapshot.terms(edge)?;
    Some(Relationship {
        resource,
        relation: RelationName::new(&*relation).ok()?,
        subject,
        caveat: terms.stored_caveat().cloned(),
        expires_at: terms.expires_at,
    })
}
