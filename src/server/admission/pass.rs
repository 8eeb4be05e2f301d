//! What a request has that came in, until the last of its answer is taken or nobody wants it any more.

use std::num::NonZeroUsize;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::time::{Instant, Sleep};
use tonic::Status;

use crate::lifecycle::identity::ApiKeyHash;
use crate::server::front::Front;
use crate::server::keys::{KeyFiles, Meter, Role, take_place};
use crate::server::refusals::RefusalReason;

use super::refused::Refused;

/// How often a call that lasts is asked for its key again.
const KEY_INTERVAL: Duration = Duration::from_secs(5);

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
    /// Where the key may be taken away while the call lasts.
    key: Option<FileKey>,
    /// Set when somebody waits.
    waiting: Option<Waiting>,
}

/// A key of a file, and what it has to be good for.
#[derive(Debug)]
pub(super) struct FileKey {
    pub(super) files: Arc<KeyFiles>,
    pub(super) hash: ApiKeyHash,
    pub(super) needed: Role,
}

/// Until when is waited.
#[derive(Debug)]
struct Waiting {
    ends_at: Option<Instant>,
    /// The end, or the next look at the key.
    until: Pin<Box<Sleep>>,
}

impl FileKey {
    fn is_good(&self) -> bool {
        self.files.find(&self.hash).is_some_and(|key| key.role.includes(self.needed))
    }
}

impl Waiting {
    /// None if there is nothing to wait for.
    fn begin(time_max: Option<Duration>, has_key: bool) -> Option<Self> {
        let now = Instant::now();
        let ends_at = time_max.map(|time_max| now + time_max);
        let until = Box::pin(tokio::time::sleep_until(next(ends_at, has_key, now)?));
        Some(Self { ends_at, until })
    }
}

fn next(ends_at: Option<Instant>, has_key: bool, now: Instant) -> Option<Instant> {
    let look_at = has_key.then(|| now + KEY_INTERVAL);
    [ends_at, look_at].into_iter().flatten().min()
}

impl Pass {
    /// For what neither takes a place nor has to end.
    pub(super) fn free(hall: &Arc<Hall>) -> Self {
        let hall = Arc::clone(hall);
        Self { hall, has_place: false, meter: None, time_max: None, key: None, waiting: None }
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

    /// Ends also when a key is not good any more.
    pub(super) fn of_key(mut self, key: Option<FileKey>) -> Self {
        self.key = key;
        self
    }

    /// The answer is not there yet: ready when its time is over, or its key is not good any more.
    pub(in crate::server) fn poll_end(&mut self, context: &mut Context<'_>) -> Poll<Status> {
        if self.waiting.is_none() {
            self.waiting = Waiting::begin(self.time_max, self.key.is_some());
        }
        let Some(waiting) = &mut self.waiting else { return Poll::Pending };
        loop {
            ready!(waiting.until.as_mut().poll(context));
            let now = Instant::now();
            if waiting.ends_at.is_some_and(|ends_at| ends_at <= now) {
                self.hall.front.refusals.count(RefusalReason::Deadline);
                return Poll::Ready(too_late(self.time_max.unwrap_or_default()));
            }
            if self.key.as_ref().is_some_and(|key| !key.is_good()) {
                self.hall.front.refusals.count(RefusalReason::Forbidden);
                return Poll::Ready(Status::permission_denied(
                    "the key of this call was taken away, or may not do this any more",
                ));
            }
            if let Some(next) = next(waiting.ends_at, self.key.is_some(), now) {
                waiting.until.as_mut().reset(next);
            }
        }
    }

    /// Waits until its time is over; forever if it has none.
    pub(in crate::server) async fn end(&mut self) -> Status {
        std::future::poll_fn(|context| self.poll_end(context)).await
    }
}

fn too_late(time_max: Duration) -> Status {
    Status::deadline_exceeded(format!(
        "the call took longer than {time_max:?}, which is what it may take where the client gives no deadline"
    ))
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
