//! How much one key may ask: requests a second, and at once.

use std::collections::HashMap;
use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use parking_lot::Mutex;

/// Bounds on what one key may ask; none where there is none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct KeyLimits {
    /// Requests a second on average; as many may come all at once.
    pub requests_per_second: Option<NonZeroU32>,
    /// Requests that are being answered; watches do not count.
    pub concurrent_requests: Option<NonZeroUsize>,
}

/// Counts what one key asks.
#[derive(Debug)]
pub(in crate::server) struct Meter {
    limits: KeyLimits,
    rate: Option<DefaultDirectRateLimiter>,
    running: AtomicUsize,
}

/// A request is one too many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::server) enum Busy {
    /// After this time one more may come.
    Rate { requests_per_second: u32, retry_after: Duration },
    /// When another has ended one more may come.
    Concurrency { requests_max: usize },
}

impl Meter {
    pub(in crate::server) fn new(limits: KeyLimits) -> Self {
        let rate = limits.requests_per_second.map(|count| RateLimiter::direct(Quota::per_second(count)));
        Self { limits, rate, running: AtomicUsize::new(0) }
    }

    /// Counts a request; whether it also has a place that is to be given back by [`Meter::end`].
    pub(in crate::server) fn begin(&self, takes_place: bool) -> Result<bool, Busy> {
        if let Some(rate) = &self.rate
            && let Err(until) = rate.check()
        {
            let retry_after = until.wait_time_from(DefaultClock::default().now());
            let requests_per_second = self.limits.requests_per_second.map_or(0, NonZeroU32::get);
            return Err(Busy::Rate { requests_per_second, retry_after });
        }
        let Some(requests_max) = self.limits.concurrent_requests.filter(|_| takes_place) else {
            return Ok(false);
        };
        if take_place(&self.running, requests_max.get()) {
            Ok(true)
        } else {
            Err(Busy::Concurrency { requests_max: requests_max.get() })
        }
    }

    /// Gives a place back.
    pub(in crate::server) fn end(&self) {
        self.running.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Counts one more, unless there are as many as there may be.
pub(in crate::server) fn take_place(running: &AtomicUsize, count_max: usize) -> bool {
    if running.fetch_add(1, Ordering::Relaxed) < count_max {
        return true;
    }
    running.fetch_sub(1, Ordering::Relaxed);
    false
}

/// The meters of a file's keys by their names, so that a key goes on where it was when its file is read again.
#[derive(Debug, Default)]
pub(super) struct Meters(Mutex<HashMap<String, Arc<Meter>>>);

impl Meters {
    /// The meter of a key, a new one if its limits are new.
    pub(super) fn of(&self, name: &str, limits: KeyLimits) -> Arc<Meter> {
        let mut meters = self.0.lock();
        match meters.get(name) {
            Some(meter) if meter.limits == limits => Arc::clone(meter),
            _ => {
                let meter = Arc::new(Meter::new(limits));
                meters.insert(name.to_owned(), Arc::clone(&meter));
                meter
            }
        }
    }

    /// Forgets what nobody else knows.
    pub(super) fn forget_unused(&self) {
        self.0.lock().retain(|_, meter| Arc::strong_count(meter) > 1);
    }
}
