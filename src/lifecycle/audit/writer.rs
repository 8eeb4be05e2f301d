//! The thread that makes lines of entries, and puts them into the file.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use crate::engine::Clock;

use super::file::RotatingFile;
use super::line::{self, Bounded};
use super::queue::{Queue, Waiting, What};

/// Bytes of lines that are written at once, about.
const BATCH_BYTES: usize = 64 << 10;
/// The log of the server tells of a disk that fails this often.
const TELL_INTERVAL: Duration = Duration::from_mins(1);

/// What became of the entries.
#[derive(Debug, Default)]
pub(super) struct Tally {
    written: AtomicU64,
    disk_errors: AtomicU64,
}

impl Tally {
    /// Entries written, and times that the disk refused.
    pub(super) fn read(&self) -> (u64, u64) {
        (self.written.load(Ordering::Relaxed), self.disk_errors.load(Ordering::Relaxed))
    }
}

pub(super) struct Writer {
    file: RotatingFile,
    receiver: Receiver<Waiting>,
    queue: Arc<Queue>,
    tally: Arc<Tally>,
    clock: Arc<dyn Clock>,
    batch: Batch,
    /// When the disk was last said to fail; none while it does not.
    told_at: Option<Instant>,
}

/// Lines that are not in the file yet, and how many of which kind.
#[derive(Default)]
struct Batch {
    lines: Vec<u8>,
    writes: u64,
    decisions: u64,
}

impl Writer {
    pub(super) fn new(
        file: RotatingFile,
        receiver: Receiver<Waiting>,
        queue: Arc<Queue>,
        tally: Arc<Tally>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self { file, receiver, queue, tally, clock, batch: Batch::default(), told_at: None }
    }

    /// Writes until the queue is closed and empty. Whenever nothing waits, all that came is in the file.
    pub(super) fn run(mut self) {
        while let Ok(first) = self.receiver.recv() {
            self.take(first);
            while let Ok(next) = self.receiver.try_recv() {
                self.take(next);
            }
            self.flush();
        }
        self.flush();
        let synced = self.file.sync();
        self.note(synced);
    }

    fn take(&mut self, waiting: Waiting) {
        let Waiting { time, bytes, what } = waiting;
        let begin = self.batch.lines.len();
        match what {
            What::Write(waiting) => {
                line::push_write(&mut self.batch.lines, time, &waiting);
                self.close_line(begin, 1, 0);
            }
            What::Decision(mut entry) => {
                let explain = std::mem::replace(&mut entry.explain, Box::new(Vec::new));
                // A panic in there must not end the log; it has been told by the panic hook.
                let relationships = catch_unwind(AssertUnwindSafe(explain)).unwrap_or_default();
                let relationships = Bounded::new(relationships);
                line::push_decision(&mut self.batch.lines, time, &entry, &relationships);
                self.close_line(begin, 0, 1);
            }
        }
        self.queue.forget(bytes);
    }

    /// Puts what stands before a new line into the file if both do not fit, so that files keep to their size.
    fn close_line(&mut self, begin: usize, writes: u64, decisions: u64) {
        if begin > 0 && !self.file.has_room(self.batch.lines.len()) {
            let line = self.batch.lines.split_off(begin);
            self.flush();
            self.batch.lines = line;
        }
        self.batch.writes += writes;
        self.batch.decisions += decisions;
        if self.batch.lines.len() >= BATCH_BYTES {
            self.flush();
        }
    }

    /// Puts what there is into the file, and a line for what was dropped.
    fn flush(&mut self) {
        let mut batch = std::mem::take(&mut self.batch);
        let dropped = self.queue.dropped.take();
        if dropped != (0, 0) {
            line::push_dropped(&mut batch.lines, self.clock.now(), dropped.0, dropped.1);
        }
        if batch.lines.is_empty() {
            return;
        }
        let appended = self.file.append(&batch.lines);
        let is_appended = appended.is_ok();
        let rotated = self.file.take_rotation_error().map_or(Ok(()), Err);
        self.note(appended.and(rotated));
        if is_appended {
            self.tally.written.fetch_add(batch.writes + batch.decisions, Ordering::Relaxed);
        } else {
            self.queue.dropped.add(batch.writes, batch.decisions);
            self.queue.dropped.put_back(dropped);
        }
        batch.lines.clear();
        self.batch = Batch { lines: batch.lines, writes: 0, decisions: 0 };
    }

    /// Counts what the disk refuses, and tells the server's log of it once in a while.
    fn note(&mut self, result: io::Result<()>) {
        let path = self.file.path().display();
        match result {
            Ok(()) => {
                if self.told_at.take().is_some() {
                    tracing::info!(%path, "the audit log can be written again");
                }
            }
            Err(error) => {
                self.tally.disk_errors.fetch_add(1, Ordering::Relaxed);
                let is_due = self.told_at.is_none_or(|told_at| told_at.elapsed() >= TELL_INTERVAL);
                if is_due {
                    self.told_at = Some(Instant::now());
                    tracing::error!(%path, %error, "the disk refuses the audit log: entries may be dropped");
                }
            }
        }
    }
}
