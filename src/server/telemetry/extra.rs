//! Metrics of what stands beside the server in the same process, such as backups and the audit log.

use std::fmt;
use std::sync::Arc;

/// One metric, read whenever somebody asks. Its name has the prefix `arrowroot_`, by the rules of Prometheus.
#[derive(Clone)]
pub struct Extra {
    pub(super) name: &'static str,
    pub(super) help: &'static str,
    pub(super) read: Read,
}

/// How its values are had; a gauge may have none.
#[derive(Clone)]
pub(super) enum Read {
    Counter(Arc<dyn Fn() -> u64 + Send + Sync>),
    Gauge(Arc<dyn Fn() -> Option<f64> + Send + Sync>),
}

impl Extra {
    /// A number that only grows. The name has no `_total`: that is added.
    pub fn counter(
        name: &'static str,
        help: &'static str,
        read: impl Fn() -> u64 + Send + Sync + 'static,
    ) -> Self {
        Self { name, help, read: Read::Counter(Arc::new(read)) }
    }

    /// A number that may do anything, and that there may be none of yet.
    pub fn gauge(
        name: &'static str,
        help: &'static str,
        read: impl Fn() -> Option<f64> + Send + Sync + 'static,
    ) -> Self {
        Self { name, help, read: Read::Gauge(Arc::new(read)) }
    }
}

impl fmt::Debug for Extra {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Extra").field("name", &self.name).finish_non_exhaustive()
    }
}
