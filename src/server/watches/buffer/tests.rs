//! Messages come out as they were put in; a client that takes none ends the stream.

use std::num::NonZeroUsize;
use std::time::Duration;

use tokio_stream::StreamExt as _;
use tonic::{Code, Status};

use super::{BYTES_MAX, Ending, Message, Messages, Room, Sender, WatchRefusal};
use crate::engine::ZedToken;

const PATIENCE: Duration = Duration::from_secs(1);

fn message(token: &str) -> Message {
    Message::Checkpoint(ZedToken(token.to_owned()))
}

/// A buffer with all the room that it may want.
fn buffer(length_max: usize) -> (Sender, Messages) {
    buffer_within(&Room::default(), length_max)
}

fn buffer_within(room: &Room, length_max: usize) -> (Sender, Messages) {
    super::new(NonZeroUsize::new(length_max).unwrap(), PATIENCE, room.clone(), room.seat().unwrap())
}

#[tokio::test]
async fn what_is_put_in_comes_out_in_order_and_then_the_end() {
    let (sender, mut messages) = buffer(8);
    for token in ["1", "2"] {
        sender.push(message(token)).await.unwrap();
    }
    sender.end(Status::unavailable("over"), Ending::AfterMessages);
    for token in ["1", "2"] {
        assert_eq!(messages.next().await.unwrap().unwrap(), message(token).into_wire());
    }
    assert_eq!(messages.next().await.unwrap().unwrap_err().code(), Code::Unavailable);
    assert!(messages.next().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_client_that_takes_nothing_from_a_full_buffer_has_fallen_behind() {
    let (sender, mut messages) = buffer(2);
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
    let (sender, mut messages) = buffer(1);
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
    let (sender, messages) = buffer(1000);
    let large = "x".repeat(BYTES_MAX / 2 - 1000);
    sender.push(message(&large)).await.unwrap();
    sender.push(message(&large)).await.unwrap();
    assert!(messages.shared.inner.lock().bytes <= BYTES_MAX);
    assert_eq!(sender.push(message(&large)).await, Err(WatchRefusal::FellBehind));
    // One that is larger than all the room still passes, alone.
    let (sender, _messages) = buffer(1000);
    sender.push(message(&"x".repeat(2 * BYTES_MAX))).await.unwrap();
    assert_eq!(sender.push(message("1")).await, Err(WatchRefusal::FellBehind));
}

#[tokio::test]
async fn each_side_learns_that_the_other_is_gone() {
    let (sender, messages) = buffer(1);
    drop(messages);
    sender.abandoned().await;
    let (sender, mut messages) = buffer(1);
    drop(sender);
    assert_eq!(messages.next().await.unwrap().unwrap_err().code(), Code::Internal);
}

#[tokio::test(start_paused = true)]
async fn clients_that_take_nothing_leave_those_alone_that_do() {
    let large = message(&"x".repeat(100_000));
    let bytes_max = 3 * large.bytes();
    let room = Room::of(bytes_max, 2);
    let (stalled, untaken) = buffer_within(&room, 1000);
    for _ in 0..3 {
        stalled.push(large.clone()).await.unwrap();
    }
    assert_eq!(room.bytes_left(), 0);
    let (reading, mut messages) = buffer_within(&room, 1000);
    assert_eq!(room.seat().err(), Some(WatchRefusal::TooMany));
    for _ in 0..10 {
        reading.push(large.clone()).await.unwrap();
        assert!(reading.try_push(large.clone()).is_err(), "more than one without any room");
        assert_eq!(messages.next().await.unwrap().unwrap(), large.clone().into_wire());
    }
    assert_eq!(stalled.push(large.clone()).await, Err(WatchRefusal::FellBehind));
    stalled.end(WatchRefusal::FellBehind.into(), Ending::Now);
    assert_eq!(room.bytes_left(), bytes_max);
    for _ in 0..3 {
        reading.push(large.clone()).await.unwrap();
    }
    drop((reading, untaken));
    assert!(room.seat().is_ok(), "a stream that has ended leaves its place");
    drop(messages);
    assert_eq!(room.bytes_left(), bytes_max);
}
