//! Answers that are made elsewhere.

use std::collections::VecDeque;
use std::num::NonZeroUsize;
use std::pin::Pin;
use std::task::{Context, Poll};

use http_body::{Body as _, Frame};
use tokio::sync::oneshot;
use tonic::body::Body;
use tonic::codegen::Bytes;
use tonic::codegen::http::{HeaderMap, Response};
use tonic::{Code, Status};

use crate::server::guard::{Answer, Guarded};

use super::{Heavy, HeavyThreads};

/// What a body does next.
enum Next {
    Data(&'static str),
    Trailers,
    Error,
    Panic,
    /// Nothing, ever.
    Wait,
}

/// A body that does one thing after another, and drops a sender with itself.
struct Scripted(
    VecDeque<Next>,
    #[expect(dead_code, reason = "what counts is when it is dropped")] Option<oneshot::Sender<()>>,
);

impl http_body::Body for Scripted {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        Poll::Ready(match self.0.pop_front() {
            None => None,
            Some(Next::Data(text)) => Some(Ok(Frame::data(Bytes::from_static(text.as_bytes())))),
            Some(Next::Trailers) => Some(Ok(Frame::trailers(HeaderMap::new()))),
            Some(Next::Error) => Some(Err(Status::data_loss("a test's"))),
            Some(Next::Panic) => panic!("a test's panic"),
            Some(Next::Wait) => return Poll::Pending,
        })
    }
}

fn started() -> (Heavy, HeavyThreads) {
    let heavy = Heavy::default();
    let threads = heavy.start(NonZeroUsize::MIN).unwrap();
    (heavy, threads)
}

fn answer(nexts: impl IntoIterator<Item = Next>) -> Answer {
    let body = Body::new(Scripted(nexts.into_iter().collect(), None));
    Box::pin(std::future::ready(Ok(Response::new(body))))
}

/// The frames of an answer, as text.
async fn told(heavy: &Heavy, nexts: impl IntoIterator<Item = Next>) -> String {
    let Ok(response) = heavy.make(answer(nexts)).await;
    let mut body = response.into_body();
    let mut told = String::new();
    while let Some(frame) = std::future::poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
        let frame = match frame.map(Frame::into_data) {
            Ok(Ok(data)) => String::from_utf8_lossy(&data).into_owned(),
            Ok(Err(_)) => "trailers".to_owned(),
            Err(status) => format!("{:?}", status.code()),
        };
        told.push_str(&frame);
        told.push(' ');
    }
    told + if body.is_end_stream() { "end" } else { "no end" }
}

#[tokio::test]
async fn a_body_comes_as_it_was_made_and_never_looks_complete_when_it_is_not() {
    use Next::{Data, Error, Panic, Trailers};
    let (heavy, _threads) = started();
    let many = (0..100).map(|_| Data("x")).chain([Trailers]);
    assert_eq!(told(&heavy, many).await, format!("{}trailers end", "x ".repeat(100)));
    for (nexts, expected) in [
        (vec![Data("a"), Data("b"), Trailers], "a b trailers end"),
        (vec![Trailers, Data("a")], "trailers end"),
        (vec![Data("a")], "a Internal end"),
        (vec![Data("a"), Panic], "a Internal end"),
        (vec![Data("a"), Error, Data("b")], "a DataLoss end"),
    ] {
        assert_eq!(told(&heavy, nexts).await, expected);
    }
}

#[tokio::test]
async fn whoever_goes_away_ends_the_work() {
    let (heavy, _threads) = started();
    let (dropped, is_dropped) = oneshot::channel();
    let body = Body::new(Scripted([Next::Data("a"), Next::Wait].into(), Some(dropped)));
    let Ok(response) = heavy.make(Box::pin(std::future::ready(Ok(Response::new(body))))).await;
    drop(response);
    is_dropped.await.unwrap_err();

    let (dropped, is_dropped) = oneshot::channel::<()>();
    let (begun, has_begun) = oneshot::channel();
    let making = heavy.make(Box::pin(async move {
        let _dropped = dropped;
        begun.send(()).unwrap();
        std::future::pending().await
    }));
    let making = tokio::spawn(making);
    has_begun.await.unwrap();
    making.abort();
    is_dropped.await.unwrap_err();
}

#[tokio::test]
async fn a_panic_is_the_requests() {
    let (heavy, _threads) = started();
    let Ok(response) = Guarded::start(|| heavy.make(Box::pin(async { panic!("a test's panic") }))).await;
    let status = Status::from_header_map(response.headers()).unwrap();
    assert_eq!(status.code(), Code::Internal);
    assert_eq!(told(&heavy, [Next::Trailers]).await, "trailers end");
}

#[tokio::test]
async fn what_comes_after_the_end_is_refused() {
    let (heavy, threads) = started();
    tokio::task::spawn_blocking(|| drop(threads)).await.unwrap();
    let Ok(response) = heavy.make(answer([Next::Trailers])).await;
    let status = Status::from_header_map(response.headers()).unwrap();
    assert_eq!(status.code(), Code::Unavailable);
}
