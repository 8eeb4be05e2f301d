//! Answers that are streams: batches are read in the pool, and sent through a bounded channel.
//!
//! A client that reads slowly holds no thread, one that is gone ends the work, so does one that reads nothing for long, and
//! an answer that fits into the first batch needs no channel. What goes wrong before the first batch is the answer of the
//! call. What is held for a client has a share of the outbox, which a stream keeps until its end.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use prost::Message;
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_stream::Stream;
use tonic::codegen::BoxStream;
use tonic::{Response, Status};

use super::outbox::{Outbox, OutboxFull, SMALL_BYTES, Share, StreamShare};
use super::pool::Pool;
use super::weight;

/// Elements in the first batch; each further batch is twice as large, up to the bound.
const FIRST_BATCH: usize = 128;
const BATCH_MAX: usize = 1024;
/// Batches that wait for the client, beside the one that it is being sent.
const WAITING_MAX: usize = 1;
/// How long a client may take no batch while one waits. As long as its state is read, nothing leaves the memory that ended
/// since.
const CLIENT_PATIENCE: Duration = Duration::from_mins(10);
/// Bytes of memory that an ordinary batch takes, at most; those whose elements may be large end early by this.
pub(super) const BATCH_BYTES: usize = 256 << 10;
/// What a stream takes while its client takes nothing, with ordinary batches: three of them, one of which is being made;
/// four frames, and what HTTP/2 has taken up, which is up to 400 KiB.
const STREAM_BYTES: usize = (3 * BATCH_BYTES) + (512 << 10);
/// How often a batch may be there, as such or encoded.
const BATCH_COPIES: usize = 4;

/// What a stream is read from, batch by batch.
pub(super) trait Batches: Send + 'static {
    /// What is sent.
    type Element: Message + 'static;

    /// The next elements, up to a number, and whether there may be more. Ends early if `cancelled` is set.
    fn read(
        &mut self,
        count_max: usize,
        cancelled: &AtomicBool,
    ) -> Result<(Vec<Self::Element>, bool), Status>;

    /// Bytes of memory that are held from one batch to the next.
    fn held_bytes(&self) -> usize;

    /// Bytes of memory that an element takes.
    fn bytes_of(element: &Self::Element) -> usize {
        weight::message(element)
    }
}

/// Reads the first batch, and answers with it and the others to come. `start` runs in the pool, too.
pub(super) async fn respond<B: Batches>(
    pool: &Pool,
    start: impl FnOnce() -> Result<B, Status> + Send + 'static,
) -> Result<Response<BoxStream<B::Element>>, Status> {
    let first = pool.run(move |cancelled| {
        let mut batches = start()?;
        let (batch, has_more) = batches.read(FIRST_BATCH, cancelled)?;
        Ok::<_, Status>((batch, has_more.then_some(batches)))
    });
    let (batch, rest) = first.await??;
    let Some(rest) = rest else {
        // As it is, and encoded.
        let bytes = 2 * bytes_of::<B>(&batch);
        let share = if bytes > SMALL_BYTES { Some(pool.outbox().take(bytes)?) } else { None };
        let elements = Box::pin(tokio_stream::iter(batch.into_iter().map(Ok)));
        return Ok(with_share(elements, share.map(Arc::new)));
    };
    let shared = Shared::new(rest, &batch, pool.outbox())?;
    let share = Arc::clone(&shared.share);
    let waiting = send(pool.clone(), shared, CLIENT_PATIENCE);
    let sent = Sent { current: batch.into_iter(), waiting, _share: Arc::clone(&share) };
    Ok(with_share(Box::pin(sent), Some(share)))
}

fn with_share<T>(stream: BoxStream<T>, share: Option<Arc<Share>>) -> Response<BoxStream<T>> {
    let mut response = Response::new(stream);
    if let Some(share) = share {
        response.extensions_mut().insert(StreamShare(share));
    }
    response
}

/// What a stream is read from, and its share.
struct Shared<B> {
    batches: B,
    /// Bytes of the largest batch.
    bytes_max: usize,
    share: Arc<Share>,
}

impl<B: Batches> Shared<B> {
    /// What comes after the first batch.
    fn new(batches: B, first: &[B::Element], outbox: &Outbox) -> Result<Self, OutboxFull> {
        let mut shared = Self { batches, bytes_max: bytes_of::<B>(first), share: Arc::new(outbox.take(0)?) };
        shared.grow(0)?;
        Ok(shared)
    }

    fn read(&mut self, count_max: usize, cancelled: &AtomicBool) -> Result<(Vec<B::Element>, bool), Status> {
        let (batch, has_more) = self.batches.read(count_max, cancelled)?;
        self.grow(bytes_of::<B>(&batch))?;
        Ok((batch, has_more))
    }

    /// Sees that the share is as large as it must be with a batch of so many bytes.
    fn grow(&mut self, bytes: usize) -> Result<(), OutboxFull> {
        self.bytes_max = self.bytes_max.max(bytes);
        let more = BATCH_COPIES * self.bytes_max.saturating_sub(BATCH_BYTES);
        self.share.grow_to(STREAM_BYTES + more + self.batches.held_bytes())
    }
}

fn bytes_of<B: Batches>(batch: &[B::Element]) -> usize {
    batch.iter().map(B::bytes_of).sum()
}

type Batch<T> = Result<Vec<T>, Status>;

/// Sends the batches one after another, reading the next one only when there is room for it. If there is none for too
/// long, an error is the last one.
fn send<B: Batches>(
    pool: Pool,
    mut batches: Shared<B>,
    patience: Duration,
) -> mpsc::Receiver<Batch<B::Element>> {
    let (sender, receiver) = mpsc::channel(WAITING_MAX);
    tokio::spawn(async move {
        let mut count_max = FIRST_BATCH;
        loop {
            let place = match timeout(patience, sender.clone().reserve_owned()).await {
                Ok(Ok(place)) => place,
                Ok(Err(_)) => return,
                Err(_) => {
                    // Now: the client may never come back for the error.
                    drop(batches);
                    let status = Status::deadline_exceeded(format!("nothing was taken for {patience:?}"));
                    // Whoever is gone needs none.
                    let _ = sender.send(Err(status)).await;
                    return;
                }
            };
            count_max = (count_max * 2).min(BATCH_MAX);
            let work = move |cancelled: &_| {
                let read = batches.read(count_max, cancelled);
                (read, batches)
            };
            let read = tokio::select! {
                read = pool.run(work) => read,
                () = sender.closed() => return,
            };
            let (batch, rest) = match read {
                Ok((Ok((batch, has_more)), rest)) => (Ok(batch), has_more.then_some(rest)),
                Ok((Err(status), _)) => (Err(status), None),
                Err(error) => (Err(error.into()), None),
            };
            place.send(batch);
            let Some(rest) = rest else { return };
            batches = rest;
        }
    });
    receiver
}

/// The elements of the batches.
struct Sent<T> {
    current: std::vec::IntoIter<T>,
    waiting: mpsc::Receiver<Batch<T>>,
    _share: Arc<Share>,
}

/// The elements are moved out, never borrowed.
impl<T> Unpin for Sent<T> {}

impl<T> Stream for Sent<T> {
    type Item = Result<T, Status>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if let Some(element) = self.current.next() {
                return Poll::Ready(Some(Ok(element)));
            }
            match ready!(self.waiting.poll_recv(context)) {
                Some(Ok(batch)) => self.current = batch.into_iter(),
                Some(Err(status)) => return Poll::Ready(Some(Err(status))),
                None => return Poll::Ready(None),
            }
        }
    }
}

#[cfg(test)]
mod tests;
