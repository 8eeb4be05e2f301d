//! When revisions were committed: as closely as refusing old ones needs it within the window, more coarsely before.

use std::collections::VecDeque;
use std::time::Duration;

use parking_lot::Mutex;
use serde::{Deserialize, Serialize};

use crate::relationship::{Revision, Timestamp};

/// Times that are remembered, at most: commits nearer to each other than this part of the window count as one, at the
/// time of the last of them, so that a revision is kept a little longer rather than not long enough.
const SAMPLES_MAX: u32 = 1024;
/// Times from before the window that are remembered, at most. When there are as many, every two become one, so that they
/// lie the farther apart the longer the past is: at most a thousandth of it.
const PAST_SAMPLES_MAX: usize = 2048;

/// Which revisions can still be asked for. The newest always can.
#[derive(Debug)]
pub(super) struct Window {
    /// In nanoseconds.
    retention: i128,
    /// INVARIANT: in the order of revisions, which is that of times.
    samples: Mutex<Samples>,
}

#[derive(Debug, Default)]
struct Samples {
    past: Past,
    kept: VecDeque<Sample>,
    /// What was said to be the oldest revision that is kept: it never becomes an earlier one.
    oldest: Revision,
}

/// What was before the window.
#[derive(Debug, Default)]
struct Past {
    samples: Vec<Sample>,
    /// Nearer to each other than this, samples become one.
    spacing: i128,
}

/// What a window knew, for a checkpoint.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct SavedWindow {
    past: Vec<Sample>,
    past_spacing: i128,
    kept: Vec<Sample>,
}

/// Commits that count as one. Times are nanoseconds since 1970.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Sample {
    first_at: i128,
    last_at: i128,
    revision: Revision,
}

impl Window {
    pub(super) fn new(retention: Duration) -> Self {
        Self { retention: to_signed(retention.as_nanos()), samples: Mutex::default() }
    }

    /// What it knows of the revisions up to one.
    pub(super) fn saved(&self, revision: Revision) -> SavedWindow {
        let samples = self.samples.lock();
        let of_revision =
            |sample: &Sample| Sample { revision: sample.revision.min(revision), ..sample.clone() };
        SavedWindow {
            past: samples.past.samples.iter().map(of_revision).collect(),
            past_spacing: samples.past.spacing,
            kept: samples.kept.iter().map(of_revision).collect(),
        }
    }

    /// A window that knew something, of which nothing before `oldest` is kept.
    pub(super) fn restored(
        retention: Duration,
        saved: SavedWindow,
        oldest: Revision,
        now: Timestamp,
    ) -> Self {
        let SavedWindow { past, past_spacing, kept } = saved;
        // What a wrong clock dated ahead would be kept until then; no clock tells less than the earliest time.
        let (earliest, now) = (nanoseconds(Timestamp::MIN), nanoseconds(now));
        let by_now = |sample: Sample| {
            let Sample { first_at, last_at, revision } = sample;
            Sample {
                first_at: first_at.clamp(earliest, now),
                last_at: last_at.clamp(earliest, now),
                revision,
            }
        };
        let samples = Samples {
            past: Past {
                samples: past.into_iter().map(by_now).collect(),
                spacing: past_spacing.clamp(0, now - earliest),
            },
            kept: kept.into_iter().map(by_now).collect(),
            oldest,
        };
        Self { samples: Mutex::new(samples), ..Self::new(retention) }
    }

    /// Remembers when a revision was committed. Later revisions come later; where the clock says otherwise, they count
    /// as committed when the one before was.
    pub(super) fn record(&self, committed_at: Timestamp, revision: Revision) {
        let spacing = self.retention / i128::from(SAMPLES_MAX);
        let mut committed_at = nanoseconds(committed_at);
        let mut samples = self.samples.lock();
        let Samples { past, kept, .. } = &mut *samples;
        if let Some(last) = kept.back_mut() {
            committed_at = committed_at.max(last.last_at);
            if committed_at - last.first_at < spacing {
                last.last_at = committed_at;
                last.revision = revision;
                return;
            }
        }
        kept.push_back(Sample { first_at: committed_at, last_at: committed_at, revision });
        let expired = committed_at - self.retention;
        while kept.get(1).is_some_and(|second| second.last_at <= expired) {
            past.extend(kept.pop_front());
        }
    }

    /// When a revision was committed, at the latest; nothing if it has not been.
    pub(super) fn committed_by(&self, revision: Revision) -> Option<Timestamp> {
        let samples = self.samples.lock();
        let place = samples.past.samples.partition_point(|sample| sample.revision < revision);
        let sample = samples.past.samples.get(place).or_else(|| {
            let place = samples.kept.partition_point(|sample| sample.revision < revision);
            samples.kept.get(place)
        })?;
        timestamp(sample.last_at)
    }

    /// The oldest revision that is kept: the one that was the newest when the window began. Once a revision is no longer
    /// kept, it never is again, whatever the time: what only it had may have left the index.
    pub(super) fn oldest(&self, now: Timestamp) -> Revision {
        let begin = nanoseconds(now) - self.retention;
        let samples = &mut *self.samples.lock();
        let before = samples.kept.partition_point(|sample| sample.last_at <= begin);
        let oldest = before.checked_sub(1).and_then(|place| samples.kept.get(place));
        samples.oldest = samples.oldest.max(oldest.map_or(Revision::ZERO, |sample| sample.revision));
        samples.oldest
    }
}

impl Past {
    fn extend(&mut self, samples: impl IntoIterator<Item = Sample>) {
        for sample in samples {
            self.push(sample);
        }
        if self.samples.len() > PAST_SAMPLES_MAX {
            let first_at = self.samples.first().map_or(0, |sample| sample.first_at);
            let last_at = self.samples.last().map_or(0, |sample| sample.last_at);
            self.spacing = ((last_at - first_at) / (PAST_SAMPLES_MAX as i128 / 2)).max(1);
            for sample in std::mem::take(&mut self.samples) {
                self.push(sample);
            }
        }
    }

    /// Adds a sample, or lets the last one tell for both, at the latest, when they were.
    fn push(&mut self, sample: Sample) {
        match self.samples.last_mut() {
            Some(last) if sample.last_at - last.first_at < self.spacing => {
                last.last_at = sample.last_at;
                last.revision = sample.revision;
            }
            _ => self.samples.push(sample),
        }
    }
}

fn nanoseconds(time: Timestamp) -> i128 {
    i128::from(time.seconds) * 1_000_000_000 + i128::from(time.nanoseconds)
}

fn timestamp(nanoseconds: i128) -> Option<Timestamp> {
    let seconds = i64::try_from(nanoseconds.div_euclid(1_000_000_000)).ok()?;
    let nanoseconds = u32::try_from(nanoseconds.rem_euclid(1_000_000_000)).ok()?;
    Some(Timestamp { seconds, nanoseconds })
}

fn to_signed(nanoseconds: u128) -> i128 {
    i128::try_from(nanoseconds).unwrap_or(i128::MAX / 2)
}

#[cfg(test)]
mod tests;
