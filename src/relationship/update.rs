//! Changes to the set of relationships.

use super::value::Relationship;

/// What an update does with its relationship.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UpdateOperation {
    /// Write it; an error if it is there already.
    Create,
    /// Write it, or overwrite its caveat and expiration if it is there.
    Touch,
    /// Remove it; nothing happens if it is not there.
    Delete,
}

/// One change of a write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelationshipUpdate {
    /// What to do.
    pub operation: UpdateOperation,
    /// The relationship it is done to.
    pub relationship: Relationship,
}
