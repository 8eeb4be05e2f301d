//! What readers and the committer share.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use arc_swap::ArcSwap;

use crate::evaluate::Program;
use crate::index::{Index, RelationNames};
use crate::journal::{Journal, JournalIdentity, Transaction};
use crate::relationship::{Revision, Timestamp};
use crate::schema::{CompileOptions, Schema};

use super::clock::Time;
use super::counters::Counters;
use super::epoch::Epoch;
use super::error::ConsistencyError;
use super::measures::Measures;
use super::memory::Memory;
use super::name_table::NameTable;
use super::options::EngineOptions;
use super::watch::Feed;
use super::window::{SavedWindow, Window};

/// How long a view keeps the time at which it was taken.
const VIEW_SECONDS_MAX: i64 = 30;
/// How long a relationship must have been absent before it leaves the index: longer than a view keeps its time, and a
/// check begun at the end of that lasts, so that no check meets it on one path and not on another.
pub(super) const EXPIRED_FOR_SECONDS_MIN: i64 = 2 * VIEW_SECONDS_MAX;

/// Everything that outlives a request.
#[derive(Debug)]
pub(super) struct State {
    pub(super) identity: JournalIdentity,
    pub(super) index: Index,
    pub(super) options: EngineOptions,
    pub(super) time: Time,
    pub(super) memory: Memory,
    pub(super) feed: Feed,
    pub(super) measures: Measures,
    window: Window,
    /// Where imports are staged.
    pub(super) staging_directory: PathBuf,
    /// Imports that are on their way.
    pub(super) imports: Arc<AtomicUsize>,
    head: ArcSwap<Head>,
    names: ArcSwap<NameTable>,
    is_writable: AtomicBool,
}

/// The newest durable state.
#[derive(Debug, Clone)]
pub(super) struct Head {
    pub(super) revision: Revision,
    pub(super) schemas: Arc<Schemas>,
    pub(super) counters: Arc<Counters>,
    /// What a view holds it by, and with it the numbers that it may know and the revisions that it may be at.
    pub(super) epoch: Arc<Epoch>,
}

impl Head {
    /// Refuses a revision that is not there yet.
    pub(super) fn check_reached(&self, revision: Revision) -> Result<(), ConsistencyError> {
        let head = self.revision;
        if revision <= head { Ok(()) } else { Err(ConsistencyError::Future { revision, head }) }
    }
}

/// Every schema that there has been, each from its revision on, oldest first.
#[derive(Debug, Clone, Default)]
pub(super) struct Schemas {
    versions: Vec<Arc<SchemaVersion>>,
}

/// One schema.
#[derive(Debug)]
struct SchemaVersion {
    from: Revision,
    text: Arc<str>,
    /// Compiled when it is first needed: after a restart, old ones may never be.
    program: OnceLock<Option<Arc<Program>>>,
}

impl State {
    pub(super) fn new(
        journal: &dyn Journal,
        index: Index,
        options: EngineOptions,
        head: Head,
        window: Window,
    ) -> Self {
        let time = Time::new(Arc::clone(&options.clock));
        let memory = Memory::new(options.memory_bytes_max);
        Self {
            identity: journal.identity(),
            index,
            options,
            time,
            memory,
            feed: Feed::new(head.revision),
            measures: Measures::default(),
            window,
            staging_directory: journal.staging_directory(),
            imports: Arc::default(),
            head: ArcSwap::from_pointee(head),
            names: ArcSwap::default(),
            is_writable: AtomicBool::new(true),
        }
    }

    /// Refuses a revision that is not there yet, or no longer kept.
    pub(super) fn check_kept(&self, revision: Revision, head: &Head) -> Result<(), ConsistencyError> {
        head.check_reached(revision)?;
        if revision == head.revision {
            return Ok(());
        }
        let oldest = self.window.oldest(self.time.now());
        if revision >= oldest { Ok(()) } else { Err(ConsistencyError::Expired { revision, oldest }) }
    }

    /// The oldest revision that a view which is taken now may be at.
    pub(super) fn oldest_readable(&self) -> Revision {
        self.window.oldest(self.time.now()).min(self.head().revision)
    }

    /// What is known of when revisions up to one were committed.
    pub(super) fn saved_window(&self, revision: Revision) -> SavedWindow {
        self.window.saved(revision)
    }

    /// When a revision was committed, at the latest; nothing if it has not been.
    pub(super) fn committed_by(&self, revision: Revision) -> Option<Timestamp> {
        self.window.committed_by(revision)
    }

    /// The time that a snapshot is to be taken at. Where nothing expires, all times are alike, and the clock is not
    /// looked at.
    pub(super) fn snapshot_time(&self) -> Timestamp {
        if self.index.is_time_relevant() { self.time.now() } else { Timestamp::MIN }
    }

    /// The time for a snapshot of a view that was taken at a time. What has expired leaves the index a while after, so a
    /// view cannot stay behind for longer than that.
    pub(super) fn snapshot_time_since(&self, taken_at: Timestamp) -> Timestamp {
        if !self.index.is_time_relevant() {
            return taken_at;
        }
        let mut earliest = self.time.now();
        earliest.seconds = earliest.seconds.saturating_sub(VIEW_SECONDS_MAX);
        taken_at.max(earliest)
    }

    /// All names that relationships may have which can be seen now.
    pub(super) fn names(&self) -> Arc<NameTable> {
        let known = self.names.load_full();
        if known.is_complete(self.index.relation_names()) {
            return known;
        }
        let names = Arc::new(NameTable::of(self.index.relation_names()));
        self.names.store(Arc::clone(&names));
        names
    }

    /// The newest durable state.
    pub(super) fn head(&self) -> Arc<Head> {
        self.head.load_full()
    }

    /// Lets readers see a state that has become durable, and watchers what led to it.
    ///
    /// The transactions that led to it are complete, or else their changes are only in the journal.
    pub(super) fn publish(&self, head: Head, transactions: Vec<Transaction>, are_complete: bool) {
        let revision = head.revision;
        for transaction in &transactions {
            self.window.record(transaction.committed_at, transaction.revision);
        }
        // Before the head: whoever sees the head finds them.
        self.feed.keep(if are_complete { transactions } else { Vec::new() });
        self.head.store(Arc::new(head));
        self.feed.announce(revision);
    }

    /// The head is of another epoch from now on. Nobody may publish meanwhile.
    pub(super) fn begin_epoch(&self, epoch: &Arc<Epoch>) {
        let head = Head { epoch: Arc::clone(epoch), ..Head::clone(&self.head()) };
        self.head.store(Arc::new(head));
    }

    pub(super) fn is_writable(&self) -> bool {
        self.is_writable.load(Ordering::Relaxed)
    }

    pub(super) fn set_writable(&self, is_writable: bool) {
        self.is_writable.store(is_writable, Ordering::Relaxed);
    }
}

impl Schemas {
    /// The same with one more, from a revision on.
    pub(super) fn with(&self, from: Revision, text: Arc<str>, program: Option<Arc<Program>>) -> Self {
        let program = program.map(|program| OnceLock::from(Some(program))).unwrap_or_default();
        let mut versions = self.versions.clone();
        versions.push(Arc::new(SchemaVersion { from, text, program }));
        Self { versions }
    }

    /// The schema at a revision, and those after it, each with the revision that it is in force from.
    pub(super) fn since(&self, revision: Revision) -> Vec<(Revision, String)> {
        let after = self.versions.partition_point(|version| version.from <= revision);
        let kept = &self.versions[after.saturating_sub(1)..];
        kept.iter().map(|version| (version.from, version.text.to_string())).collect()
    }

    /// The text of the schema at a revision.
    pub(super) fn text_at(&self, revision: Revision) -> Option<&Arc<str>> {
        self.version_at(revision).map(|version| &version.text)
    }

    /// The schema at a revision, ready to run; `None` before the first, or if this version of the program cannot
    /// read what an older one wrote.
    pub(super) fn program_at(&self, revision: Revision, names: &RelationNames) -> Option<Arc<Program>> {
        let version = self.version_at(revision)?;
        let compile = || match Schema::compile(&version.text, &CompileOptions::default()) {
            Ok(schema) => Some(Arc::new(Program::new(&Arc::new(schema), names))),
            Err(error) => {
                tracing::error!(revision = version.from.0, %error, "the stored schema no longer compiles");
                None
            }
        };
        version.program.get_or_init(compile).clone()
    }

    fn version_at(&self, revision: Revision) -> Option<&Arc<SchemaVersion>> {
        let after = self.versions.partition_point(|version| version.from <= revision);
        self.versions[..after].last()
    }
}
