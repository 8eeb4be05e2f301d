//! Opening, asking and closing.

use std::path::Path;
use std::sync::Arc;

use crate::index::Index;
use crate::journal::{CheckpointError, Journal, JournalSize, MemoryJournal, SledJournal};
use crate::relationship::Revision;

use super::checkpoint::Keeper;
use super::committer::{Committer, Write};
use super::error::{ConsistencyError, CursorError, OpenError, Unwritable};
use super::options::EngineOptions;
use super::replay::{Replayed, replay};
use super::state::{Head, State};
use super::token::{Consistency, ZedToken};
use super::view::View;

/// A relationship graph: durable, in order, and ready to be asked.
///
/// All methods may be called from many threads at once. Dropping the engine makes durable what was accepted and
/// releases its directory.
#[derive(Debug)]
pub struct Engine {
    // Before the state: the threads end first.
    keeper: Keeper,
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
        let Replayed { head, schemas, counters, window } = replay(&*journal, &index, &options)?;
        if schemas.text_at(head).is_some() && schemas.program_at(head, index.relation_names()).is_none() {
            let problem = "its schema does not compile".to_owned();
            return Err(OpenError::Replay { revision: head, problem });
        }
        let (schemas, counters) = (Arc::new(schemas), Arc::new(counters));
        let head = Head { revision: head, schemas, counters, epoch: Arc::default() };
        let state = Arc::new(State::new(&*journal, index, options, head, window));
        let committer = Committer::start(&state, Arc::clone(&journal)).map_err(OpenError::Thread)?;
        let keeper = Keeper::start(&state, &journal).map_err(OpenError::Thread)?;
        Ok(Self { keeper, committer, state, journal })
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

    /// Writes a checkpoint of the newest state now, so that the next start need not read what was written before. They are
    /// written from time to time anyway. Its revision.
    pub fn write_checkpoint(&self) -> Result<Revision, CheckpointError> {
        self.keeper.write()
    }

    /// What the journal holds, in bytes.
    pub fn journal_size(&self) -> JournalSize {
        self.journal.size()
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
        self.keeper.stop();
        self.state.feed.close();
    }

    /// Writes that wait for their turn, and how many may.
    pub(super) fn queued_writes(&self) -> (usize, usize) {
        self.committer.queued()
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
