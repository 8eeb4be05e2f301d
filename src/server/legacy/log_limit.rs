//! A bound on how many lines a second go to the log.

use std::time::{Duration, Instant};

use parking_lot::Mutex;

/// Lines in one window, at most.
pub(super) const LINES_MAX: u32 = 10;
const WINDOW: Duration = Duration::from_secs(1);

/// Lets [`LINES_MAX`] lines a second pass, and counts the others.
#[derive(Debug)]
pub(in crate::server) struct LogLimit(Mutex<State>);

#[derive(Debug)]
struct State {
    begin: Instant,
    lines: u32,
    suppressed: u64,
}

impl LogLimit {
    pub(in crate::server) fn new(now: Instant) -> Self {
        Self(Mutex::new(State { begin: now, lines: 0, suppressed: 0 }))
    }

    /// Whether a line may pass now, and then how many did not since the last that did.
    pub(in crate::server) fn pass(&self, now: Instant) -> Option<u64> {
        let mut state = self.0.lock();
        if now.saturating_duration_since(state.begin) >= WINDOW {
            state.begin = now;
            state.lines = 0;
        }
        if state.lines >= LINES_MAX {
            state.suppressed += 1;
            return None;
        }
        state.lines += 1;
        Some(std::mem::take(&mut state.suppressed))
    }
}
