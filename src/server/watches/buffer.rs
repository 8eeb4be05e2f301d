//! The messages that wait for one client.

use std::collections::VecDeque;
use std::num::NonZeroUsize;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio_stream::Stream;
use tonic::Status;

use crate::server::status;
use crate::server::wire::v1::WatchResponse;

use super::message::Message;
use super::refusal::WatchRefusal;
use super::room::{Room, Seat, Share};

/// Bytes of messages that wait for one client, unless one message is larger.
const BYTES_MAX: usize = 1 << 20;

/// A buffer for messages: where they are put in, and where they come out.
///
/// One message is always let in. More are while there is room for them, here and in what all watches share: so a client
/// that takes its messages goes on however many others do not.
pub(super) fn new(
    length_max: NonZeroUsize,
    write_timeout: Duration,
    room: Room,
    seat: Seat,
) -> (Sender, Messages) {
    let shared = Arc::new(Shared {
        inner: Mutex::default(),
        taken: Notify::new(),
        abandoned: Notify::new(),
        length_max: length_max.get(),
        room,
    });
    (Sender { shared: Arc::clone(&shared), write_timeout }, Messages { shared, _seat: seat })
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
    room: Room,
}

#[derive(Debug, Default)]
struct Inner {
    messages: VecDeque<Waiting>,
    bytes: usize,
    /// How the stream ends.
    ending: Option<Status>,
    has_ended: bool,
    /// Whoever waits for a message.
    waker: Option<Waker>,
}

#[derive(Debug)]
struct Waiting {
    message: Message,
    bytes: usize,
    _share: Share,
}

/// Where messages are put in. Dropping it ends the stream.
#[derive(Debug)]
pub(super) struct Sender {
    shared: Arc<Shared>,
    write_timeout: Duration,
}

impl Sender {
    /// Puts a message in, once there is room. An error if the client takes nothing for too long.
    pub(super) async fn push(&self, mut message: Message) -> Result<(), WatchRefusal> {
        while let Err(refused) = self.try_push(message) {
            message = refused;
            // A message that is taken before this waits is remembered.
            let taken = tokio::time::timeout(self.write_timeout, self.shared.taken.notified());
            taken.await.map_err(|_| {
                self.shared.room.count_fallen_behind();
                WatchRefusal::FellBehind
            })?;
        }
        Ok(())
    }

    /// Puts a message in, or gives it back if there is no room.
    pub(super) fn try_push(&self, message: Message) -> Result<(), Message> {
        let bytes = message.bytes();
        let mut inner = self.shared.inner.lock();
        let is_first = inner.messages.is_empty();
        let is_full = inner.messages.len() >= self.shared.length_max || inner.bytes + bytes > BYTES_MAX;
        let share = if is_full { None } else { self.shared.room.take(bytes) };
        let Some(share) = share.or_else(|| is_first.then(Share::default)) else { return Err(message) };
        inner.bytes += bytes;
        inner.messages.push_back(Waiting { message, bytes, _share: share });
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
    _seat: Seat,
}

impl Stream for Messages {
    type Item = Result<WatchResponse, Status>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut inner = self.shared.inner.lock();
        if let Some(Waiting { message, bytes, .. }) = inner.messages.pop_front() {
            inner.bytes -= bytes;
            drop(inner);
            self.shared.taken.notify_one();
            return Poll::Ready(Some(Ok(message.into_wire())));
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
