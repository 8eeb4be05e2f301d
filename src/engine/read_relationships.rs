//! Reading the relationships that match a filter, in a stable order.

use crate::index::{ELLIPSIS, Edge, ObjectKey, Snapshot, WILDCARD};
use crate::relationship::{Object, ObjectId, RelationName, Relationship, RelationshipFilter, Subject};
use crate::schema::NodeKind;

use super::error::{InvalidFilter, ReadRelationshipsError};
use super::names;
use super::reader::RelationshipReader;
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
        let after = after.map(str::parse::<Relationship>).transpose();
        let after = after.map_err(|_| ReadRelationshipsError::InvalidPosition)?;
        RelationshipReader::new(self.clone(), filter, after.as_ref())
            .ok_or(ReadRelationshipsError::InvalidPosition)
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

/// What relationships are sorted by.
pub(super) fn sort_key(relationship: &Relationship) -> [&str; 6] {
    let Relationship { resource, relation, subject, .. } = relationship;
    [
        resource.definition.as_str(),
        resource.id.as_str(),
        relation.as_str(),
        subject.definition().as_str(),
        subject.id(),
        subject.relation().map(RelationName::as_str).unwrap_or_default(),
    ]
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
