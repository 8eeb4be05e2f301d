//! Descriptions of sets of relationships, for reads, deletes and preconditions.

use super::name::{DefinitionName, ObjectId, ObjectIdPrefix, RelationName};

/// The relationships that agree with every field that is given; all relationships if none is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
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
}

/// The subjects that agree with every field that is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubjectFilter {
    /// The subject's type.
    pub definition: DefinitionName,
    /// The subject's id.
    pub id: Option<SubjectIdFilter>,
    /// The subject's relation.
    pub relation: SubjectRelationFilter,
}

/// Which subject ids match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SubjectIdFilter {
    /// This object's id only.
    Object(ObjectId),
    /// The wildcard `*` only.
    Wildcard,
}

/// Which subject relations match.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
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
