//! What an engine has in hand at a moment, for whoever looks after it.

use std::sync::atomic::Ordering;
use std::time::Duration;

use crate::index::IndexMemory;
use crate::journal::JournalSize;
use crate::measure::Histogram;
use crate::relationship::Revision;
use crate::schema::NodeKind;

use super::checkpoint;
use super::handle::Engine;
use super::measures::Measures;

/// An engine at a moment. The parts are read one after another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vitals {
    /// The newest durable revision.
    pub head: Revision,
    /// The oldest revision that can be asked for.
    pub oldest: Revision,
    /// Relationships, those included that have expired and are still in memory.
    pub relationships: u64,
    /// Objects that relationships have.
    pub objects: usize,
    /// Relationships that expire.
    pub expiring: usize,
    /// Lives of relationships that have ended and are in memory for older revisions.
    pub ended: usize,
    /// What the newest schema declares.
    pub schema: SchemaSize,
    /// Counters that are registered.
    pub counters: usize,
    /// About what the parts of the index take.
    pub memory: IndexMemory,
    /// Bytes of resident memory beyond which no relationship is added; nothing for no bound.
    pub memory_bytes_max: Option<u64>,
    /// Writes that wait for their turn.
    pub queued_writes: usize,
    /// How many may wait; more wait for a place.
    pub queued_writes_max: usize,
    /// Imports that are on their way.
    pub imports: usize,
    /// Watchers.
    pub watchers: usize,
    /// Revisions that the watcher which is furthest behind has yet to be told of.
    pub watch_lag: u64,
    /// Bytes of the latest transactions that watchers share.
    pub watch_recent_bytes: usize,
    /// What the journal holds.
    pub journal: JournalSize,
    /// Bytes of transactions after the checkpoint that make another one due.
    pub checkpoint_due_bytes: u64,
    /// How old the state is that the last checkpoint has, at the least; nothing if there is none, or if that is not known.
    pub checkpoint_age: Option<Duration>,
    /// Whether the last write could be made durable.
    pub is_writable: bool,
}

/// What a schema declares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SchemaSize {
    /// Definitions.
    pub definitions: usize,
    /// Relations of all of them.
    pub relations: usize,
    /// Permissions of all of them.
    pub permissions: usize,
    /// Caveats.
    pub caveats: usize,
}

impl Engine {
    /// What it counts of its own work.
    pub fn measures(&self) -> &Measures {
        &self.state.measures
    }

    /// How long the disk has taken, each time, to make writes durable, in nanoseconds; nothing in a journal that does not.
    pub fn journal_syncs(&self) -> Option<&Histogram> {
        self.journal.syncs()
    }

    /// What it has in hand. It takes some microseconds, however large the graph.
    pub fn vitals(&self) -> Vitals {
        let state = &*self.state;
        let head = state.head();
        let journal = self.journal.size();
        let (queued_writes, queued_writes_max) = self.queued_writes();
        let positions = state.feed.lowest_position();
        let index = &state.index;
        Vitals {
            head: head.revision,
            oldest: state.oldest_readable(),
            relationships: index.relationship_count(),
            objects: index.object_count(),
            expiring: index.expiring_count(),
            ended: index.ended_count(),
            schema: self.schema_size(),
            counters: head.counters.all().len(),
            memory: index.memory(),
            memory_bytes_max: state.options.memory_bytes_max,
            queued_writes,
            queued_writes_max,
            imports: state.imports.load(Ordering::Relaxed),
            watchers: state.feed.watcher_count(),
            watch_lag: positions.map_or(0, |lowest| head.revision.0.saturating_sub(lowest.0)),
            watch_recent_bytes: state.feed.recent_bytes(),
            journal,
            checkpoint_due_bytes: checkpoint::due_bytes(journal, state.options.checkpoint_after_bytes),
            checkpoint_age: self.checkpoint_age(journal),
            is_writable: state.is_writable(),
        }
    }

    fn schema_size(&self) -> SchemaSize {
        let head = self.state.head();
        let program = head.schemas.program_at(head.revision, self.state.index.relation_names());
        let Some(program) = program else { return SchemaSize::default() };
        let schema = program.schema();
        let is_relation = |kind: &NodeKind| matches!(kind, NodeKind::Relation(_));
        let relations = schema.nodes().iter().filter(|node| is_relation(&node.kind)).count();
        SchemaSize {
            definitions: schema.definitions().len(),
            relations,
            permissions: schema.nodes().len() - relations,
            caveats: schema.caveats().len(),
        }
    }

    /// Since it was written, or else since its revision was committed.
    fn checkpoint_age(&self, journal: JournalSize) -> Option<Duration> {
        self.measures().since_checkpoint().or_else(|| {
            let committed_at = self.state.committed_by(journal.checkpoint?)?;
            let seconds = self.state.time.now().seconds.saturating_sub(committed_at.seconds);
            Some(Duration::from_secs(u64::try_from(seconds).unwrap_or(0)))
        })
    }
}
