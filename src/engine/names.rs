//! Finding the names of a request in the schema, with a suggestion for those that are nearly right.

use crate::relationship::{Relationship, RelationshipFilter, Subject, SubjectRelationFilter};
use crate::schema::{DefinitionId, NodeId, Schema};

use super::error::UnknownName;

/// How alike two names must be for one to be suggested for the other, by Jaro and Winkler's measure of 0 to 1.
const SIMILARITY_MIN: f64 = 0.85;

/// The definition of a name. Without a schema, none has one.
pub(super) fn find_definition(schema: Option<&Schema>, name: &str) -> Result<DefinitionId, UnknownName> {
    schema.and_then(|schema| schema.find_definition(name)).ok_or_else(|| UnknownName::Definition {
        definition: name.to_owned(),
        suggestion: schema.and_then(|schema| {
            nearest(name, schema.definitions().iter().map(|definition| definition.name.as_str()))
        }),
    })
}

/// What is said of a definition's name where there is no schema.
pub(super) fn no_schema(definition: &str) -> UnknownName {
    UnknownName::Definition { definition: definition.to_owned(), suggestion: None }
}

/// The relation or permission of a name.
pub(super) fn find_node(
    schema: &Schema,
    definition: DefinitionId,
    name: &str,
) -> Result<NodeId, UnknownName> {
    schema.find_node(definition, name).ok_or_else(|| {
        let definition = schema.definition(definition);
        let nodes = definition.nodes.iter().map(|node| schema.node(*node).name.as_str());
        UnknownName::Relation {
            definition: definition.name.clone(),
            relation: name.to_owned(),
            suggestion: nearest(name, nodes),
        }
    })
}

/// Whether every name of a filter is in the schema.
pub(super) fn check_filter(schema: Option<&Schema>, filter: &RelationshipFilter) -> Result<(), UnknownName> {
    if let Some(name) = &filter.resource_definition {
        let definition = find_definition(schema, name.as_str())?;
        if let (Some(schema), Some(relation)) = (schema, &filter.relation) {
            find_node(schema, definition, relation.as_str())?;
        }
    }
    if let Some(subject) = &filter.subject {
        let definition = find_definition(schema, subject.definition.as_str())?;
        if let (Some(schema), SubjectRelationFilter::Named(relation)) = (schema, &subject.relation) {
            find_node(schema, definition, relation.as_str())?;
        }
    }
    Ok(())
}

/// The numbers of a relationship's names.
pub(super) struct RelationshipNames {
    pub(super) node: NodeId,
    pub(super) subject_definition: DefinitionId,
    pub(super) subject_node: Option<NodeId>,
}

/// Finds every name of a relationship in the schema.
pub(super) fn find_relationship(
    schema: Option<&Schema>,
    relationship: &Relationship,
) -> Result<RelationshipNames, UnknownName> {
    let definition = find_definition(schema, relationship.resource.definition.as_str())?;
    let Some(schema) = schema else {
        return Err(no_schema(relationship.resource.definition.as_str()));
    };
    let node = find_node(schema, definition, relationship.relation.as_str())?;
    let (subject_definition, subject_node) = find_subject(schema, &relationship.subject)?;
    Ok(RelationshipNames { node, subject_definition, subject_node })
}

/// Finds the names of a subject in the schema.
pub(super) fn find_subject(
    schema: &Schema,
    subject: &Subject,
) -> Result<(DefinitionId, Option<NodeId>), UnknownName> {
    let definition = find_definition(Some(schema), subject.definition().as_str())?;
    let node =
        subject.relation().map(|relation| find_node(schema, definition, relation.as_str())).transpose()?;
    Ok((definition, node))
}

fn nearest<'name>(name: &str, candidates: impl Iterator<Item = &'name str>) -> Option<String> {
    let scored = candidates.map(|candidate| (strsim::jaro_winkler(name, candidate), candidate));
    let best =
        scored.filter(|(score, _)| *score >= SIMILARITY_MIN).max_by(|one, other| one.0.total_cmp(&other.0));
    best.map(|(_, candidate)| candidate.to_owned())
}
