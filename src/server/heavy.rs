//! Runtimes of their own for calls that stream much: what reads, decodes and encodes them holds up no check.
//!
//! The runtime of a connection only takes the frames, as they are to be sent, and what the client sends is read where
//! it is used. The threads step back behind those that serve connections.

use std::future::poll_fn;
use std::io;
use std::num::NonZeroUsize;
use std::panic::resume_unwind;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, ready};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use http_body::{Body as _, Frame};
use tokio::runtime::{Builder, Handle};
use tokio::sync::{mpsc, watch};
use tokio::task;
use tonic::Status;
use tonic::body::Body;
use tonic::codegen::Bytes;
use tonic::codegen::http::Response;

use crate::engine::step_back;

use super::guard::Answer;
use super::{status, telemetry};

/// Frames that wait for a connection, beside the one that it is sending; each has some 32 KiB, or one message.
const WAITING_MAX: usize = 2;
/// How long the end waits for work in the pool that was told to stop.
const POOL_STOP_TIMEOUT: Duration = Duration::from_secs(5);

/// The way to the runtimes, once they run. Cloned for each request that is heavy.
#[derive(Debug, Clone, Default)]
pub(super) struct Heavy(Arc<Runtimes>);

#[derive(Debug, Default)]
struct Runtimes {
    handles: OnceLock<Vec<Handle>>,
    next: AtomicUsize,
}

/// The threads of the runtimes. Dropping it ends them.
#[derive(Debug)]
pub(super) struct HeavyThreads {
    stop: Option<watch::Sender<()>>,
    threads: Vec<JoinHandle<()>>,
}

impl Heavy {
    /// Starts the runtimes, each on a thread of its own.
    pub(super) fn start(&self, count: NonZeroUsize) -> io::Result<HeavyThreads> {
        let (stop, stopped) = watch::channel(());
        let mut started = HeavyThreads { stop: Some(stop), threads: Vec::new() };
        let mut handles = Vec::new();
        for number in 0..count.get() {
            let runtime = Builder::new_current_thread().enable_all().thread_name("arrowroot-pool").build()?;
            handles.push(runtime.handle().clone());
            let mut stopped = stopped.clone();
            let run = move || {
                // So do the threads of its pool, which it starts.
                step_back();
                // Nothing is ever sent: an error means that it is time.
                let _ = runtime.block_on(stopped.changed());
                runtime.shutdown_timeout(POOL_STOP_TIMEOUT);
            };
            started
                .threads
                .push(thread::Builder::new().name(format!("arrowroot-heavy-{number}")).spawn(run)?);
        }
        // A server runs once.
        let _ = self.0.handles.set(handles);
        Ok(started)
    }

    /// Has an answer and its body made on one of the runtimes, in turn.
    pub(super) fn make(&self, answer: Answer) -> Answer {
        let Some(handle) = self.next() else { return answer };
        let mut making = AbortOnDrop(handle.spawn(telemetry::carry(Box::pin(make(answer)))));
        Box::pin(async move {
            match (&mut making.0).await {
                Ok(response) => Ok(response),
                Err(error) if error.is_panic() => resume_unwind(error.into_panic()),
                Err(_) => Ok(Status::unavailable("the server is shutting down").into_http()),
            }
        })
    }

    fn next(&self) -> Option<&Handle> {
        let handles = self.0.handles.get()?;
        handles.get(self.0.next.fetch_add(1, Ordering::Relaxed) % handles.len())
    }
}

impl Drop for HeavyThreads {
    fn drop(&mut self) {
        drop(self.stop.take());
        for thread in self.threads.drain(..) {
            // The hook has told of a panic already.
            let _ = thread.join();
        }
    }
}

/// Nobody waits for the answer any more when this is dropped.
struct AbortOnDrop(task::JoinHandle<Response<Body>>);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn make(answer: Answer) -> Response<Body> {
    let Ok(response) = answer.await;
    if response.body().is_end_stream() {
        return response;
    }
    response.map(|body| {
        let (sender, frames) = mpsc::channel(WAITING_MAX);
        tokio::spawn(telemetry::carry(Box::pin(relay(body, sender))));
        Body::new(Relayed { frames, is_ended: false })
    })
}

type Framed = Result<Frame<Bytes>, Status>;

/// Sends the frames of a body, each as soon as there is room for it, until nobody wants them.
async fn relay(mut body: Body, frames: mpsc::Sender<Framed>) {
    loop {
        let Ok(place) = frames.reserve().await else { return };
        let next = poll_fn(|context| Pin::new(&mut body).poll_frame(context));
        let frame = tokio::select! {
            frame = next => frame,
            () = frames.closed() => return,
        };
        let Some(frame) = frame else { return };
        place.send(frame);
    }
}

/// A body that is made elsewhere.
struct Relayed {
    frames: mpsc::Receiver<Framed>,
    is_ended: bool,
}

impl http_body::Body for Relayed {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Framed>> {
        if self.is_ended {
            return Poll::Ready(None);
        }
        let frame = ready!(self.frames.poll_recv(context));
        // Trailers are the end. What ends without them was broken off, and must not look complete.
        let frame = frame.unwrap_or_else(|| Err(status::internal(&"a stream broke off")));
        self.is_ended = frame.as_ref().map_or(true, Frame::is_trailers);
        Poll::Ready(Some(frame))
    }

    fn is_end_stream(&self) -> bool {
        self.is_ended
    }
}

#[cfg(test)]
mod tests;
