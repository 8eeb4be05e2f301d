//! A request's body that breaks off is an error, never its end.
//!
//! tonic takes a stream that the client has reset for one that is complete. An import that was given up half-way would
//! be made then, as far as it had come.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http_body::{Frame, SizeHint};
use tonic::codegen::{Body, Bytes, StdError};
use tonic::{Code, Status};

/// A body whose errors nobody takes for its end.
#[derive(Debug)]
pub(super) struct Unbroken<B>(pub(super) B);

impl<B> Body for Unbroken<B>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: Into<StdError>,
{
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let frame = ready!(Pin::new(&mut self.0).poll_frame(context));
        Poll::Ready(frame.map(|frame| frame.map_err(|error| status(error.into()))))
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.0.size_hint()
    }
}

/// The error of a body: that of a message which could not be read, else that it broke off.
fn status(error: StdError) -> Status {
    match error.downcast::<Status>() {
        Ok(status) if matches!(status.code(), Code::InvalidArgument | Code::ResourceExhausted) => *status,
        _ => Status::aborted("the request broke off"),
    }
}

#[cfg(test)]
mod tests;
