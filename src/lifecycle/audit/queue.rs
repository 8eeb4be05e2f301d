//! What waits for its line: bounded in number and in bytes, with room for writes that decisions cannot take.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, SyncSender};

use parking_lot::RwLock;

use crate::relationship::Timestamp;

use super::entry::DecisionEntry;
use super::line::WaitingWrite;

/// Entries that wait, at most.
pub(super) const WAITING_MAX: usize = 8_192;
/// The same for decisions, which are samples: they leave the other half to writes, which are not.
pub(super) const WAITING_DECISIONS_MAX: usize = WAITING_MAX / 2;
/// Bytes of all entries that wait, about, at most.
pub(super) const WAITING_BYTES_MAX: usize = 64 << 20;
/// What an entry takes beside its names and relationships: for a decision, the question and its view.
const ENTRY_BYTES: usize = 1_024;

/// An entry, when it was made, and about the memory that it takes.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) time: Timestamp,
    pub(super) bytes: usize,
    pub(super) what: What,
}

#[derive(Debug)]
pub(super) enum What {
    Write(WaitingWrite),
    Decision(DecisionEntry),
}

/// The entries' way to the thread.
#[derive(Debug)]
pub(super) struct Queue {
    /// None once the log is closed.
    sender: RwLock<Option<SyncSender<Waiting>>>,
    waiting: AtomicUsize,
    waiting_bytes: AtomicUsize,
    pub(super) dropped: Dropped,
}

/// Entries that have no line, and that no line has told of yet.
#[derive(Debug, Default)]
pub(super) struct Dropped {
    writes: AtomicU64,
    decisions: AtomicU64,
    total: AtomicU64,
}

impl Queue {
    pub(super) fn new() -> (Self, Receiver<Waiting>) {
        let (sender, receiver) = mpsc::sync_channel(WAITING_MAX);
        let queue = Self {
            sender: RwLock::new(Some(sender)),
            waiting: AtomicUsize::new(0),
            waiting_bytes: AtomicUsize::new(0),
            dropped: Dropped::default(),
        };
        (queue, receiver)
    }

    /// Queues an entry, or counts it as dropped. Never waits.
    pub(super) fn push(&self, time: Timestamp, what: What) {
        let is_write = matches!(what, What::Write(_));
        let bytes = bytes_of(&what);
        if self.try_push(Waiting { time, bytes, what }).is_none() {
            self.dropped.add(u64::from(is_write), u64::from(!is_write));
        }
    }

    /// To be called for each entry that has left the queue.
    pub(super) fn forget(&self, bytes: usize) {
        self.waiting.fetch_sub(1, Ordering::Relaxed);
        self.waiting_bytes.fetch_sub(bytes, Ordering::Relaxed);
    }

    /// Takes no more entries. Those that wait are still handed out.
    pub(super) fn close(&self) {
        self.sender.write().take();
    }

    fn try_push(&self, waiting: Waiting) -> Option<()> {
        let bytes = waiting.bytes;
        let count_max = match &waiting.what {
            What::Write(_) => WAITING_MAX,
            What::Decision(_) => WAITING_DECISIONS_MAX,
        };
        let sender = self.sender.read();
        let sender = sender.as_ref()?;
        // Reserved first, so that all who push at once keep to the bounds together.
        let count_before = self.waiting.fetch_add(1, Ordering::Relaxed);
        let bytes_before = self.waiting_bytes.fetch_add(bytes, Ordering::Relaxed);
        let has_room = count_before < count_max && bytes_before.saturating_add(bytes) <= WAITING_BYTES_MAX;
        if has_room && sender.try_send(waiting).is_ok() {
            return Some(());
        }
        self.forget(bytes);
        None
    }
}

impl Dropped {
    pub(super) fn add(&self, writes: u64, decisions: u64) {
        self.writes.fetch_add(writes, Ordering::Relaxed);
        self.decisions.fetch_add(decisions, Ordering::Relaxed);
        self.total.fetch_add(writes + decisions, Ordering::Relaxed);
    }

    /// What no line has told of: writes and decisions. Whoever takes them tells, or puts them back.
    pub(super) fn take(&self) -> (u64, u64) {
        (self.writes.swap(0, Ordering::Relaxed), self.decisions.swap(0, Ordering::Relaxed))
    }

    pub(super) fn put_back(&self, (writes, decisions): (u64, u64)) {
        self.writes.fetch_add(writes, Ordering::Relaxed);
        self.decisions.fetch_add(decisions, Ordering::Relaxed);
    }

    /// All entries that were dropped, told or not.
    pub(super) fn total(&self) -> u64 {
        self.total.load(Ordering::Relaxed)
    }
}

fn bytes_of(what: &What) -> usize {
    let (who, resource, others) = match what {
        What::Write(WaitingWrite { entry, before, after }) => {
            (&entry.principal, &entry.resource, before.bytes() + after.bytes())
        }
        What::Decision(entry) => {
            (&entry.principal, &entry.resource, entry.operation.len() + entry.reason.len())
        }
    };
    ENTRY_BYTES + who.kind.len() + who.id.len() + who.account.len() + resource.len() + others
}
