//! How many relationships of each kind live after all that is written, for schema changes to ask.

use dashmap::DashMap;

use super::key::{Edge, RelationKey};
use super::terms::TermsKind;

/// A kind of relationship, as far as a schema tells them apart.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct EdgeKind {
    /// The resource's relation.
    pub relation: RelationKey,
    /// The subject's type and form.
    pub subject_relation: RelationKey,
    /// Its caveat, and whether it expires.
    pub terms: TermsKind,
}

/// Live relationships by kind, those included that have expired and are still in the index.
#[derive(Debug, Default)]
pub(super) struct Counts {
    live: DashMap<EdgeKind, u64, foldhash::fast::RandomState>,
}

impl EdgeKind {
    /// The kind of an edge.
    pub fn of(edge: Edge, terms: TermsKind) -> Self {
        Self { relation: edge.relation, subject_relation: edge.subject_relation, terms }
    }
}

impl Counts {
    pub(super) fn add(&self, kind: EdgeKind) {
        *self.live.entry(kind).or_insert(0) += 1;
    }

    /// Adds many.
    pub(super) fn add_all(&self, kinds: impl IntoIterator<Item = (EdgeKind, u64)>) {
        for (kind, count) in kinds {
            *self.live.entry(kind).or_insert(0) += count;
        }
    }

    pub(super) fn remove(&self, kind: &EdgeKind) {
        if let Some(mut count) = self.live.get_mut(kind) {
            *count = count.saturating_sub(1);
        }
    }

    /// How many there are of all kinds.
    pub(super) fn total(&self) -> u64 {
        self.live.iter().map(|entry| *entry.value()).sum()
    }

    /// Every kind that has at least one live relationship.
    pub(super) fn kinds(&self) -> Vec<EdgeKind> {
        self.live.iter().filter(|entry| *entry.value() > 0).map(|entry| entry.key().clone()).collect()
    }
}
