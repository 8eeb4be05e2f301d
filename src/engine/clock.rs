//! What time it is.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use parking_lot::Mutex;

use crate::relationship::Timestamp;

/// Where an engine has the time from, against which relationships expire.
pub trait Clock: fmt::Debug + Send + Sync {
    /// The time now.
    fn now(&self) -> Timestamp;
}

/// The clock of the machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp {
            seconds: i64::try_from(since.as_secs()).unwrap_or(i64::MAX),
            nanoseconds: since.subsec_nanos(),
        }
    }
}

/// A clock that stands still until it is set.
#[derive(Debug)]
pub struct ManualClock(Mutex<Timestamp>);

impl ManualClock {
    /// A clock that shows a time.
    pub fn at(now: Timestamp) -> Self {
        Self(Mutex::new(now))
    }

    /// Sets it to another time.
    pub fn set(&self, now: Timestamp) {
        *self.0.lock() = now;
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        *self.0.lock()
    }
}

/// A clock that never goes back: what has expired does not hold again because the machine's clock was corrected. It
/// remembers whole milliseconds, so that readers have a number to raise a thousand times a second at the most.
#[derive(Debug)]
pub(super) struct Time {
    clock: Arc<dyn Clock>,
    /// The latest millisecond that was seen.
    millis_max: AtomicI64,
}

impl Time {
    pub(super) fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, millis_max: AtomicI64::new(i64::MIN) }
    }

    /// The time now, or the end of the latest millisecond that was seen if the clock has gone back behind that.
    pub(super) fn now(&self) -> Timestamp {
        let Timestamp { seconds, nanoseconds } = self.clock.now();
        let millis = seconds.saturating_mul(1000).saturating_add(i64::from(nanoseconds / 1_000_000));
        let latest = self.millis_max.load(Ordering::Relaxed);
        if millis < latest {
            let part = u32::try_from(latest.rem_euclid(1000)).unwrap_or_default();
            return Timestamp { seconds: latest.div_euclid(1000), nanoseconds: part * 1_000_000 + 999_999 };
        }
        if millis > latest {
            self.millis_max.fetch_max(millis, Ordering::Relaxed);
        }
        Timestamp { seconds, nanoseconds }
    }
}
