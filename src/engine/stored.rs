//! Whether one relationship is stored, and since when.

use std::iter;
use std::sync::atomic::AtomicBool;

use crate::index::Edge;
use crate::relationship::{Object, RelationName, Relationship, RelationshipFilter, Subject, Timestamp};

use super::error::ReadRelationshipsError;
use super::view::View;

impl View {
    /// Whether a relationship is stored that holds without condition. Names that nothing has are no error.
    pub fn has_relationship(&self, resource: &Object, relation: &RelationName, subject: &Subject) -> bool {
        let terms = self.edge(resource, relation, subject).and_then(|edge| self.snapshot().terms(edge));
        terms.is_some_and(|terms| terms.condition.is_none())
    }

    /// When a relationship was written, at the latest: within the window that old revisions are kept for to about a
    /// thousandth of it, before that to a thousandth of how long the store is there. Nothing if it is not stored.
    pub fn written_by(
        &self,
        resource: &Object,
        relation: &RelationName,
        subject: &Subject,
    ) -> Option<Timestamp> {
        let edge = self.edge(resource, relation, subject)?;
        let born = self.snapshot().born(edge)?;
        self.state.committed_by(born)
    }

    /// The time of the engine's clock.
    pub fn now(&self) -> Timestamp {
        self.state.time.now()
    }

    /// The first relationships that match a filter, in the order of [`Self::read_relationships`].
    pub fn first_relationships(
        &self,
        filter: &RelationshipFilter,
        count_max: usize,
    ) -> Result<Vec<Relationship>, ReadRelationshipsError> {
        let never = AtomicBool::new(false);
        let mut reader = self.read_relationships(filter, None)?;
        Ok(iter::from_fn(|| reader.next_unless(&never)).take(count_max).collect())
    }

    fn edge(&self, resource: &Object, relation: &RelationName, subject: &Subject) -> Option<Edge> {
        self.state.index.find(resource, relation, subject)
    }
}
