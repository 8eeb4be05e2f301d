//! The body of a request → messages for an RPC.

use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use http_body::{Body as HttpBody, Frame};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use prost_reflect::MessageDescriptor;
use tokio::task::coop;
use tonic::Status;
use tonic::codegen::{Bytes, StdError};

use super::frames::frame;
use super::json;

/// Bytes of one message as JSON, where it may have one byte on the wire.
pub(super) const JSON_BYTES_PER_WIRE_BYTE: usize = 4;
/// How long a client may take to send the one message of a call.
const BODY_TIMEOUT: Duration = Duration::from_mins(1);

/// The whole body as one message in its frame.
pub(super) async fn one_message<B>(
    body: B,
    descriptor: &MessageDescriptor,
    bytes_max: usize,
) -> Result<Bytes, Status>
where
    B: HttpBody<Data = Bytes>,
    B::Error: Into<StdError>,
{
    let text = tokio::time::timeout(BODY_TIMEOUT, Limited::new(body, bytes_max).collect()).await;
    let text = text.map_err(|_| Status::deadline_exceeded("the request's body did not come in time"))?;
    let text = text.map_err(|error| {
        if error.is::<LengthLimitError>() {
            too_large(bytes_max)
        } else {
            Status::cancelled(error.to_string())
        }
    })?;
    frame(&read(descriptor, &text.to_bytes())?)
}

fn too_large(bytes_max: usize) -> Status {
    Status::resource_exhausted(format!(
        "received message larger than max: more than {bytes_max} bytes of JSON"
    ))
}

fn read(descriptor: &MessageDescriptor, text: &[u8]) -> Result<Vec<u8>, Status> {
    json::read(descriptor, text).map_err(|error| Status::invalid_argument(error.to_string()))
}

/// A body of one JSON object after another, as frames: each is translated when the RPC wants it, and no more than one
/// is kept.
#[derive(Debug)]
pub(super) struct Messages<B> {
    body: B,
    has_ended: bool,
    descriptor: MessageDescriptor,
    text: Vec<u8>,
    /// Bytes of the text whose messages have been taken.
    taken: usize,
    boundary: Boundary,
    bytes_max: usize,
}

impl<B> Messages<B> {
    /// The messages of a body, each with this many bytes at the most.
    pub(super) fn new(body: B, descriptor: MessageDescriptor, bytes_max: usize) -> Self {
        let (text, boundary) = (Vec::new(), Boundary::default());
        Self { body, has_ended: false, descriptor, text, taken: 0, boundary, bytes_max }
    }

    /// The next message if its text is there as a whole; at the body's end, whatever is left.
    fn next(&mut self) -> Option<Result<Bytes, Status>> {
        let rest = &self.text[self.taken..];
        let end = match self.boundary.find(rest) {
            Some(end) => end,
            None if self.has_ended && !rest.trim_ascii().is_empty() => rest.len(),
            None => return None,
        };
        let message = read(&self.descriptor, &rest[..end]).and_then(|message| frame(&message));
        self.taken += end;
        self.boundary = Boundary::default();
        Some(message)
    }

    /// Adds what has come in. What has been taken goes once for each piece, not for each of its messages.
    fn push(&mut self, data: &[u8]) {
        self.text.drain(..self.taken);
        self.taken = 0;
        self.text.extend_from_slice(data);
    }
}

impl<B> HttpBody for Messages<B>
where
    B: HttpBody<Data = Bytes> + Unpin,
    B::Error: Into<StdError>,
{
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        loop {
            // A piece may hold thousands of messages, none of which is waited for: others have their turn between them.
            ready!(pin!(coop::consume_budget()).poll(context));
            if let Some(message) = self.next() {
                return Poll::Ready(Some(message.map(Frame::data)));
            }
            if self.has_ended {
                return Poll::Ready(None);
            }
            if self.text.len() - self.taken > self.bytes_max {
                return Poll::Ready(Some(Err(too_large(self.bytes_max))));
            }
            match ready!(Pin::new(&mut self.body).poll_frame(context)) {
                Some(Ok(frame)) => {
                    if let Ok(data) = frame.into_data() {
                        self.push(&data);
                    }
                }
                Some(Err(error)) => {
                    return Poll::Ready(Some(Err(Status::cancelled(error.into().to_string()))));
                }
                None => self.has_ended = true,
            }
        }
    }
}

/// Where the first object of a text ends, found while the text grows.
#[derive(Debug, Default)]
struct Boundary {
    /// What has been looked at.
    seen: usize,
    depth: usize,
    is_in_string: bool,
    is_escaped: bool,
}

impl Boundary {
    /// The end of the object; none if it is not there yet. What is no object ends at once.
    fn find(&mut self, text: &[u8]) -> Option<usize> {
        while let Some(byte) = text.get(self.seen) {
            self.seen += 1;
            match byte {
                _ if self.is_escaped => self.is_escaped = false,
                b'\\' if self.is_in_string => self.is_escaped = true,
                b'"' => self.is_in_string = !self.is_in_string,
                _ if self.is_in_string => {}
                b'{' => self.depth += 1,
                b'}' => self.depth = self.depth.saturating_sub(1),
                _ => {}
            }
            if self.depth == 0 && !self.is_in_string && !byte.is_ascii_whitespace() {
                return Some(self.seen);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests;
