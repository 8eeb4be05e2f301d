//! Descriptions of sets of relationships, for reads, deletes and preconditions.

use serde::{Deserialize, Serialize};

use super::name::{DefinitionName, ObjectId, ObjectIdPrefix, RelationName};
use super::object::Subject;
use super::value::RelationshipKey;

/// The relationships that agree with every field that is given; all relationships if none is.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RelationshipFilter {
    /// The resource's type.
    pub resource_definition: Option<DefinitionName>,
    /// The resource's id.
    pub resource_id: Option<ObjectId>,
    /// What the resource's id begins with.
    pub resource_id_prefix: Option<ObjectIdPrefix>,
    /// The relation.
    pub relation: Option<RelationName>,
    /// The subject.
    pub subject: Option<SubjectFilter>,
}

impl RelationshipFilter {
    /// Whether no field is given, so that every relationship matches.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether a relationship is one of those.
    pub fn matches(&self, (resource, relation, subject): RelationshipKey<'_>) -> bool {
        let Self {
            resource_definition,
            resource_id,
            resource_id_prefix,
            relation: of_relation,
            subject: of_subject,
        } = self;
        resource_definition.as_ref().is_none_or(|definition| *definition == resource.definition)
            && resource_id.as_ref().is_none_or(|id| *id == resource.id)
            && resource_id_prefix
                .as_ref()
                .is_none_or(|prefix| resource.id.as_str().starts_with(prefix.as_str()))
            && of_relation.as_ref().is_none_or(|of_relation| of_relation == relation)
            && of_subject.as_ref().is_none_or(|of_subject| of_subject.matches(subject))
    }
}

/// The subjects that agree with every field that is given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubjectFilter {
    /// The subject's type.
    pub definition: DefinitionName,
    /// The subject's id.
    pub id: Option<SubjectIdFilter>,
    /// The subject's relation.
    pub relation: SubjectRelationFilter,
}

impl SubjectFilter {
    /// Whether a subject is one of those.
    pub fn matches(&self, subject: &Subject) -> bool {
        let is_of_id = |id: &SubjectIdFilter| match (id, subject) {
            (SubjectIdFilter::Object(id), Subject::Object(object) | Subject::Userset(object, _)) => {
                *id == object.id
            }
            (SubjectIdFilter::Wildcard, Subject::Wildcard(_)) => true,
            _ => false,
        };
        let is_of_relation = match &self.relation {
            SubjectRelationFilter::Any => true,
            SubjectRelationFilter::Ellipsis => subject.relation().is_none(),
            SubjectRelationFilter::Named(relation) => subject.relation() == Some(relation),
        };
        self.definition == *subject.definition() && is_of_relation && self.id.as_ref().is_none_or(is_of_id)
    }
}

/// Which subject ids match.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum SubjectIdFilter {
    /// This object's id only.
    Object(ObjectId),
    /// The wildcard `*` only.
    Wildcard,
}

/// Which subject relations match.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum SubjectRelationFilter {
    /// Any relation, or none.
    #[default]
    Any,
    /// Subjects without a relation only.
    Ellipsis,
    /// Usersets with this relation only.
    Named(RelationName),
}

/// Whether a precondition asks for a match or forbids one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PreconditionOperation {
    /// At least one relationship must match.
    MustMatch,
    /// No relationship may match.
    MustNotMatch,
}

/// A condition on the state before a write; if it does not hold, nothing is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Precondition {
    /// Whether a match is asked for or forbidden.
    pub operation: PreconditionOperation,
    /// What is looked for.
    pub filter: RelationshipFilter,
}
