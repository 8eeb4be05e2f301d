//! What an RPC answers → HTTP: one message as the body, or a stream as lines.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use http_body::{Body as HttpBody, Frame, SizeHint};
use http_body_util::BodyExt as _;
use prost_reflect::MessageDescriptor;
use tokio::time::Sleep;
use tonic::Status;
use tonic::body::Body;
use tonic::codegen::Bytes;
use tonic::codegen::http::header::{CONTENT_TYPE, TRAILER};
use tonic::codegen::http::{HeaderMap, HeaderValue, Response};

use crate::server::status;

use super::frames::Frames;
use super::json;
use super::metadata::{to_headers, to_trailers};
use super::refusal::{self, JSON, Wrapping, error_text};
use super::routes::Routes;

/// The error of an answer, if it has one: in its headers, when there is nothing else.
pub(super) fn error_of(headers: &HeaderMap) -> Option<Status> {
    Status::from_header_map(headers).filter(|status| status.code() != tonic::Code::Ok)
}

/// The one message of an answer, as JSON, and what came behind it.
pub(super) async fn one_message(
    response: Response<Body>,
    descriptor: &MessageDescriptor,
) -> Result<(Vec<u8>, HeaderMap), Status> {
    let collected = response.into_body().collect().await?;
    let trailers = collected.trailers().cloned().unwrap_or_default();
    if let Some(status) = error_of(&trailers) {
        return Err(status);
    }
    let mut frames = Frames::default();
    frames.push(&collected.to_bytes());
    let message = frames.next().ok_or_else(|| status::internal(&"an answer has no message"))?;
    let mut json = Vec::new();
    json::write(descriptor, message, &mut json).map_err(|error| status::internal(&error))?;
    Ok((json, trailers))
}

/// An answer with a body of JSON, and trailers if the client takes them.
pub(super) fn respond(
    json: impl Into<Bytes>,
    headers: &HeaderMap,
    trailers: Option<&HeaderMap>,
) -> Response<Body> {
    let trailers = trailers.map(to_trailers);
    let mut own_headers = to_headers(headers);
    own_headers.insert(CONTENT_TYPE, JSON);
    for name in trailers.iter().flat_map(HeaderMap::keys) {
        if let Ok(name) = HeaderValue::from_str(name.as_str()) {
            own_headers.append(TRAILER, name);
        }
    }
    let mut response = Response::new(Body::new(Whole { json: Some(json.into()), trailers }));
    *response.headers_mut() = own_headers;
    response
}

/// A body that is there as a whole.
struct Whole {
    json: Option<Bytes>,
    trailers: Option<HeaderMap>,
}

impl HttpBody for Whole {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let data = self.json.take().map(Frame::data);
        Poll::Ready(data.or_else(|| self.trailers.take().map(Frame::trailers)).map(Ok))
    }

    fn is_end_stream(&self) -> bool {
        self.json.is_none() && self.trailers.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        let bytes = self.json.as_ref().map_or(0, |json| json.len() as u64);
        // Trailers need a body of chunks.
        if self.trailers.is_some() { SizeHint::default() } else { SizeHint::with_exact(bytes) }
    }
}

/// A stream of messages as lines of `{"result":…}`. It reads no further than its client does.
pub(super) struct Lines {
    routes: Arc<Routes>,
    descriptor: MessageDescriptor,
    body: Body,
    deadline: Option<Pin<Box<Sleep>>>,
    frames: Frames,
    has_ended: bool,
}

/// What a stream says next.
enum Said {
    /// At least one line.
    Lines(Vec<u8>),
    /// That it failed. It says nothing behind that.
    Error(Status),
}

impl Lines {
    /// The lines of a stream of these messages, up to a deadline.
    pub(super) fn new(
        routes: Arc<Routes>,
        descriptor: MessageDescriptor,
        deadline: Option<Pin<Box<Sleep>>>,
    ) -> Self {
        let (body, frames) = (Body::empty(), Frames::default());
        Self { routes, descriptor, body, deadline, frames, has_ended: false }
    }

    /// The answer that a stream is. Waits for its first message, since an error that comes before it is the status of
    /// the whole.
    pub(super) async fn respond(
        mut self,
        response: Response<Body>,
        content_type: HeaderValue,
    ) -> Response<Body> {
        let (head, body) = response.into_parts();
        if let Some(status) = error_of(&head.headers) {
            return refusal::refuse(&self.routes, &status, Wrapping::Line);
        }
        self.body = body;
        let first = match std::future::poll_fn(|context| self.poll_said(context)).await {
            Some(Said::Error(status)) => return refusal::refuse(&self.routes, &status, Wrapping::Line),
            Some(Said::Lines(first)) => first,
            None => Vec::new(),
        };
        let mut response = Response::new(Body::new(Begun { first: Some(first.into()), lines: self }));
        *response.headers_mut() = to_headers(&head.headers);
        response.headers_mut().insert(CONTENT_TYPE, content_type);
        response
    }

    fn poll_said(&mut self, context: &mut Context<'_>) -> Poll<Option<Said>> {
        loop {
            if self.has_ended {
                return Poll::Ready(None);
            }
            match self.take_lines() {
                Ok(lines) if lines.is_empty() => {}
                Ok(lines) => return Poll::Ready(Some(Said::Lines(lines))),
                Err(status) => return Poll::Ready(Some(self.fail(status))),
            }
            let is_late = |deadline: &mut Pin<Box<Sleep>>| deadline.as_mut().poll(context).is_ready();
            if self.deadline.as_mut().is_some_and(is_late) {
                return Poll::Ready(Some(self.fail(too_late())));
            }
            match ready!(Pin::new(&mut self.body).poll_frame(context)) {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => self.frames.push(&data),
                    Err(frame) => {
                        if let Some(status) = frame.trailers_ref().and_then(error_of) {
                            return Poll::Ready(Some(self.fail(status)));
                        }
                    }
                },
                Some(Err(status)) => return Poll::Ready(Some(self.fail(status))),
                None => self.has_ended = true,
            }
        }
    }

    /// The lines of the messages that are there.
    fn take_lines(&mut self) -> Result<Vec<u8>, Status> {
        let mut lines = Vec::new();
        while let Some(message) = self.frames.next() {
            lines.extend_from_slice(b"{\"result\":");
            json::write(&self.descriptor, message, &mut lines).map_err(|error| status::internal(&error))?;
            lines.extend_from_slice(b"}\n");
        }
        Ok(lines)
    }

    /// Dropping the body ends the work behind it.
    fn fail(&mut self, status: Status) -> Said {
        self.has_ended = true;
        self.body = Body::empty();
        Said::Error(status)
    }
}

/// What a client is told that did not want to wait any longer.
pub(super) fn too_late() -> Status {
    Status::deadline_exceeded("context deadline exceeded")
}

/// Lines of which the first are there.
struct Begun {
    first: Option<Bytes>,
    lines: Lines,
}

impl HttpBody for Begun {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        if let Some(first) = self.first.take().filter(|first| !first.is_empty()) {
            return Poll::Ready(Some(Ok(Frame::data(first))));
        }
        let said = ready!(self.lines.poll_said(context));
        let text = said.map(|said| match said {
            Said::Lines(lines) => Bytes::from(lines),
            Said::Error(status) => Bytes::from(error_text(&self.lines.routes, &status, Wrapping::Line)),
        });
        Poll::Ready(text.map(|text| Ok(Frame::data(text))))
    }
}
