//! The thread that writes a checkpoint when one is due.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use crate::engine::state::State;
use crate::journal::{CheckpointError, Journal, JournalSize};
use crate::relationship::Revision;

use super::writing;

/// How often it looks whether one is due.
const INTERVAL: Duration = Duration::from_secs(1);
/// How long it waits after one that failed.
const INTERVAL_AFTER_FAILURE: Duration = Duration::from_mins(1);
/// How often the end of an engine looks whether the last one is written.
const CLOSING_POLL: Duration = Duration::from_micros(200);
/// How long the end of an engine may wait for one: less than what those who stop processes allow before they kill.
const CLOSING_PATIENCE: Duration = Duration::from_secs(25);

/// Writes checkpoints, one at a time.
#[derive(Debug)]
pub(in crate::engine) struct Keeper {
    work: Arc<Work>,
    stop: Mutex<Option<(SyncSender<()>, JoinHandle<()>)>>,
}

#[derive(Debug)]
struct Work {
    state: Arc<State>,
    journal: Arc<dyn Journal>,
    /// Held while one is written.
    turn: Mutex<()>,
    is_cancelled: AtomicBool,
}

impl Keeper {
    pub(in crate::engine) fn start(state: &Arc<State>, journal: &Arc<dyn Journal>) -> std::io::Result<Self> {
        let work = Arc::new(Work {
            state: Arc::clone(state),
            journal: Arc::clone(journal),
            turn: Mutex::default(),
            is_cancelled: AtomicBool::new(false),
        });
        let (stop, stopped) = sync_channel(1);
        let of_thread = Arc::clone(&work);
        let run = move || {
            // At once: what a start had to read, the next one need not.
            let mut interval = Duration::ZERO;
            while stopped.recv_timeout(interval) == Err(RecvTimeoutError::Timeout) {
                interval = if of_thread.write_if_due() { INTERVAL } else { INTERVAL_AFTER_FAILURE };
            }
            // The next start would have to read what this one spares it.
            if of_thread.journal.outlives_process() {
                of_thread.write_if_due();
            }
        };
        let thread = std::thread::Builder::new().name("arrowroot-checkpoint".to_owned()).spawn(run)?;
        Ok(Self { work, stop: Mutex::new(Some((stop, thread))) })
    }

    /// Writes one now, after the one that is being written.
    pub(in crate::engine) fn write(&self) -> Result<Revision, CheckpointError> {
        self.work.write()
    }

    /// Ends, with a last one if one is due. What takes longer than its time is broken off.
    pub(in crate::engine) fn stop(&self) {
        let Some((stop, thread)) = self.stop.lock().take() else { return };
        drop(stop);
        let deadline = Instant::now() + CLOSING_PATIENCE;
        while !thread.is_finished() && Instant::now() < deadline {
            std::thread::park_timeout(CLOSING_POLL);
        }
        self.work.is_cancelled.store(true, Ordering::Relaxed);
        if thread.join().is_err() {
            tracing::error!("the writer of checkpoints ended by a panic");
        }
    }
}

impl Work {
    fn is_due(&self) -> bool {
        let oldest = || self.state.oldest_readable();
        is_due(self.journal.size(), self.state.options.checkpoint_after_bytes, oldest)
    }

    /// Writes one if it is due. Whether nothing went wrong.
    fn write_if_due(&self) -> bool {
        match if self.is_due() { self.write().map(|_| ()) } else { Ok(()) } {
            Ok(()) => true,
            Err(CheckpointError::Cancelled) => {
                tracing::info!("a checkpoint was broken off, since the end came first");
                true
            }
            Err(error) => {
                tracing::error!(%error, "no checkpoint was written");
                false
            }
        }
    }

    fn write(&self) -> Result<Revision, CheckpointError> {
        let _turn = self.turn.lock();
        // What was begun is taken back when it is dropped, by a panic as by an error.
        let written = || writing::write(&self.state, &*self.journal, &self.is_cancelled);
        let start = Instant::now();
        let written = catch_unwind(AssertUnwindSafe(written))
            .unwrap_or_else(|_| Err(CheckpointError::Storage("a panic ended the writing of it".to_owned())));
        match &written {
            Ok(_) => self.state.measures.note_checkpoint(start.elapsed()),
            Err(CheckpointError::Cancelled) => {}
            Err(_) => self.state.measures.failed_checkpoints.increment(),
        }
        written
    }
}

/// Whether a start would have to read much, or much is kept that nobody can ask for: in proportion to what a checkpoint
/// takes, so that all of them together cost no more than a few times what is written.
fn is_due(size: JournalSize, after_bytes: u64, oldest: impl FnOnce() -> Revision) -> bool {
    let much = due_bytes(size, after_bytes);
    let is_worthwhile = |bytes: u64| bytes > 0 && bytes >= much;
    is_worthwhile(size.bytes_after)
        || is_worthwhile(size.bytes_before)
            && size.checkpoint.is_some_and(|checkpoint| oldest() >= checkpoint)
}

/// Bytes of transactions that make one due.
pub(in crate::engine) fn due_bytes(size: JournalSize, after_bytes: u64) -> u64 {
    after_bytes.max(size.checkpoint_bytes / 2)
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.stop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_due_when_much_was_written_or_much_can_go() {
        let size = |checkpoint_bytes, bytes_before, bytes_after| JournalSize {
            checkpoint: Some(Revision(10)),
            checkpoint_bytes,
            bytes_before,
            bytes_after,
        };
        let cases = [
            (size(0, 0, 0), 0, false),
            (size(0, 0, 99), 0, false),
            (size(0, 0, 100), 0, true),
            (size(1000, 0, 100), 0, false),
            (size(1000, 0, 500), 0, true),
            (size(100, 100, 0), 9, false),
            (size(100, 100, 0), 10, true),
            (size(1000, 100, 0), 10, false),
        ];
        for (size, oldest, expected) in cases {
            assert_eq!(is_due(size, 100, || Revision(oldest)), expected, "{size:?}");
        }
        assert!(!is_due(JournalSize::default(), 0, || Revision(0)));
    }
}
