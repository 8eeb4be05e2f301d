//! Measuring with criterion, whose estimates the tables are made from.
//!
//! What is measured is the thread's own time on a core, so that neighbours who take turns with it do not count. What
//! they do to its caches still does.

use std::path::{Path, PathBuf};
use std::time::Duration;

use criterion::Criterion;
use criterion::measurement::{Measurement, ValueFormatter, WallTime};
use rustix::time::{ClockId, clock_gettime};

/// What one measurement gave, in nanoseconds an iteration.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Estimate {
    /// The median of the samples.
    pub(crate) median_ns: f64,
    /// The median of the samples' distances from the median: how noisy the machine was.
    pub(crate) deviation_ns: f64,
}

/// A criterion that takes little time: the medians of many short samples stand up to the rest of the noise.
pub(crate) fn criterion() -> Criterion<ThreadTime> {
    Criterion::default()
        .with_measurement(ThreadTime)
        .sample_size(40)
        .nresamples(1001)
        .warm_up_time(Duration::from_millis(150))
        .measurement_time(Duration::from_millis(400))
        .without_plots()
        .output_directory(&output())
        .configure_from_args()
}

/// What criterion found for a function of a group the last time that it ran; nothing if it never did.
pub(crate) fn estimate(group: &str, function: &str) -> Option<Estimate> {
    let path = output().join(group).join(function).join("new").join("estimates.json");
    let estimates: serde_json::Value = serde_json::from_slice(&std::fs::read(path).ok()?).ok()?;
    let point = |name: &str| estimates.get(name)?.get("point_estimate")?.as_f64();
    Some(Estimate { median_ns: point("median")?, deviation_ns: point("median_abs_dev")? })
}

/// Where criterion keeps its estimates.
fn output() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("criterion")
}

/// The time that the thread has run.
pub(crate) struct ThreadTime;

impl Measurement for ThreadTime {
    type Intermediate = Duration;
    type Value = Duration;

    fn start(&self) -> Duration {
        let time = clock_gettime(ClockId::ThreadCPUTime);
        let seconds = Duration::from_secs(time.tv_sec.unsigned_abs());
        seconds + Duration::from_nanos(time.tv_nsec.unsigned_abs())
    }

    fn end(&self, start: Duration) -> Duration {
        self.start().saturating_sub(start)
    }

    fn add(&self, one: &Duration, other: &Duration) -> Duration {
        *one + *other
    }

    fn zero(&self) -> Duration {
        Duration::ZERO
    }

    fn to_f64(&self, value: &Duration) -> f64 {
        WallTime.to_f64(value)
    }

    fn formatter(&self) -> &dyn ValueFormatter {
        WallTime.formatter()
    }
}
