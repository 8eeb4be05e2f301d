//! `{"items":["…","…"]}`, written as the items are found.

use std::pin::Pin;
use std::task::{Context, Poll};

use http_body::{Body as HttpBody, Frame};
use tonic::Status;
use tonic::codegen::{BoxStream, Bytes};

/// Bytes of one piece of the body, about.
const PIECE_BYTES: usize = 64 << 10;

/// The body of an answer of many texts.
pub(super) struct Items {
    found: BoxStream<String>,
    piece: Vec<u8>,
    has_item: bool,
    has_ended: bool,
}

impl Items {
    /// The body of these texts.
    pub(super) fn new(items: BoxStream<String>) -> Self {
        Self { found: items, piece: br#"{"items":["#.to_vec(), has_item: false, has_ended: false }
    }

    fn push(&mut self, item: &str) {
        if self.has_item {
            self.piece.push(b',');
        }
        self.has_item = true;
        // A text becomes JSON, and a vector takes it: neither fails.
        let _ = serde_json::to_writer(&mut self.piece, item);
    }

    fn take(&mut self) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        Poll::Ready(Some(Ok(Frame::data(std::mem::take(&mut self.piece).into()))))
    }
}

impl HttpBody for Items {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        if self.has_ended {
            return Poll::Ready(None);
        }
        loop {
            match self.found.as_mut().poll_next(context) {
                Poll::Ready(Some(Ok(item))) => self.push(&item),
                Poll::Ready(Some(Err(status))) => {
                    self.has_ended = true;
                    return Poll::Ready(Some(Err(status)));
                }
                Poll::Ready(None) => {
                    self.has_ended = true;
                    self.piece.extend_from_slice(b"]}");
                    return self.take();
                }
                Poll::Pending if self.piece.is_empty() => return Poll::Pending,
                Poll::Pending => return self.take(),
            }
            if self.piece.len() >= PIECE_BYTES {
                return self.take();
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.has_ended
    }
}
