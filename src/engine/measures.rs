//! What an engine counts of its own work, for whoever looks after it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::measure::{Counter, Histogram};

/// Counts since the engine was opened. Durations are in nanoseconds.
#[derive(Debug)]
pub struct Measures {
    /// From when a write was queued until its writer was told, durable or refused.
    pub commits: Histogram,
    /// How long the journal took to append a group of writes.
    pub appends: Histogram,
    /// Writes that became durable together, those included that were refused and rest on the others.
    pub group_writes: Histogram,
    /// Changes of relationships in such a group.
    pub group_changes: Histogram,
    /// Groups that could not be made durable.
    pub failed_groups: Counter,
    /// How long checkpoints took that were written.
    pub checkpoints: Histogram,
    /// Checkpoints that could not be written.
    pub failed_checkpoints: Counter,
    opened_at: Instant,
    /// When a group failed last, in milliseconds since the opening, and one more; 0 for never.
    failed_at_ms: AtomicU64,
    /// When the last checkpoint was complete, in the same way.
    checkpoint_at_ms: AtomicU64,
}

impl Default for Measures {
    fn default() -> Self {
        Self {
            commits: Histogram::of_latencies(),
            appends: Histogram::of_latencies(),
            group_writes: Histogram::of_sizes(),
            group_changes: Histogram::of_sizes(),
            failed_groups: Counter::default(),
            checkpoints: Histogram::of_latencies(),
            failed_checkpoints: Counter::default(),
            opened_at: Instant::now(),
            failed_at_ms: AtomicU64::new(0),
            checkpoint_at_ms: AtomicU64::new(0),
        }
    }
}

impl Measures {
    /// A group of writes could not be made durable.
    pub(super) fn note_failed_group(&self) {
        self.failed_groups.increment();
        self.failed_at_ms.store(self.now_ms(), Ordering::Relaxed);
    }

    /// A checkpoint was written.
    pub(super) fn note_checkpoint(&self, took: Duration) {
        self.checkpoints.observe_duration(took);
        self.checkpoint_at_ms.store(self.now_ms(), Ordering::Relaxed);
    }

    /// How long ago a group of writes could not be made durable; nothing if all could.
    pub fn since_failed_group(&self) -> Option<Duration> {
        self.since(&self.failed_at_ms)
    }

    /// How long ago a checkpoint was complete; nothing if none was written since the engine was opened.
    pub fn since_checkpoint(&self) -> Option<Duration> {
        self.since(&self.checkpoint_at_ms)
    }

    fn now_ms(&self) -> u64 {
        u64::try_from(self.opened_at.elapsed().as_millis()).unwrap_or(u64::MAX).saturating_add(1)
    }

    fn since(&self, at_ms: &AtomicU64) -> Option<Duration> {
        match at_ms.load(Ordering::Relaxed) {
            0 => None,
            at_ms => Some(Duration::from_millis(self.now_ms().saturating_sub(at_ms))),
        }
    }
}
