//! The memory of answers that their clients have not taken yet, bounded for all of them together.
//!
//! What is read ahead for a stream, and every message that is more than small, has a share until the last byte of it
//! is sent. An answer for which there is no room is refused, or ends with an error: a client that takes nothing costs
//! others their large answers at the most, and never the process its life.

use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tonic::codegen::Bytes;

/// Bytes up to which an answer needs no share: all that a connection may have open take less than what a client may send
/// ahead on it.
pub(super) const SMALL_BYTES: usize = 4 << 10;

/// Room for answers. Cloned for everything that answers.
#[derive(Debug, Clone)]
pub(super) struct Outbox {
    room: Arc<Semaphore>,
    bytes_max: usize,
}

/// There is no room for an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the answers that clients have not taken yet fill the memory there is for them; take what was asked for, or ask for \
     less at a time"
)]
pub(super) struct OutboxFull;

/// What one answer takes of the room, until this is dropped.
#[derive(Debug)]
pub(super) struct Share {
    room: Arc<Semaphore>,
    permit: Mutex<OwnedSemaphorePermit>,
}

/// The share of a stream, from its begin to its last frame, as an extension of its response.
#[derive(Debug, Clone)]
pub(super) struct StreamShare(pub(super) Arc<Share>);

/// The share of a request that is held until its answer is a message, as an extension of the response.
#[derive(Debug, Clone)]
pub(super) struct RequestShare(#[expect(dead_code, reason = "what counts is when it is dropped")] Arc<Share>);

impl Outbox {
    /// Room for so many bytes.
    pub(super) fn new(bytes_max: usize) -> Self {
        let bytes_max = bytes_max.min(Semaphore::MAX_PERMITS);
        Self { room: Arc::new(Semaphore::new(bytes_max)), bytes_max }
    }

    /// Bytes that are taken.
    pub(super) fn bytes(&self) -> usize {
        self.bytes_max.saturating_sub(self.room.available_permits())
    }

    /// Bytes that there are.
    pub(super) fn bytes_max(&self) -> usize {
        self.bytes_max
    }

    /// Takes so many bytes, if there are as many.
    pub(super) fn take(&self, bytes: usize) -> Result<Share, OutboxFull> {
        let permit = take(&self.room, bytes)?;
        Ok(Share { room: Arc::clone(&self.room), permit: Mutex::new(permit) })
    }

    /// A share for a request and what is made of it.
    pub(super) fn take_for_request(&self, bytes: usize) -> Result<RequestShare, OutboxFull> {
        Ok(RequestShare(Arc::new(self.take(bytes)?)))
    }

    /// The same bytes, which have their share until the last of them is sent, unless they are few.
    pub(super) fn hold(&self, data: Bytes) -> Result<Bytes, OutboxFull> {
        if data.len() <= SMALL_BYTES {
            return Ok(data);
        }
        let share = Arc::new(self.take(data.len())?);
        Ok(Held::bytes(data, share))
    }
}

impl Share {
    /// Grows to so many bytes, if there are as many; it never shrinks.
    pub(super) fn grow_to(&self, bytes: usize) -> Result<(), OutboxFull> {
        let mut permit = self.permit.lock();
        let more = bytes.saturating_sub(permit.num_permits());
        if more > 0 {
            permit.merge(take(&self.room, more)?);
        }
        Ok(())
    }
}

impl StreamShare {
    /// The same bytes, with which the share is held until the last of them is sent.
    pub(super) fn hold(&self, data: Bytes) -> Bytes {
        Held::bytes(data, Arc::clone(&self.0))
    }
}

fn take(room: &Arc<Semaphore>, bytes: usize) -> Result<OwnedSemaphorePermit, OutboxFull> {
    let bytes = u32::try_from(bytes).map_err(|_| OutboxFull)?;
    Arc::clone(room).try_acquire_many_owned(bytes).map_err(|_| OutboxFull)
}

/// Bytes together with their share. Whoever sends them drops both, however deep in a connection that happens.
struct Held {
    data: Bytes,
    _share: Arc<Share>,
}

impl Held {
    fn bytes(data: Bytes, share: Arc<Share>) -> Bytes {
        Bytes::from_owner(Self { data, _share: share })
    }
}

impl AsRef<[u8]> for Held {
    fn as_ref(&self) -> &[u8] {
        &self.data
    }
}

#[cfg(test)]
mod tests;
