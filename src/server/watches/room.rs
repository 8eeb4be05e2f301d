//! What all watches share: the memory for messages that wait, and how many watches there may be.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::measure::Counter;

use super::refusal::WatchRefusal;

/// Bytes of messages that wait for all clients together, beside one message for each.
const BYTES_MAX: usize = 64 << 20;

/// Watches at once. Each takes memory for the message that is being sent, up to half a megabyte while its client takes
/// nothing, until its stream ends.
const WATCHES_MAX: usize = 4096;

/// Room for the watches of a server.
#[derive(Debug, Clone)]
pub(in crate::server) struct Room {
    bytes: Arc<Semaphore>,
    bytes_max: usize,
    watches: Arc<Semaphore>,
    watches_max: usize,
    /// Watches that were ended because their client took nothing for too long.
    fell_behind: Arc<Counter>,
}

/// The right to watch, until this is dropped.
#[derive(Debug)]
pub(super) struct Seat {
    _permit: OwnedSemaphorePermit,
}

/// What one message takes of it, until this is dropped; nothing, if it has no part in it.
#[derive(Debug, Default)]
pub(super) struct Share {
    _permit: Option<OwnedSemaphorePermit>,
}

impl Default for Room {
    fn default() -> Self {
        Self::of(BYTES_MAX, WATCHES_MAX)
    }
}

impl Room {
    /// Room for so many bytes and watches.
    pub(super) fn of(bytes_max: usize, watches_max: usize) -> Self {
        let semaphore = |permits| Arc::new(Semaphore::new(permits));
        let (bytes, watches) = (semaphore(bytes_max), semaphore(watches_max));
        Self { bytes, bytes_max, watches, watches_max, fell_behind: Arc::default() }
    }

    /// Lets one more watch begin, unless there are too many.
    pub(super) fn seat(&self) -> Result<Seat, WatchRefusal> {
        let permit = Arc::clone(&self.watches).try_acquire_owned();
        Ok(Seat { _permit: permit.map_err(|_| WatchRefusal::TooMany)? })
    }

    /// Takes so many bytes, if there are as many.
    pub(super) fn take(&self, bytes: usize) -> Option<Share> {
        let bytes = u32::try_from(bytes).ok()?;
        let permit = Arc::clone(&self.bytes).try_acquire_many_owned(bytes).ok()?;
        Some(Share { _permit: Some(permit) })
    }

    /// How many watch.
    pub(in crate::server) fn watches(&self) -> usize {
        self.watches_max.saturating_sub(self.watches.available_permits())
    }

    /// Bytes of messages that wait.
    pub(in crate::server) fn bytes(&self) -> usize {
        self.bytes_max.saturating_sub(self.bytes.available_permits())
    }

    /// How many there may be.
    pub(in crate::server) fn bytes_max(&self) -> usize {
        self.bytes_max
    }

    /// A watch is ended because its client took nothing for too long.
    pub(super) fn count_fallen_behind(&self) {
        self.fell_behind.increment();
    }

    /// How many were.
    pub(in crate::server) fn fell_behind(&self) -> u64 {
        self.fell_behind.get()
    }

    /// Bytes that are left.
    #[cfg(test)]
    pub(super) fn bytes_left(&self) -> usize {
        self.bytes.available_permits()
    }
}
