//! Answers that are streams: batches are read in the pool, and sent through a bounded channel.
//!
//! A client that reads slowly holds no thread, one that is gone ends the work, so does one that reads nothing for long, and
//! an answer that fits into the first batch needs no channel. What goes wrong before the first batch is the answer of the
//! call.

use std::pin::Pin;
use std::sync::atomic::AtomicBool;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_stream::Stream;
use tonic::codegen::BoxStream;
use tonic::{Response, Status};

use super::pool::Pool;

/// Elements in the first batch; each further batch is twice as large, up to the bound.
const FIRST_BATCH: usize = 128;
const BATCH_MAX: usize = 1024;
/// Batches that wait for the client, beside the one that it is being sent.
const WAITING_MAX: usize = 1;
/// How long a client may take no batch while one waits. As long as its state is read, nothing leaves the memory that ended
/// since.
const CLIENT_PATIENCE: Duration = Duration::from_mins(10);

/// What a stream is read from, batch by batch.
pub(super) trait Batches: Send + 'static {
    /// What is sent.
    type Element: Send + 'static;

    /// The next elements, up to a number, and whether there may be more. Ends early if `cancelled` is set.
    fn read(
        &mut self,
        count_max: usize,
        cancelled: &AtomicBool,
    ) -> Result<(Vec<Self::Element>, bool), Status>;
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
    Ok(Response::new(match rest {
        None => Box::pin(tokio_stream::iter(batch.into_iter().map(Ok))),
        Some(rest) => {
            let waiting = send(pool.clone(), rest, CLIENT_PATIENCE);
            Box::pin(Sent { current: batch.into_iter(), waiting })
        }
    }))
}

type Batch<T> = Result<Vec<T>, Status>;

/// Sends the batches one after another, reading the next one only when there is room for it. If there is none for too
/// long, an error is the last one.
fn send<B: Batches>(pool: Pool, mut batches: B, patience: Duration) -> mpsc::Receiver<Batch<B::Element>> {
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
