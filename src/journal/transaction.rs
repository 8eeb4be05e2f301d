//! What the journal holds.

use serde::{Deserialize, Serialize};

use crate::relationship::{CounterName, Relationship, RelationshipFilter, Revision, Timestamp};

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
    /// What happened to a counter, if anything did.
    pub counter: Option<CounterChange>,
}

/// What happened to one relationship.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum RelationshipChange {
    /// It is there from now on, with this caveat and expiration.
    Touch(Relationship),
    /// It is gone, with the caveat and expiration that it had. Early journals do not say which.
    Delete(Relationship),
}

impl RelationshipChange {
    /// The relationship that it is about.
    pub fn relationship(&self) -> &Relationship {
        let (Self::Touch(relationship) | Self::Delete(relationship)) = self;
        relationship
    }
}

/// What happened to one counter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum CounterChange {
    /// It is there from now on.
    Register {
        /// Its name, which no other counter had.
        name: CounterName,
        /// What it counts.
        filter: RelationshipFilter,
    },
    /// It is gone.
    Unregister {
        /// Its name.
        name: CounterName,
    },
}
