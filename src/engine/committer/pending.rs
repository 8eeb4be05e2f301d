//! The state that the next write meets: all that was accepted before it, durable or not.

use std::sync::Arc;

use crate::engine::counters::Counters;
use crate::engine::epoch::Epoch;
use crate::engine::error::Unwritable;
use crate::engine::state::{Head, State};
use crate::evaluate::Program;
use crate::index::{Edge, EdgeNames, Snapshot, Terms};
use crate::journal::{CounterChange, RelationshipChange, StagedChanges, Transaction};
use crate::relationship::{Relationship, Revision, Timestamp};

use super::group::Group;

/// The state that the next write meets, and the group that it will be part of.
#[derive(Debug)]
pub(in crate::engine) struct Pending {
    state: Arc<State>,
    program: Option<Arc<Program>>,
    /// The time of the write that is being prepared: what had expired by then is absent.
    now: Timestamp,
    pub(super) group: Group,
}

/// What happens at one revision.
#[derive(Debug, Default)]
struct Content {
    schema: Option<String>,
    changes: Vec<RelationshipChange>,
    metadata_json: Option<String>,
    counter: Option<CounterChange>,
}

impl Pending {
    pub(super) fn new(state: Arc<State>) -> Self {
        let head = Head::clone(&state.head());
        let program = head.schemas.program_at(head.revision, state.index.relation_names());
        let now = state.time.now();
        Self { state, program, now, group: Group::on(head) }
    }

    /// The next head is of this epoch, and so are all that follow.
    pub(super) fn set_epoch(&mut self, epoch: Arc<Epoch>) {
        self.group.head.epoch = epoch;
    }

    /// Hands out the group, and begins the next one on top of it.
    pub(super) fn take_group(&mut self) -> Group {
        let next = Group::on(self.group.head.clone());
        std::mem::replace(&mut self.group, next)
    }

    /// The graph with everything that was accepted.
    pub(in crate::engine) fn snapshot(&self) -> Snapshot<'_> {
        self.state.index.snapshot(self.group.head.revision, self.now)
    }

    /// The time of the write.
    pub(in crate::engine) fn now(&self) -> Timestamp {
        self.now
    }

    /// Begins the next write.
    pub(super) fn set_now(&mut self) {
        self.now = self.state.time.now();
    }

    /// The schema that was accepted last.
    pub(in crate::engine) fn program(&self) -> Option<&Arc<Program>> {
        self.program.as_ref()
    }

    /// What is shared with readers.
    pub(in crate::engine) fn state(&self) -> &State {
        &self.state
    }

    /// The revision of the next write.
    pub(in crate::engine) fn next_revision(&self) -> Revision {
        self.group.head.revision.next()
    }

    /// The numbers of a relationship's parts, new ones where need be.
    pub(in crate::engine) fn intern(&self, relationship: &Relationship) -> Result<Edge, Unwritable> {
        let Relationship { resource, relation, subject, .. } = relationship;
        self.state.index.intern(resource, relation, subject).map_err(|_| Unwritable::Full)
    }

    /// Applies a relationship at the next revision. Whether it was not there, or on other terms.
    pub(in crate::engine) fn touch(&mut self, edge: Edge, relationship: &Relationship) -> bool {
        let (revision, terms) = (self.next_revision(), Terms::of(relationship));
        self.state.index.touch(edge, terms, revision, self.now, &mut self.group.changes)
    }

    /// The numbers of names that stand on their own, new ones where need be.
    pub(in crate::engine) fn intern_names(&self, names: &EdgeNames<'_>) -> Result<Edge, Unwritable> {
        self.state.index.intern_names(names).map_err(|_| Unwritable::Full)
    }

    /// Applies a relationship at the next revision, unless it is there. Whether it was not.
    pub(in crate::engine) fn create(&mut self, edge: Edge, terms: Terms) -> bool {
        let revision = self.next_revision();
        self.state.index.create(edge, terms, revision, self.now, &mut self.group.changes)
    }

    /// Applies what is given at the next revision, or nothing of it.
    pub(in crate::engine) fn apply_or_take_back<T, E>(
        &mut self,
        changes_expected: usize,
        apply: impl FnOnce(&mut Self) -> Result<T, E>,
    ) -> Result<T, E> {
        let changes_before = self.group.changes.len();
        self.group.changes.reserve_exact(changes_expected);
        let applied = apply(self);
        if applied.is_err() {
            self.abandon(changes_before);
            self.group.changes.shrink_to_fit();
        }
        applied
    }

    /// Applies the deletion of a relationship at the next revision. Whether it was there.
    pub(in crate::engine) fn delete(&mut self, edge: Edge) -> bool {
        let change = self.state.index.delete(edge, self.next_revision(), self.now);
        self.group.changes.extend(change);
        change.is_some()
    }

    /// Makes what was applied since the last call the next revision.
    pub(in crate::engine) fn commit(
        &mut self,
        changes: Vec<RelationshipChange>,
        metadata_json: Option<String>,
    ) -> Revision {
        self.push(Content { changes, metadata_json, ..Content::default() })
    }

    /// Makes what was applied since the last call the next revision, with staged changes, in a group of its own.
    pub(in crate::engine) fn commit_staged(&mut self, staged: StagedChanges) -> Revision {
        debug_assert!(self.group.transactions.is_empty(), "the group is not its own");
        self.group.staged = Some(Arc::new(staged));
        self.push(Content::default())
    }

    /// Makes a schema the next revision.
    pub(in crate::engine) fn commit_schema(&mut self, text: &Arc<str>, program: Arc<Program>) -> Revision {
        let revision = self.next_revision();
        let schemas = self.group.head.schemas.with(revision, Arc::clone(text), Some(Arc::clone(&program)));
        self.group.head.schemas = Arc::new(schemas);
        self.program = Some(program);
        self.push(Content { schema: Some(text.to_string()), ..Content::default() })
    }

    /// The counters that are registered.
    pub(in crate::engine) fn counters(&self) -> &Counters {
        &self.group.head.counters
    }

    /// Makes a change of a counter the next revision.
    pub(in crate::engine) fn commit_counter(&mut self, change: CounterChange) -> Revision {
        Arc::make_mut(&mut self.group.head.counters).apply(&change);
        self.push(Content { counter: Some(change), ..Content::default() })
    }

    /// Takes back what was applied at the next revision, which is not to be.
    pub(super) fn abandon(&mut self, changes_before: usize) {
        for change in self.group.changes.drain(changes_before..).rev() {
            self.state.index.take_back(change);
        }
    }

    fn push(&mut self, content: Content) -> Revision {
        let Content { schema, changes, metadata_json, counter } = content;
        let revision = self.next_revision();
        self.group.head.revision = revision;
        self.group.transactions.push(Transaction {
            revision,
            committed_at: self.now,
            schema,
            changes,
            metadata_json,
            counter,
        });
        revision
    }
}
