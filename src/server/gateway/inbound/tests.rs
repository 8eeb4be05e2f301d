//! Objects one after another, however they are cut.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use http_body::{Body, Frame};
use http_body_util::BodyExt as _;
use prost::Message as _;
use tonic::codegen::Bytes;

use super::Messages;
use crate::server::gateway::frames::Frames;
use crate::server::gateway::routes::Routes;
use crate::server::wire::v1;

/// A body in pieces of one size.
struct Pieces(Vec<Bytes>);

impl Body for Pieces {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        Poll::Ready(self.0.pop().map(|bytes| Ok(Frame::data(bytes))))
    }
}

/// The tokens of a body of `ZedToken`s, or the error that it is.
fn tokens(text: &str, piece_bytes: usize, bytes_max: usize) -> Result<Vec<String>, String> {
    let routes = Routes::new().unwrap();
    let descriptor = routes.status.parent_pool().get_message_by_name("authzed.api.v1.ZedToken").unwrap();
    let pieces = text.as_bytes().chunks(piece_bytes).rev().map(Bytes::copy_from_slice).collect();
    let messages = Messages::new(Pieces(pieces), descriptor, bytes_max);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let collected = runtime.block_on(messages.collect()).map_err(|status| status.message().to_owned())?;
    let mut frames = Frames::default();
    frames.push(&collected.to_bytes());
    let mut tokens = Vec::new();
    while let Some(message) = frames.next() {
        tokens.push(v1::ZedToken::decode(message).unwrap().token);
    }
    Ok(tokens)
}

#[test]
fn objects_are_found_wherever_they_are_cut() {
    let text = " {\"token\":\"a\"}\n\n{\"token\":\"}{\\\"\\\\\"}{\"x\":{\"y\":[{}]},\"token\":\"é\"}\r\n";
    for piece_bytes in [1, 2, 3, 7, 1000] {
        assert_eq!(tokens(text, piece_bytes, 100).unwrap(), ["a", "}{\"\\", "é"], "{piece_bytes}");
    }
    assert!(tokens("", 1, 100).unwrap().is_empty());
    assert!(tokens(" \n ", 1, 100).unwrap().is_empty());
}

#[test]
fn what_is_no_object_is_an_error() {
    for text in ["[]", "{\"token\":\"a\"},{\"token\":\"b\"}", "{\"token\":\"a\"}{\"token\"", "}", "nul", "\""]
    {
        assert!(tokens(text, 3, 100).is_err(), "{text}");
    }
}

#[test]
fn one_object_is_bounded_and_many_are_not() {
    let one = |length| format!("{{\"token\":\"{}\"}}", "x".repeat(length));
    assert!(tokens(&one(200), 10, 100).unwrap_err().contains("more than 100 bytes"));
    assert_eq!(tokens(&one(80).repeat(50), 10, 100).unwrap().len(), 50);
}

#[test]
fn others_have_their_turn_between_messages() {
    let routes = Routes::new().unwrap();
    let descriptor = routes.status.parent_pool().get_message_by_name("authzed.api.v1.ZedToken").unwrap();
    let messages = Messages::new(Pieces(vec!["{}".repeat(10_000).into()]), descriptor, 100_000);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let turns = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&turns);
        let other = tokio::spawn(async move {
            loop {
                counted.fetch_add(1, Ordering::Relaxed);
                tokio::task::yield_now().await;
            }
        });
        messages.collect().await.unwrap();
        other.abort();
        let turns = turns.load(Ordering::Relaxed);
        assert!(turns >= 10, "{turns} turns while 10,000 messages were taken");
    });
}
