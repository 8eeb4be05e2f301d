//! Which request a thread works on: for log lines, and for the parts of its trace.

use std::cell::Cell;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tonic::codegen::http::HeaderValue;

use super::trace::{Part, Trace};

/// A request, as far as its log lines and its trace are concerned.
#[derive(Debug, Clone)]
pub(in crate::server) struct Current {
    pub(in crate::server) request_id: HeaderValue,
    /// Only of a request that is traced.
    pub(in crate::server) trace: Option<Arc<Trace>>,
}

thread_local! {
    /// Moved in and out, so that nothing is copied for requests that nobody asks about.
    static CURRENT: Cell<Option<Current>> = const { Cell::new(None) };
}

/// Does something for a request, on this thread.
pub(in crate::server) fn run<T>(current: &mut Option<Current>, work: impl FnOnce() -> T) -> T {
    let outer = CURRENT.replace(current.take());
    let result = work();
    *current = CURRENT.replace(outer);
    result
}

/// The request that this thread works on, for whoever goes on with it elsewhere.
pub(in crate::server) fn take_current() -> Option<Current> {
    with(Clone::clone)
}

/// Its id, for a log line.
pub(in crate::server) fn request_id() -> Option<String> {
    with(|current| {
        current.as_ref().map(|current| String::from_utf8_lossy(current.request_id.as_bytes()).into_owned())
    })
}

/// A part of its work, if it is traced: from now on until this is dropped.
pub(in crate::server) fn part(name: &'static str) -> Option<Part> {
    with(|current| current.as_ref()?.trace.as_ref().map(|trace| trace.part(name)))
}

fn with<T>(look: impl FnOnce(&Option<Current>) -> T) -> T {
    let current = CURRENT.take();
    let result = look(&current);
    CURRENT.set(current);
    result
}

/// A future that belongs to the request which this thread works on now, wherever it is polled.
pub(in crate::server) fn carry<F: Future + Unpin>(future: F) -> Carried<F> {
    carry_for(take_current(), future)
}

/// A future that belongs to a request.
pub(in crate::server) fn carry_for<F: Future + Unpin>(current: Option<Current>, future: F) -> Carried<F> {
    Carried { future, current }
}

/// The future of [`carry`].
#[derive(Debug)]
pub(in crate::server) struct Carried<F> {
    future: F,
    current: Option<Current>,
}

impl<F: Future + Unpin> Future for Carried<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let Self { future, current } = &mut *self;
        run(current, || Pin::new(future).poll(context))
    }
}
