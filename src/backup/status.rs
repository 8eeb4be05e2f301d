//! What became of the backups of a server, for whoever watches over it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use parking_lot::Mutex;

/// Shared by the thread that makes backups and by those who ask.
#[derive(Debug, Default)]
pub struct BackupStatus {
    last: Mutex<Option<LastBackup>>,
    completed: AtomicU64,
    failed: AtomicU64,
}

/// The newest backup that is complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LastBackup {
    /// When it was complete.
    pub completed_at: SystemTime,
    /// How long it took; zero of one that an earlier process made.
    pub took: Duration,
    /// Bytes of its file.
    pub bytes: u64,
    /// The revision that it has.
    pub revision: u64,
}

impl BackupStatus {
    /// The newest backup, if there is one.
    pub fn last(&self) -> Option<LastBackup> {
        *self.last.lock()
    }

    /// Backups that were completed since the process began.
    pub fn completed_count(&self) -> u64 {
        self.completed.load(Ordering::Relaxed)
    }

    /// Backups that failed since the process began.
    pub fn failed_count(&self) -> u64 {
        self.failed.load(Ordering::Relaxed)
    }

    /// One was found that an earlier process made.
    pub(super) fn found(&self, last: LastBackup) {
        *self.last.lock() = Some(last);
    }

    pub(super) fn completed(&self, last: LastBackup) {
        *self.last.lock() = Some(last);
        self.completed.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn failed(&self) {
        self.failed.fetch_add(1, Ordering::Relaxed);
    }
}
