//! What a request has that came in, until the last of its answer is taken or nobody wants it any more.

use std::num::NonZeroUsize;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::Sleep;
use tonic::Status;

use crate::server::front::Front;
use crate::server::keys::{Meter, take_place};
use crate::server::refusals::RefusalReason;

use super::refused::Refused;

/// Those that came in, all together.
#[derive(Debug)]
pub(super) struct Hall {
    pub(super) requests_max: Option<NonZeroUsize>,
    pub(super) running: AtomicUsize,
    pub(super) front: Arc<Front>,
}

/// A place among those that are answered, and how long it may be held.
#[derive(Debug)]
pub(in crate::server) struct Pass {
    hall: Arc<Hall>,
    /// Whether it is one of the hall's places.
    has_place: bool,
    /// Where it is one of a key's places.
    meter: Option<Arc<Meter>>,
    time_max: Option<Duration>,
    /// Set when somebody waits for the first time.
    until: Option<Pin<Box<Sleep>>>,
}

impl Pass {
    /// For what neither takes a place nor has to end.
    pub(super) fn free(hall: &Arc<Hall>) -> Self {
        Self { hall: Arc::clone(hall), has_place: false, meter: None, time_max: None, until: None }
    }

    /// Counts a request of a key. One that takes no place, such as a watch, still counts for the key's rate.
    pub(super) fn take(
        hall: &Arc<Hall>,
        meter: &Arc<Meter>,
        takes_place: bool,
        time_max: Option<Duration>,
    ) -> Result<Self, Refused> {
        // Whatever is taken is given back when this is dropped.
        let mut pass = Self::free(hall);
        pass.time_max = time_max;
        if meter.begin(takes_place)? {
            pass.meter = Some(Arc::clone(meter));
        }
        if let Some(requests_max) = hall.requests_max.filter(|_| takes_place) {
            if !take_place(&hall.running, requests_max.get()) {
                return Err(Refused::Concurrency { requests_max: requests_max.get() });
            }
            pass.has_place = true;
        }
        Ok(pass)
    }

    /// The answer is not there yet: ready when its time is over.
    pub(in crate::server) fn poll_end(&mut self, context: &mut Context<'_>) -> Poll<Status> {
        let Some(time_max) = self.time_max else { return Poll::Pending };
        let until = self.until.get_or_insert_with(|| Box::pin(tokio::time::sleep(time_max)));
        until.as_mut().poll(context).map(|()| {
            self.hall.front.refusals.count(RefusalReason::Deadline);
            Status::deadline_exceeded(format!(
                "the call took longer than {time_max:?}, which is what it may take where the client gives no deadline"
            ))
        })
    }

    /// Waits until its time is over; forever if it has none.
    pub(in crate::server) async fn end(&mut self) -> Status {
        std::future::poll_fn(|context| self.poll_end(context)).await
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        if self.has_place {
            self.hall.running.fetch_sub(1, Ordering::Relaxed);
        }
        if let Some(meter) = &self.meter {
            meter.end();
        }
    }
}
