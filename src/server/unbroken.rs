//! A request's body that breaks off is an error, never its end.
//!
//! tonic takes a stream that the client has reset for one that is complete. An import that was given up half-way would
//! be made then, as far as it had come.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http_body::{Frame, SizeHint};
use tonic::Status;
use tonic::codegen::{Body, Bytes};

/// A body whose errors nobody takes for its end.
#[derive(Debug)]
pub(super) struct Unbroken<B>(pub(super) B);

impl<B: Body<Data = Bytes> + Unpin> Body for Unbroken<B> {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let frame = ready!(Pin::new(&mut self.0).poll_frame(context));
        Poll::Ready(frame.map(|frame| frame.map_err(|_| Status::aborted("the request broke off"))))
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.0.size_hint()
    }
}

#[cfg(test)]
mod tests;
