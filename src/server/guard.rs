//! Around every request: a panic ends the request, never the server, and what tonic answers to an oversized message
//! becomes what other gRPC servers answer.

use std::convert::Infallible;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

use tonic::body::Body;
use tonic::codegen::http::Response;
use tonic::{Code, Status};

use super::status;

/// A response on its way.
pub(super) type Answer = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

/// An answer whose panics are caught.
pub(super) struct Guarded(Answer);

impl Guarded {
    /// Begins to work on the answer.
    pub(super) fn start(begin: impl FnOnce() -> Answer) -> Self {
        match catch_unwind(AssertUnwindSafe(begin)) {
            Ok(answer) => Self(answer),
            Err(_) => Self::refuse(panicked()),
        }
    }

    /// Answers with an error.
    pub(super) fn refuse(status: Status) -> Self {
        Self(Box::pin(std::future::ready(Ok(status.into_http()))))
    }
}

impl Future for Guarded {
    type Output = Result<Response<Body>, Infallible>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        // A future that panicked is not polled again: it is dropped with this one.
        match catch_unwind(AssertUnwindSafe(|| self.0.as_mut().poll(context))) {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(Ok(response))) => Poll::Ready(Ok(reworded(response))),
            Err(_) => Poll::Ready(Ok(panicked().into_http())),
        }
    }
}

fn panicked() -> Status {
    status::internal(&"it panicked")
}

/// What tonic says, with the code `OUT_OF_RANGE`, of a message over the limit.
const TOO_LARGE: &str = "Error, decoded message length too large: ";

/// A message over the limit is `RESOURCE_EXHAUSTED`, as with every other gRPC server.
fn reworded(response: Response<Body>) -> Response<Body> {
    // Most answers carry their status in the trailers, and end here.
    let Some(code) = response.headers().get(Status::GRPC_STATUS) else {
        return response;
    };
    if Code::from_bytes(code.as_bytes()) != Code::OutOfRange {
        return response;
    }
    match Status::from_header_map(response.headers()) {
        Some(status) if status.message().starts_with(TOO_LARGE) => {
            let sizes = &status.message()[TOO_LARGE.len()..];
            Status::resource_exhausted(format!("grpc: received message larger than max: {sizes}")).into_http()
        }
        _ => response,
    }
}

#[cfg(test)]
mod tests;
