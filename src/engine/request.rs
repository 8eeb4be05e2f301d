//! What is asked of the engine, and what it answers.

use std::sync::Arc;

use crate::caveat::Context as CaveatContext;
use crate::relationship::{Object, Precondition, RelationshipFilter, RelationshipUpdate, Subject};

use super::token::ZedToken;

/// A write of relationships: all of it happens at one revision, or none.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WriteRelationships {
    /// What to change, each relationship at most once.
    pub updates: Vec<RelationshipUpdate>,
    /// What must hold before.
    pub preconditions: Vec<Precondition>,
    /// What to attach to the transaction, a JSON object as text.
    pub metadata_json: Option<String>,
}

/// A delete of every relationship that matches a filter, at one revision.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DeleteRelationships {
    /// What to delete.
    pub filter: RelationshipFilter,
    /// What must hold before.
    pub preconditions: Vec<Precondition>,
    /// How many to delete at the most; 0 for all.
    pub limit: u32,
    /// Whether to delete as many as the limit allows when more match; otherwise that is an error.
    pub is_partial_allowed: bool,
    /// What to attach to the transaction, a JSON object as text.
    pub metadata_json: Option<String>,
}

/// A write that is durable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The state just after the write: reads that are at least as fresh see it.
    pub written_at: ZedToken,
}

/// A delete that is durable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deleted {
    /// The state just after the delete.
    pub deleted_at: ZedToken,
    /// Relationships deleted.
    pub count: u64,
    /// Whether relationships remain that match the filter.
    pub has_more: bool,
}

/// Has the subject this relation or permission on the resource?
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckPermission {
    /// The resource.
    pub resource: Object,
    /// The relation or permission. Not a [`crate::relationship::RelationName`]: what is no name is merely unknown.
    pub permission: String,
    /// The subject; not a wildcard.
    pub subject: Subject,
    /// What caveats are evaluated with, where their relationships do not store it.
    pub context: CaveatContext,
}

impl CheckPermission {
    /// The question without context.
    pub fn new(resource: Object, permission: impl Into<String>, subject: Subject) -> Self {
        Self { resource, permission: permission.into(), subject, context: CaveatContext::default() }
    }
}

/// The answer to a check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Permissionship {
    /// The subject has it.
    HasPermission,
    /// The subject does not have it.
    NoPermission,
    /// It depends on what the context does not say.
    ConditionalPermission {
        /// The parameters of caveats that were not given and that it depends on, sorted, each once.
        missing: Vec<Arc<str>>,
    },
}
