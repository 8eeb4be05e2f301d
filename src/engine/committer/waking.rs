//! The thread that reminds the committer of what may leave the index.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use crate::engine::state::State;

use super::preparing::Wake;

/// How often it looks. What has expired is absent at once, and what has ended at newer revisions; only its memory waits.
const INTERVAL: Duration = Duration::from_secs(1);

/// Wakes the committer from time to time while something waits to leave, until the other side of `stop` is gone.
pub(super) fn run(state: &Arc<State>, stop: &Receiver<()>, wake: &Wake) {
    while stop.recv_timeout(INTERVAL) == Err(RecvTimeoutError::Timeout) {
        if state.index.leaving_count() > 0 {
            wake.wake();
        }
    }
}
