//! How far back the past is kept: when revisions were committed, as closely as refusing old ones needs it.

use std::collections::VecDeque;
use std::time::Duration;

use parking_lot::Mutex;

use crate::relationship::{Revision, Timestamp};

/// Times that are remembered, at most: commits nearer to each other than this part of the window count as one, at the
/// time of the last of them, so that a revision is kept a little longer rather than not long enough.
const SAMPLES_MAX: u32 = 1024;

/// Which revisions can still be asked for. The newest always can.
#[derive(Debug)]
pub(super) struct Window {
    /// In nanoseconds.
    retention: i128,
    /// INVARIANT: in the order of revisions, which is that of times.
    samples: Mutex<VecDeque<Sample>>,
}

/// Commits that count as one. Times are nanoseconds since 1970.
#[derive(Debug)]
struct Sample {
    first_at: i128,
    last_at: i128,
    revision: Revision,
}

impl Window {
    pub(super) fn new(retention: Duration) -> Self {
        Self { retention: to_signed(retention.as_nanos()), samples: Mutex::default() }
    }

    /// Remembers when a revision was committed. Later revisions come later; where the clock says otherwise, they count
    /// as committed when the one before was.
    pub(super) fn record(&self, committed_at: Timestamp, revision: Revision) {
        let spacing = self.retention / i128::from(SAMPLES_MAX);
        let mut committed_at = nanoseconds(committed_at);
        let mut samples = self.samples.lock();
        if let Some(last) = samples.back_mut() {
            committed_at = committed_at.max(last.last_at);
            if committed_at - last.first_at < spacing {
                last.last_at = committed_at;
                last.revision = revision;
                return;
            }
        }
        samples.push_back(Sample { first_at: committed_at, last_at: committed_at, revision });
        let expired = committed_at - self.retention;
        while samples.get(1).is_some_and(|second| second.last_at <= expired) {
            samples.pop_front();
        }
    }

    /// The oldest revision that is kept: the one that was the newest when the window began.
    pub(super) fn oldest(&self, now: Timestamp) -> Revision {
        let begin = nanoseconds(now) - self.retention;
        let samples = self.samples.lock();
        let before = samples.partition_point(|sample| sample.last_at <= begin);
        before
            .checked_sub(1)
            .and_then(|place| samples.get(place))
            .map_or(Revision::ZERO, |sample| sample.revision)
    }
}

fn nanoseconds(time: Timestamp) -> i128 {
    i128::from(time.seconds) * 1_000_000_000 + i128::from(time.nanoseconds)
}

fn to_signed(nanoseconds: u128) -> i128 {
    i128::try_from(nanoseconds).unwrap_or(i128::MAX / 2)
}

#[cfg(test)]
mod tests;
