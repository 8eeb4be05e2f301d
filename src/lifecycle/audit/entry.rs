//! What is told of a write, and of a decision.

use std::fmt;

use crate::relationship::{Relationship, Revision};

/// Who asked: of a principal, what tells it from others, and nothing else of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Who {
    /// The profile's kind of principal, such as `user`.
    pub kind: String,
    /// Its id.
    pub id: String,
    /// The account in which it acts.
    pub account: String,
}

/// What was to be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// A resource, with its owner and parent.
    Register,
    /// The end of a resource.
    Deregister,
    /// A role of a principal on a resource.
    Grant,
    /// The end of that.
    Revoke,
    /// The removal of a resource that its application no longer has.
    Reconcile,
    /// A resource that was there before the graph.
    Backfill,
}

impl Verb {
    /// Its name in the log.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Register => "register",
            Self::Deregister => "deregister",
            Self::Grant => "grant",
            Self::Revoke => "revoke",
            Self::Reconcile => "reconcile",
            Self::Backfill => "backfill",
        }
    }
}

/// What came of a write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It was made, and is durable.
    Applied,
    /// Everything was as it should be already.
    Unchanged,
    /// Nothing was written.
    Refused {
        /// Why not.
        reason: String,
    },
}

/// A write that was made, or refused.
#[derive(Debug, Clone)]
pub struct WriteEntry {
    /// What was to be written.
    pub verb: Verb,
    /// Who asked.
    pub principal: Who,
    /// The resource, type and selector as the application names them, `agent:planner`.
    pub resource: String,
    /// The relationships that it replaced or removed, or the first of them: of many, [`super::RELATIONSHIPS_MAX`] are
    /// shown, with their number.
    pub before: Vec<Relationship>,
    /// How many those were, where not all are given.
    pub before_count: u64,
    /// The relationships that there are instead; shown as many.
    pub after: Vec<Relationship>,
    /// The revision of the write; none if nothing was written.
    pub revision: Option<Revision>,
    /// What came of it.
    pub outcome: Outcome,
}

/// An answer to a check.
pub struct DecisionEntry {
    /// Who asked.
    pub principal: Who,
    /// The resource, type and selector as the application names them.
    pub resource: String,
    /// The operation, such as `read`.
    pub operation: String,
    /// Whether it was allowed.
    pub is_allowed: bool,
    /// Why, such as `permission` or `unregistered`.
    pub reason: String,
    /// The revision at which it was decided.
    pub revision: Revision,
    /// Finds the relationships that decided: called later, on the log's thread, so it may take its time.
    pub explain: Box<dyn FnOnce() -> Vec<Relationship> + Send>,
}

impl fmt::Debug for DecisionEntry {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("DecisionEntry")
            .field("principal", &self.principal)
            .field("resource", &self.resource)
            .field("operation", &self.operation)
            .field("is_allowed", &self.is_allowed)
            .finish_non_exhaustive()
    }
}
