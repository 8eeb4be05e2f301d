//! Streams and the patience with their clients.

use std::num::NonZeroUsize;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use tokio::sync::oneshot;
use tonic::{Code, Status};

use crate::server::outbox::{Outbox, SMALL_BYTES};
use crate::server::pool::Pool;

use super::{Batches, STREAM_BYTES, Shared, respond, send};

/// Batches without end, which drop a sender with themselves.
struct Endless(#[expect(dead_code, reason = "what counts is when it is dropped")] oneshot::Sender<()>);

impl Batches for Endless {
    type Element = ();

    fn read(&mut self, count_max: usize, _cancelled: &AtomicBool) -> Result<(Vec<()>, bool), Status> {
        Ok((vec![(); count_max], true))
    }

    fn held_bytes(&self) -> usize {
        1000
    }
}

#[tokio::test]
async fn what_nobody_takes_in_time_is_given_up_and_does_not_look_complete() {
    let (dropped, is_dropped) = oneshot::channel();
    let outbox = Outbox::new(usize::MAX);
    let endless = Shared::new(Endless(dropped), &[], &outbox).unwrap();
    let mut waiting = send(Pool::new(NonZeroUsize::MIN, outbox), endless, Duration::from_millis(1));
    is_dropped.await.unwrap_err();
    assert!(waiting.recv().await.unwrap().is_ok());
    assert_eq!(waiting.recv().await.unwrap().unwrap_err().code(), Code::DeadlineExceeded);
    assert!(waiting.recv().await.is_none());
}

/// Texts of so many bytes each.
struct Texts {
    bytes: usize,
    has_more: bool,
}

impl Batches for Texts {
    type Element = String;

    fn read(&mut self, count_max: usize, _cancelled: &AtomicBool) -> Result<(Vec<String>, bool), Status> {
        Ok((vec!["x".repeat(self.bytes); count_max], self.has_more))
    }

    fn held_bytes(&self) -> usize {
        1000
    }
}

#[tokio::test]
async fn a_stream_is_refused_where_there_is_no_room_unless_it_is_small() {
    let refusal = async |texts: Texts, room: usize| {
        let pool = Pool::new(NonZeroUsize::MIN, Outbox::new(room));
        respond(&pool, || Ok(texts)).await.err().map(|status| status.code())
    };
    let full = Some(Code::ResourceExhausted);
    assert_eq!(refusal(Texts { bytes: 1, has_more: false }, 0).await, full);
    assert_eq!(refusal(Texts { bytes: SMALL_BYTES, has_more: false }, 1 << 20).await, full);
    assert_eq!(refusal(Texts { bytes: SMALL_BYTES, has_more: false }, 4 << 20).await, None);
    assert_eq!(refusal(Texts { bytes: 1, has_more: true }, STREAM_BYTES).await, full);
    assert_eq!(refusal(Texts { bytes: 1, has_more: true }, STREAM_BYTES + 1000).await, None);
}

#[tokio::test]
async fn a_stream_whose_batches_outgrow_the_room_ends_with_an_error() {
    let outbox = Outbox::new(STREAM_BYTES + 1000);
    let pool = Pool::new(NonZeroUsize::MIN, outbox.clone());
    let shared = Shared::new(Texts { bytes: 1000, has_more: true }, &[], &outbox).unwrap();
    let mut waiting = send(pool, shared, Duration::from_mins(1));
    let mut batches = 0;
    let refused = loop {
        match waiting.recv().await.unwrap() {
            Ok(_) => batches += 1,
            Err(status) => break status,
        }
    };
    assert_eq!((batches, refused.code()), (0, Code::ResourceExhausted));
}
