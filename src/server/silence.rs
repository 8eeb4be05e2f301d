//! How long a stream may be silent before it is given up.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::Sleep;
use tonic::Status;

/// Counts the time in which a client waits and nothing comes. The time in which a client does not read is no silence.
#[derive(Debug)]
pub(super) struct Silence {
    duration_max: Duration,
    /// Set while somebody waits.
    until: Option<Pin<Box<Sleep>>>,
}

impl Silence {
    /// A stream that may be silent for this long.
    pub(super) fn new(duration_max: Duration) -> Self {
        Self { duration_max, until: None }
    }

    /// Something has come.
    pub(super) fn end(&mut self) {
        self.until = None;
    }

    /// Nothing has come yet: ready when that has lasted too long.
    pub(super) fn poll(&mut self, context: &mut Context<'_>) -> Poll<Status> {
        let duration_max = self.duration_max;
        let until = self.until.get_or_insert_with(|| Box::pin(tokio::time::sleep(duration_max)));
        until.as_mut().poll(context).map(|()| {
            Status::deadline_exceeded(format!(
                "operation took longer than allowed {duration_max:?} to complete"
            ))
        })
    }
}
