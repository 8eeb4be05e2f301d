//! What every answer ends with: the id of its request, the server's version if that was asked for, and how many
//! operations it took. And when it ends: a stream that is silent for too long is given up, and an answer for which the
//! outbox has no room.

use std::cell::Cell;
use std::convert::Infallible;
use std::hash::{BuildHasher as _, RandomState};
use std::pin::Pin;
use std::task::{Context, Poll};

use tonic::Status;
use tonic::body::Body;
use tonic::codegen::http::{HeaderMap, HeaderName, HeaderValue, Response};
use tonic::codegen::{Body as HttpBody, Bytes};

use super::admission::Pass;
use super::guard::Guarded;
use super::outbox::{Outbox, OutboxFull, RequestShare, StreamShare};
use super::silence::Silence;
use super::telemetry::{self, Call, Current};

/// The id of a request: the client's own, or one made here.
pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Bytes of an id that is sent back, at most.
const REQUEST_ID_BYTES_MAX: usize = 256;
/// Asks for the server's version, whatever its value.
const VERSION_ASKED: HeaderName = HeaderName::from_static("io.spicedb.requestversion");
const VERSION: HeaderName = HeaderName::from_static("io.spicedb.debug.version");
const DISPATCHED: HeaderName = HeaderName::from_static("io.spicedb.respmeta.dispatchedoperationscount");
const CACHED: HeaderName = HeaderName::from_static("io.spicedb.respmeta.cachedoperationscount");

/// The version as clients read it.
const THIS_VERSION: HeaderValue = HeaderValue::from_static(concat!("v", env!("CARGO_PKG_VERSION")));
const NONE: HeaderValue = HeaderValue::from_static("0");
const ONE: HeaderValue = HeaderValue::from_static("1");

/// How many operations an answer took, as an extension of the response. An answer that says nothing took one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Operations(pub(super) usize);

impl Operations {
    fn value(self) -> HeaderValue {
        if self == Self(1) { ONE } else { HeaderValue::from(self.0) }
    }
}

/// What is known of an answer's end when its request comes in.
#[derive(Debug)]
pub(super) struct Trailers {
    /// The request, whose id this ends with.
    current: Option<Current>,
    tells_version: bool,
    /// Health and reflection count no operations.
    counts_operations: bool,
}

impl Trailers {
    /// For a request with these headers.
    pub(super) fn new(
        headers: &HeaderMap,
        current: Current,
        reveals_version: bool,
        counts_operations: bool,
    ) -> Self {
        Self {
            current: Some(current),
            tells_version: reveals_version && headers.contains_key(VERSION_ASKED),
            counts_operations,
        }
    }

    /// Does something for the request.
    pub(super) fn run<T>(&mut self, work: impl FnOnce() -> T) -> T {
        telemetry::run(&mut self.current, work)
    }

    fn add_to(self, headers: &mut HeaderMap, operations: Option<Operations>) {
        if let Some(current) = self.current {
            headers.insert(REQUEST_ID, current.request_id);
        }
        if self.tells_version {
            headers.insert(VERSION, THIS_VERSION);
        }
        if let Some(operations) = operations.filter(|_| self.counts_operations) {
            headers.insert(DISPATCHED, operations.value());
            headers.insert(CACHED, NONE);
        }
    }
}

/// An answer on its way to its trailers.
pub(super) struct Answered {
    answer: Guarded,
    /// Until the answer is there, and then its body has them.
    ending: Option<(Trailers, Call)>,
    silence: Option<Silence>,
    outbox: Option<Outbox>,
    /// Held until the answer's end.
    pass: Option<Pass>,
}

impl Answered {
    /// Gives the answer its trailers, a stream its bound on silence, and messages their share of the outbox, if they
    /// need one.
    pub(super) fn new(
        answer: Guarded,
        trailers: Trailers,
        call: Call,
        silence: Option<Silence>,
        outbox: Option<Outbox>,
        pass: Option<Pass>,
    ) -> Self {
        Self { answer, ending: Some((trailers, call)), silence, outbox, pass }
    }

    fn finish(&mut self, mut response: Response<Body>) -> Response<Body> {
        let Some((trailers, mut call)) = self.ending.take() else { return response };
        if response.body().is_end_stream() {
            // An error: the headers are the trailers.
            call.end_with(response.headers());
            trailers.add_to(response.headers_mut(), None);
            return response;
        }
        let operations = response.extensions_mut().remove().unwrap_or(Operations(1));
        let room = match response.extensions_mut().remove() {
            Some(StreamShare(share)) => Room::Shared(StreamShare(share)),
            None => self.outbox.take().map_or(Room::Unbounded, Room::Outbox),
        };
        let request_share = response.extensions_mut().remove();
        let (silence, trailers) = (self.silence.take(), Some((trailers, operations)));
        let pass = self.pass.take();
        response.map(|body| {
            Body::new(Ending { body, trailers, call, silence, room, request_share, pass, frames: 0 })
        })
    }

    /// The answer is not there yet: ready if it has taken too long.
    fn poll_too_late(&mut self, context: &mut Context<'_>) -> Poll<Status> {
        poll_too_late(self.silence.as_mut(), self.pass.as_mut(), context)
    }
}

impl Future for Answered {
    type Output = Result<Response<Body>, Infallible>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { answer, ending, .. } = &mut *self;
        let polled = match ending {
            Some((trailers, _)) => trailers.run(|| Pin::new(answer).poll(context)),
            None => Pin::new(answer).poll(context),
        };
        let response = match polled {
            Poll::Ready(Ok(response)) => response,
            Poll::Pending => match self.poll_too_late(context) {
                Poll::Ready(status) => {
                    // Dropping the answer ends the work behind it.
                    self.answer = Guarded::refuse(status.clone());
                    status.into_http()
                }
                Poll::Pending => return Poll::Pending,
            },
        };
        Poll::Ready(Ok(self.finish(response)))
    }
}

/// Ready when a stream was silent for too long, or the time of the whole answer is over.
fn poll_too_late(
    silence: Option<&mut Silence>,
    pass: Option<&mut Pass>,
    context: &mut Context<'_>,
) -> Poll<Status> {
    if let Some(Poll::Ready(status)) = silence.map(|silence| silence.poll(context)) {
        return Poll::Ready(status);
    }
    pass.map_or(Poll::Pending, |pass| pass.poll_end(context))
}

/// A body that ends with more than its status.
struct Ending {
    body: Body,
    trailers: Option<(Trailers, Operations)>,
    call: Call,
    silence: Option<Silence>,
    room: Room,
    request_share: Option<RequestShare>,
    pass: Option<Pass>,
    /// Up to [`FRAMES_UNTIMED`].
    frames: u8,
}

/// Frames that an answer with one message has. What comes behind them may come for as long as its client takes.
const FRAMES_UNTIMED: u8 = 2;

/// Where messages have their room.
enum Room {
    /// Each takes its own.
    Outbox(Outbox),
    /// Their stream has taken it for them.
    Shared(StreamShare),
    /// They are bounded elsewhere.
    Unbounded,
}

impl Room {
    fn hold(&self, data: Bytes) -> Result<Bytes, OutboxFull> {
        match self {
            Self::Outbox(outbox) => outbox.hold(data),
            Self::Shared(share) => Ok(share.hold(data)),
            Self::Unbounded => Ok(data),
        }
    }
}

impl Ending {
    /// The end, in place of what the body would say next. Dropping the body ends the work behind it.
    fn give_up(&mut self, status: &Status) -> Result<Frame, Status> {
        (self.body, self.silence, self.pass) = (Body::empty(), None, None);
        let mut headers = HeaderMap::new();
        status.add_header(&mut headers)?;
        self.end(&mut headers);
        Ok(Frame::trailers(headers))
    }

    fn end(&mut self, headers: &mut HeaderMap) {
        self.call.end_with(headers);
        if let Some((trailers, operations)) = self.trailers.take() {
            trailers.add_to(headers, Some(operations));
        }
    }
}

type Frame = http_body::Frame<Bytes>;

impl HttpBody for Ending {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame, Status>>> {
        // A client that reads slowly finds the next message ready each time, and must not keep its time, or its key, by it.
        if self.frames < FRAMES_UNTIMED {
            self.frames += 1;
        } else if let Some(Poll::Ready(status)) = self.pass.as_mut().map(|pass| pass.poll_end(context)) {
            return Poll::Ready(Some(self.give_up(&status)));
        }
        let Self { body, trailers, .. } = &mut *self;
        let polled = match trailers {
            Some((trailers, _)) => trailers.run(|| Pin::new(body).poll_frame(context)),
            None => Pin::new(body).poll_frame(context),
        };
        match polled {
            Poll::Ready(Some(Ok(mut frame))) => {
                if let Some(silence) = &mut self.silence {
                    silence.end();
                }
                if let Some(headers) = frame.trailers_mut() {
                    self.end(headers);
                }
                let data = match frame.into_data() {
                    Ok(data) => data,
                    Err(frame) => return Poll::Ready(Some(Ok(frame))),
                };
                // What was asked has become what is answered.
                self.request_share = None;
                Poll::Ready(Some(match self.room.hold(data) {
                    Ok(data) => Ok(Frame::data(data)),
                    Err(full) => self.give_up(&full.into()),
                }))
            }
            Poll::Pending => {
                let this = &mut *self;
                match poll_too_late(this.silence.as_mut(), this.pass.as_mut(), context) {
                    Poll::Ready(status) => Poll::Ready(Some(self.give_up(&status))),
                    Poll::Pending => Poll::Pending,
                }
            }
            Poll::Ready(Some(Err(status))) => {
                self.call.end(status.code());
                Poll::Ready(Some(Err(status)))
            }
            ended @ Poll::Ready(None) => ended,
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> http_body::SizeHint {
        self.body.size_hint()
    }
}

/// The id of a request with these headers.
pub(super) fn request_id(headers: &HeaderMap) -> HeaderValue {
    headers.get(REQUEST_ID).and_then(echoed).unwrap_or_else(new_request_id)
}

/// The client's id, unless it is so long that an error beside it might not arrive, or cannot be shown in a line of a log.
fn echoed(id: &HeaderValue) -> Option<HeaderValue> {
    let is_shown = |byte: &u8| matches!(byte, b' '..=b'~');
    let is_well_formed = (1..=REQUEST_ID_BYTES_MAX).contains(&id.len()) && id.as_bytes().iter().all(is_shown);
    is_well_formed.then(|| id.clone())
}

/// 32 hexadecimal digits, nearly never the same twice. Ids only tell requests apart, so they need not be secret:
/// each thread goes on from a random start in the steps of `SplitMix64`.
fn new_request_id() -> HeaderValue {
    thread_local! {
        static STATE: Cell<u64> = Cell::new(RandomState::new().hash_one(0_u8));
    }
    let mut text = Vec::with_capacity(32);
    for _ in 0..2 {
        let state = STATE.get().wrapping_add(0x9e37_79b9_7f4a_7c15);
        STATE.set(state);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let bytes = (mixed ^ (mixed >> 31)).to_be_bytes();
        let digit = |half: u8| if half < 10 { b'0' + half } else { b'a' + half - 10 };
        text.extend(bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 0xf)]));
    }
    HeaderValue::from_maybe_shared(Bytes::from(text)).unwrap_or(NONE)
}

#[cfg(test)]
mod tests;
