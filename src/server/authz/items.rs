//! `{"items":["…","…"]}`, sent as the items are found.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http_body::{Body as HttpBody, Frame};
use tonic::Status;
use tonic::codegen::{BoxStream, Bytes};

use crate::server::outbox::StreamShare;

/// The body of an answer of many texts, which come as pieces of a JSON array's content.
pub(super) struct Items {
    pieces: BoxStream<Bytes>,
    share: Option<StreamShare>,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Begins,
    GoesOn,
    Ended,
}

impl Items {
    /// The body of these pieces, and the share that they have of the outbox.
    pub(super) fn new(pieces: BoxStream<Bytes>, share: Option<StreamShare>) -> Self {
        Self { pieces, share, state: State::Begins }
    }
}

impl HttpBody for Items {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let frame = match self.state {
            State::Begins => {
                self.state = State::GoesOn;
                Ok(Frame::data(Bytes::from_static(br#"{"items":["#)))
            }
            State::GoesOn => match ready!(self.pieces.as_mut().poll_next(context)) {
                Some(Ok(piece)) => Ok(Frame::data(match &self.share {
                    Some(share) => share.hold(piece),
                    None => piece,
                })),
                Some(Err(status)) => {
                    self.state = State::Ended;
                    Err(status)
                }
                None => {
                    self.state = State::Ended;
                    Ok(Frame::data(Bytes::from_static(b"]}")))
                }
            },
            State::Ended => return Poll::Ready(None),
        };
        Poll::Ready(Some(frame))
    }

    fn is_end_stream(&self) -> bool {
        self.state == State::Ended
    }
}
