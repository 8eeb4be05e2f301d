//! Opening, asking and closing.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use crate::index::{Index, Terms};
use crate::journal::{Journal, MemoryJournal, RelationshipChange, SledJournal, TransactionPart};
use crate::relationship::{Relationship, Revision, Timestamp};

use super::committer::{Committer, Write};
use super::counters::Counters;
use super::error::{ConsistencyError, CursorError, OpenError, Unwritable};
use super::opening::Opening;
use super::options::EngineOptions;
use super::state::{Head, Schemas, State};
use super::token::{Consistency, ZedToken};
use super::view::View;
use super::window::Window;

/// Changes that are read from the journal between two reports of how far that is.
const REPORT_INTERVAL: u64 = 100_000;

/// A relationship graph: durable, in order, and ready to be asked.
///
/// All methods may be called from many threads at once. Dropping the engine makes durable what was accepted and
/// releases its directory.
#[derive(Debug)]
pub struct Engine {
    // Before the state: the threads end first.
    committer: Committer,
    pub(super) state: Arc<State>,
    /// The committer's threads have it, too; watchers do only while they read.
    pub(super) journal: Arc<dyn Journal>,
}

impl Engine {
    /// Opens the graph in a directory, which is made if it is not there. Only one process can have it open.
    pub fn open(directory: impl AsRef<Path>, options: EngineOptions) -> Result<Self, OpenError> {
        Self::with_journal(Arc::new(SledJournal::open(directory.as_ref())?), options)
    }

    /// Opens an empty graph that ends with the process.
    pub fn in_memory(options: EngineOptions) -> Result<Self, OpenError> {
        Self::with_journal(Arc::new(MemoryJournal::new()), options)
    }

    /// Opens the graph that a journal tells of.
    pub fn with_journal(journal: Arc<dyn Journal>, options: EngineOptions) -> Result<Self, OpenError> {
        let index = Index::default();
        let mut replay = Replay {
            index: &index,
            window: Window::new(options.retention),
            now: options.clock.now(),
            head: Revision::ZERO,
            schemas: Schemas::default(),
            counters: Counters::default(),
            problem: None,
            opening: options.opening.as_deref(),
            unreported: 0,
        };
        journal.read_in_parts(Revision::ZERO.into(), &mut |part| replay.apply(&part))?;
        let Replay { window, head, schemas, counters, problem, .. } = replay;
        if let Some(problem) = problem {
            return Err(OpenError::Replay { revision: head.next(), problem });
        }
        if schemas.text_at(head).is_some() && schemas.program_at(head, index.relation_names()).is_none() {
            let problem = "its schema does not compile".to_owned();
            return Err(OpenError::Replay { revision: head, problem });
        }
        let (schemas, counters) = (Arc::new(schemas), Arc::new(counters));
        let head = Head { revision: head, schemas, counters, epoch: Arc::default() };
        let state = Arc::new(State::new(&*journal, index, options, head, window));
        let committer = Committer::start(&state, Arc::clone(&journal)).map_err(OpenError::Thread)?;
        Ok(Self { committer, state, journal })
    }

    /// The graph in a state that meets a requirement.
    pub fn at(&self, consistency: &Consistency) -> Result<View, ConsistencyError> {
        View::at(&self.state, consistency)
    }

    /// The graph in the state that a cursor's first page was read at, and the position to go on after. `call` is a
    /// digest of the call's arguments, which must be as they were.
    pub fn at_cursor(&self, cursor: &str, call: u64) -> Result<(View, String), CursorError> {
        View::at_cursor(&self.state, cursor, call)
    }

    /// The newest durable revision.
    pub fn head(&self) -> Revision {
        self.state.head().revision
    }

    /// How many relationships there are that expire, with those that have expired and are still in memory.
    pub fn expiring_count(&self) -> usize {
        self.state.index.expiring_count()
    }

    /// How many lives of relationships have ended and are still in memory, for views of older revisions.
    pub fn ended_count(&self) -> usize {
        self.state.index.ended_count()
    }

    /// How many objects there are that relationships have, with those that had some and are still in memory.
    pub fn object_count(&self) -> usize {
        self.state.index.object_count()
    }

    /// How many numbers there are for objects, used or not: what their records take up in memory.
    pub fn object_number_count(&self) -> usize {
        self.state.index.object_number_count()
    }

    /// How many watchers there are.
    pub fn watcher_count(&self) -> usize {
        self.state.feed.watcher_count()
    }

    /// Whether the last write could be made durable.
    pub fn is_writable(&self) -> bool {
        self.state.is_writable()
    }

    /// Makes durable what was accepted, and refuses further writes. Reads go on; watches end once they have told
    /// everything.
    pub fn close(&self) {
        self.committer.stop();
        self.state.feed.close();
    }

    pub(super) async fn submit(&self, write: Box<dyn Write>) -> Result<(), Unwritable> {
        self.committer.submit(write).await
    }

    pub(super) fn token(state: &State, revision: Revision) -> ZedToken {
        ZedToken::new(state.identity, revision)
    }
}

/// Watchers may live longer.
impl Drop for Engine {
    fn drop(&mut self) {
        self.close();
    }
}

/// Builds the index from the journal.
struct Replay<'journal> {
    index: &'journal Index,
    window: Window,
    now: Timestamp,
    head: Revision,
    schemas: Schemas,
    counters: Counters,
    problem: Option<String>,
    opening: Option<&'journal Opening>,
    /// Changes since the last report.
    unreported: u64,
}

impl Replay<'_> {
    fn apply(&mut self, part: &TransactionPart) -> ControlFlow<()> {
        let TransactionPart { transaction, is_last, .. } = part;
        if transaction.revision != self.head.next() {
            self.problem = Some(format!("it is followed by revision {}", transaction.revision));
            return ControlFlow::Break(());
        }
        for change in &transaction.changes {
            if self.apply_change(transaction.revision, change).is_err() {
                self.problem = Some(Unwritable::Full.to_string());
                return ControlFlow::Break(());
            }
            self.report();
        }
        if !is_last {
            return ControlFlow::Continue(());
        }
        if let Some(text) = &transaction.schema {
            self.schemas = self.schemas.with(transaction.revision, Arc::from(text.as_str()), None);
        }
        if let Some(change) = &transaction.counter {
            self.counters.apply(change);
        }
        // What a wrong clock dated ahead would be kept until then.
        self.window.record(transaction.committed_at.min(self.now), transaction.revision);
        self.head = transaction.revision;
        ControlFlow::Continue(())
    }

    /// Tells of a change that was applied, together with others.
    fn report(&mut self) {
        self.unreported += 1;
        if self.unreported == REPORT_INTERVAL {
            if let Some(opening) = self.opening {
                opening.add(REPORT_INTERVAL);
            }
            self.unreported = 0;
        }
    }

    fn apply_change(
        &self,
        revision: Revision,
        change: &RelationshipChange,
    ) -> Result<(), crate::index::IndexFull> {
        match change {
            RelationshipChange::Touch(relationship) => {
                let edge = self.index.intern(
                    &relationship.resource,
                    &relationship.relation,
                    &relationship.subject,
                )?;
                // The journal decides what was there, not the clock: nothing counts as expired.
                self.index.touch(edge, Terms::of(relationship), revision, Timestamp::MIN, &mut Vec::new());
            }
            RelationshipChange::Delete(Relationship { resource, relation, subject, .. }) => {
                if let Some(edge) = self.index.find(resource, relation, subject) {
                    self.index.delete(edge, revision, Timestamp::MIN);
                }
            }
        }
        Ok(())
    }
}
