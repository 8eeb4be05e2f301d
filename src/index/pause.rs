//! Times in which nothing leaves the index.

use parking_lot::{Mutex, MutexGuard};

use super::write::Index;

/// How many there are that want nothing to leave.
#[derive(Debug, Default)]
pub(super) struct Pauses(Mutex<usize>);

/// As long as there is one, nothing leaves the index: neither what has ended nor what has expired, and no object. What
/// was never published may still be taken back.
#[derive(Debug)]
#[must_use = "things leave again when it is dropped"]
pub struct RemovalPause<'index>(&'index Pauses);

impl Index {
    /// Keeps everything in the index until the pause is dropped. Waits for the end of a step that is under way.
    pub fn pause_removals(&self) -> RemovalPause<'_> {
        *self.pauses.0.lock() += 1;
        RemovalPause(&self.pauses)
    }
}

impl Pauses {
    /// What to hold while something is removed; nothing if nothing may be.
    pub(super) fn begin_removal(&self) -> Option<MutexGuard<'_, usize>> {
        Some(self.0.lock()).filter(|pauses| **pauses == 0)
    }
}

impl Drop for RemovalPause<'_> {
    fn drop(&mut self) {
        let mut pauses = self.0.0.lock();
        *pauses = pauses.saturating_sub(1);
    }
}
