//! The messages that wait for one client.

use std::collections::VecDeque;
use std::num::NonZeroUsize;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use parking_lot::Mutex;
use prost::Message as _;
use tokio::sync::Notify;
use tokio_stream::Stream;
use tonic::Status;

use crate::server::status;
use crate::server::wire::v1::WatchResponse;

use super::refusal::WatchRefusal;

/// Bytes of messages that wait, unless one message is larger.
const BYTES_MAX: usize = 1 << 20;

/// A buffer for messages: where they are put in, and where they come out.
pub(super) fn new(length_max: NonZeroUsize, write_timeout: Duration) -> (Sender, Messages) {
    let shared = Arc::new(Shared {
        inner: Mutex::default(),
        taken: Notify::new(),
        abandoned: Notify::new(),
        length_max: length_max.get(),
    });
    (Sender { shared: Arc::clone(&shared), write_timeout }, Messages { shared })
}

/// When a stream ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// Once the client has taken what waits.
    AfterMessages,
    /// As soon as the client takes anything: what waits is forgotten.
    Now,
}

#[derive(Debug)]
struct Shared {
    inner: Mutex<Inner>,
    /// The client took a message.
    taken: Notify,
    /// The client is gone.
    abandoned: Notify,
    length_max: usize,
}

#[derive(Debug, Default)]
struct Inner {
    messages: VecDeque<(WatchResponse, usize)>,
    bytes: usize,
    /// How the stream ends.
    ending: Option<Status>,
    has_ended: bool,
    /// Whoever waits for a message.
    waker: Option<Waker>,
}

/// Where messages are put in. Dropping it ends the stream.
#[derive(Debug)]
pub(super) struct Sender {
    shared: Arc<Shared>,
    write_timeout: Duration,
}

impl Sender {
    /// Puts a message in, once there is room. An error if the client takes nothing for too long.
    pub(super) async fn push(&self, message: WatchResponse) -> Result<(), WatchRefusal> {
        let bytes = message.encoded_len();
        while !self.shared.has_room(bytes) {
            // A message that is taken before this waits is remembered.
            let taken = tokio::time::timeout(self.write_timeout, self.shared.taken.notified());
            taken.await.map_err(|_| WatchRefusal::FellBehind)?;
        }
        let mut inner = self.shared.inner.lock();
        inner.bytes += bytes;
        inner.messages.push_back((message, bytes));
        inner.wake();
        Ok(())
    }

    /// Ends the stream with a status.
    pub(super) fn end(&self, status: Status, ending: Ending) {
        let mut inner = self.shared.inner.lock();
        if !inner.has_ended {
            inner.has_ended = true;
            inner.ending = Some(status);
            if ending == Ending::Now {
                inner.messages = VecDeque::new();
                inner.bytes = 0;
            }
            inner.wake();
        }
    }

    /// Waits until the client is gone.
    pub(super) async fn abandoned(&self) {
        self.shared.abandoned.notified().await;
    }
}

impl Drop for Sender {
    fn drop(&mut self) {
        if !self.shared.inner.lock().has_ended {
            // Unless the client is gone, and nobody is told.
            self.end(status::internal(&"a watch ended unexpectedly"), Ending::Now);
        }
    }
}

impl Shared {
    fn has_room(&self, bytes: usize) -> bool {
        let inner = self.inner.lock();
        inner.messages.is_empty()
            || (inner.messages.len() < self.length_max && inner.bytes.saturating_add(bytes) <= BYTES_MAX)
    }
}

impl Inner {
    fn wake(&mut self) {
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }
}

/// Where messages come out. Dropping it tells the sender that the client is gone.
#[derive(Debug)]
pub(super) struct Messages {
    shared: Arc<Shared>,
}

impl Stream for Messages {
    type Item = Result<WatchResponse, Status>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut inner = self.shared.inner.lock();
        if let Some((message, bytes)) = inner.messages.pop_front() {
            inner.bytes -= bytes;
            self.shared.taken.notify_one();
            return Poll::Ready(Some(Ok(message)));
        }
        if inner.has_ended {
            return Poll::Ready(inner.ending.take().map(Err));
        }
        inner.waker = Some(context.waker().clone());
        Poll::Pending
    }
}

impl Drop for Messages {
    fn drop(&mut self) {
        let mut inner = self.shared.inner.lock();
        inner.has_ended = true;
        inner.messages = VecDeque::new();
        self.shared.abandoned.notify_one();
    }
}

#[cfg(test)]
mod tests;
