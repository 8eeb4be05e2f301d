//! What all watches share: the memory for messages that wait, and how many watches there may be.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

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
    watches: Arc<Semaphore>,
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
        Self { bytes: semaphore(bytes_max), watches: semaphore(watches_max) }
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

    /// Bytes that are left.
    #[cfg(test)]
    pub(super) fn bytes_left(&self) -> usize {
        self.bytes.available_permits()
    }
}
