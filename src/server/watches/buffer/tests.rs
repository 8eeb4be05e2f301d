//! Messages come out as they were put in; a client that takes none ends the stream.

use std::num::NonZeroUsize;
use std::time::Duration;

use tokio_stream::StreamExt as _;
use tonic::{Code, Status};

use super::{BYTES_MAX, Ending, WatchRefusal};
use crate::server::wire::v1::{WatchResponse, ZedToken};

const PATIENCE: Duration = Duration::from_secs(1);

fn message(token: &str) -> WatchResponse {
    WatchResponse { changes_through: Some(ZedToken { token: token.to_owned() }), ..WatchResponse::default() }
}

fn length(length: usize) -> NonZeroUsize {
    NonZeroUsize::new(length).unwrap()
}

#[tokio::test]
async fn what_is_put_in_comes_out_in_order_and_then_the_end() {
    let (sender, mut messages) = super::new(length(8), PATIENCE);
    for token in ["1", "2"] {
        sender.push(message(token)).await.unwrap();
    }
    sender.end(Status::unavailable("over"), Ending::AfterMessages);
    for token in ["1", "2"] {
        assert_eq!(messages.next().await.unwrap().unwrap(), message(token));
    }
    assert_eq!(messages.next().await.unwrap().unwrap_err().code(), Code::Unavailable);
    assert!(messages.next().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_client_that_takes_nothing_from_a_full_buffer_has_fallen_behind() {
    let (sender, mut messages) = super::new(length(2), PATIENCE);
    for token in ["1", "2"] {
        sender.push(message(token)).await.unwrap();
    }
    let refused = sender.push(message("3")).await;
    assert_eq!(refused, Err(WatchRefusal::FellBehind));
    sender.end(WatchRefusal::FellBehind.into(), Ending::Now);
    assert_eq!(messages.shared.inner.lock().bytes, 0);
    assert_eq!(messages.next().await.unwrap().unwrap_err().code(), Code::ResourceExhausted);
    assert!(messages.next().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_client_that_is_merely_slow_goes_on() {
    let (sender, mut messages) = super::new(length(1), PATIENCE);
    let taking = tokio::spawn(async move {
        let mut taken = Vec::new();
        while let Some(Ok(message)) = messages.next().await {
            taken.push(message.changes_through.unwrap().token);
            tokio::time::sleep(PATIENCE * 9 / 10).await;
        }
        taken
    });
    let tokens: Vec<_> = (0..20).map(|number: u32| number.to_string()).collect();
    for token in &tokens {
        sender.push(message(token)).await.unwrap();
    }
    sender.end(Status::unavailable("over"), Ending::AfterMessages);
    assert_eq!(taking.await.unwrap(), tokens);
}

#[tokio::test(start_paused = true)]
async fn few_large_messages_fill_it_as_well() {
    let (sender, messages) = super::new(length(1000), PATIENCE);
    let large = "x".repeat(BYTES_MAX / 2 - 100);
    sender.push(message(&large)).await.unwrap();
    sender.push(message(&large)).await.unwrap();
    assert!(messages.shared.inner.lock().bytes <= BYTES_MAX);
    assert_eq!(sender.push(message(&large)).await, Err(WatchRefusal::FellBehind));
    // One that is larger than all the room still passes, alone.
    let (sender, _messages) = super::new(length(1000), PATIENCE);
    sender.push(message(&"x".repeat(2 * BYTES_MAX))).await.unwrap();
    assert_eq!(sender.push(message("1")).await, Err(WatchRefusal::FellBehind));
}

#[tokio::test]
async fn each_side_learns_that_the_other_is_gone() {
    let (sender, messages) = super::new(length(1), PATIENCE);
    drop(messages);
    sender.abandoned().await;
    let (sender, mut messages) = super::new(length(1), PATIENCE);
    drop(sender);
    assert_eq!(messages.next().await.unwrap().unwrap_err().code(), Code::Internal);
}
