//! What the journal holds.

use serde::{Deserialize, Serialize};

use crate::relationship::{Object, RelationName, Relationship, Revision, Subject, Timestamp};

/// Everything that happened at one revision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transaction {
    /// Its place in the order.
    pub revision: Revision,
    /// When it was committed, by the clock of the node that did.
    pub committed_at: Timestamp,
    /// The text of the schema that replaced the one before, if one did.
    pub schema: Option<String>,
    /// What happened to relationships, each key at most once.
    pub changes: Vec<RelationshipChange>,
    /// What the writer attached, a JSON object as text.
    pub metadata_json: Option<String>,
}

/// What happened to one relationship.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum RelationshipChange {
    /// It is there from now on, with this caveat and expiration.
    Touch(Relationship),
    /// It is gone.
    Delete {
        /// Its resource.
        resource: Object,
        /// Its relation.
        relation: RelationName,
        /// Its subject.
        subject: Subject,
    },
}
