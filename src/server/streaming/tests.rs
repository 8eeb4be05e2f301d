//! Streams and the patience with their clients.

use std::num::NonZeroUsize;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use tokio::sync::oneshot;
use tonic::{Code, Status};

use crate::server::pool::Pool;

use super::{Batches, send};

/// Batches without end, which drop a sender with themselves.
struct Endless(#[expect(dead_code, reason = "what counts is when it is dropped")] oneshot::Sender<()>);

impl Batches for Endless {
    type Element = ();

    fn read(&mut self, count_max: usize, _cancelled: &AtomicBool) -> Result<(Vec<()>, bool), Status> {
        Ok((vec![(); count_max], true))
    }
}

#[tokio::test]
async fn what_nobody_takes_in_time_is_given_up_and_does_not_look_complete() {
    let (dropped, is_dropped) = oneshot::channel();
    let pool = Pool::new(NonZeroUsize::MIN);
    let mut waiting = send(pool, Endless(dropped), Duration::from_millis(1));
    is_dropped.await.unwrap_err();
    assert!(waiting.recv().await.unwrap().is_ok());
    assert_eq!(waiting.recv().await.unwrap().unwrap_err().code(), Code::DeadlineExceeded);
    assert!(waiting.recv().await.is_none());
}
