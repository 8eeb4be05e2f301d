//! What leaves the index between writes: lives that nobody can ask for any more, what has expired, and objects that have
//! lost what led to them and from them.
//!
//! At least twice as much may leave as was changed since the last time, so that however much is written, no backlog grows.

use std::sync::Arc;

use crate::engine::epoch::{Epoch, Epochs};
use crate::engine::state::{EXPIRED_FOR_SECONDS_MIN, State};

/// Things that leave at once; writes that wait come before further ones, unless more was changed.
const STEP: usize = 1024;
/// Things that may leave for each change since the last time.
const LEAVING_PER_CHANGE: usize = 2;

/// Removes from the index, on the thread that writes to it.
#[derive(Debug)]
pub(super) struct Collecting {
    state: Arc<State>,
    epochs: Epochs,
    /// Changes made since the last time.
    changes: usize,
}

impl Collecting {
    pub(super) fn new(state: Arc<State>) -> Self {
        let epochs = Epochs::new(&state.head().epoch, state.oldest_readable());
        Self { state, epochs, changes: 0 }
    }

    /// Takes note of changes.
    pub(super) fn count_changes(&mut self, count: usize) {
        self.changes += count;
    }

    /// Begins a new epoch if something waits for one: its token is that of the head now, and of all that follow.
    ///
    /// Nothing may be on its way to the journal, since it would be published with the old one.
    pub(super) fn renew(&mut self) -> Option<Arc<Epoch>> {
        let first_ended = self.state.index.first_ended();
        let is_ended_waiting = || {
            let before = self.epochs.newest_oldest();
            let first_ended = first_ended.filter(|died| *died > before);
            first_ended.is_some_and(|died| died <= self.state.oldest_readable())
        };
        if !self.epochs.has_vacated() && !is_ended_waiting() {
            return None;
        }
        let token = self.epochs.begin(self.state.oldest_readable());
        self.state.begin_epoch(&token);
        Some(token)
    }

    /// Lets go what may. While writes wait, it is not more than what keeps up with changes.
    pub(super) fn collect(&mut self, is_write_waiting: impl Fn() -> bool) {
        self.epochs.sweep();
        let index = &self.state.index;
        index.release(&self.epochs.released());
        if index.leaving_count() > 0 {
            let mut until = self.state.time.now();
            until.seconds = until.seconds.saturating_sub(EXPIRED_FOR_SECONDS_MIN);
            // Only what is durable: what is not may have to be taken back.
            let (head, oldest) = (self.state.head().revision, self.epochs.oldest());
            let mut left = self.changes.saturating_mul(LEAVING_PER_CHANGE);
            loop {
                let removed = index.remove_expired(until, head, STEP)
                    + index.remove_ended(oldest, STEP)
                    + index.remove_objects(STEP);
                left = left.saturating_sub(removed);
                if removed == 0 || left == 0 && is_write_waiting() {
                    break;
                }
            }
            self.epochs.add_vacated(index.take_vacated());
        }
        self.changes = 0;
    }
}
