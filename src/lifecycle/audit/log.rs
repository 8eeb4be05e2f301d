//! The log, as whoever answers sees it.

use std::sync::Arc;
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

use parking_lot::Mutex;

use crate::engine::Clock;

use super::entry::{DecisionEntry, Outcome, Who, WriteEntry};
use super::error::AuditError;
use super::file::RotatingFile;
use super::line::{Bounded, WaitingWrite, cut};
use super::options::AuditOptions;
use super::queue::{Queue, What};
use super::writer::{Tally, Writer};

/// How long the end waits for what is queued to be written.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);

/// The audit log. A clone is a pointer to the same.
#[derive(Debug, Clone)]
pub struct AuditLog(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    queue: Arc<Queue>,
    tally: Arc<Tally>,
    clock: Arc<dyn Clock>,
    decision_rate: f64,
    /// Says by its end that the thread has ended.
    ended: Mutex<Receiver<()>>,
}

/// What became of the entries so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuditCounts {
    /// Entries that are in a file.
    pub written: u64,
    /// Entries that are in none: the queue was full, or the disk did not take them.
    pub dropped: u64,
    /// Times that the disk refused something.
    pub disk_errors: u64,
}

impl AuditLog {
    /// Opens the file, after what is there already, and starts the thread `arrowroot-audit`.
    pub fn start(options: AuditOptions) -> Result<Self, AuditError> {
        let rate = options.decision_rate;
        if !(0.0..=1.0).contains(&rate) {
            return Err(AuditError::Rate { rate });
        }
        if options.bytes_max == 0 {
            return Err(AuditError::NoRoom);
        }
        let path = options.path.clone();
        let file = RotatingFile::open(options.path, options.bytes_max, options.files_max)
            .map_err(|error| AuditError::Open { path, error })?;
        let (queue, receiver) = Queue::new();
        let (queue, tally) = (Arc::new(queue), Arc::new(Tally::default()));
        let clock = options.clock;
        let writer = Writer::new(file, receiver, Arc::clone(&queue), Arc::clone(&tally), Arc::clone(&clock));
        let (end_signal, ended) = mpsc::channel();
        let work = move || {
            let _end_signal = end_signal;
            writer.run();
        };
        thread::Builder::new().name("arrowroot-audit".to_owned()).spawn(work).map_err(AuditError::Thread)?;
        Ok(Self(Arc::new(Inner { queue, tally, clock, decision_rate: rate, ended: Mutex::new(ended) })))
    }

    /// Logs a write. Never waits: if the queue is full, the entry is dropped and counted.
    pub fn write(&self, mut entry: WriteEntry) {
        let before = Bounded::of_many(std::mem::take(&mut entry.before), entry.before_count);
        let after = Bounded::new(std::mem::take(&mut entry.after));
        entry.principal = cut_who(entry.principal);
        entry.resource = cut(entry.resource);
        if let Outcome::Refused { reason } = entry.outcome {
            entry.outcome = Outcome::Refused { reason: cut(reason) };
        }
        self.push(What::Write(WaitingWrite { entry, before, after }));
    }

    /// Whether this decision is to be logged: a draw, to be made once for each.
    pub fn is_sampled(&self) -> bool {
        let rate = self.0.decision_rate;
        rate > 0.0 && fastrand::f64() < rate
    }

    /// Logs a decision, whether it was drawn or not. Never waits; decisions are dropped when the queue is half full.
    pub fn decision(&self, mut entry: DecisionEntry) {
        entry.principal = cut_who(entry.principal);
        entry.resource = cut(entry.resource);
        entry.operation = cut(entry.operation);
        entry.reason = cut(entry.reason);
        self.push(What::Decision(entry));
    }

    /// What became of the entries so far.
    pub fn counts(&self) -> AuditCounts {
        let (written, disk_errors) = self.0.tally.read();
        AuditCounts { written, dropped: self.0.queue.dropped.total(), disk_errors }
    }

    /// Writes what is queued, and ends; waits for that five seconds at the most. Entries that come later are dropped.
    pub fn close(&self) {
        if !self.close_within(CLOSE_TIMEOUT) {
            tracing::warn!("the audit log could not be written to its end in time");
        }
    }

    /// Whether it was written to its end in time.
    pub(super) fn close_within(&self, time: Duration) -> bool {
        self.0.queue.close();
        // The thread sends nothing: it is over when its end of the channel is.
        self.0.ended.lock().recv_timeout(time) != Err(mpsc::RecvTimeoutError::Timeout)
    }

    fn push(&self, what: What) {
        self.0.queue.push(self.0.clock.now(), what);
    }
}

/// Without anyone who could log, the thread writes what is queued and ends. It shares the queue, so that has to be closed.
impl Drop for Inner {
    fn drop(&mut self) {
        self.queue.close();
    }
}

fn cut_who(who: Who) -> Who {
    Who { kind: cut(who.kind), id: cut(who.id), account: cut(who.account) }
}
