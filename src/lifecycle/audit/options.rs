//! How an audit log is kept.

use std::path::PathBuf;
use std::sync::Arc;

use crate::engine::{Clock, SystemClock};

/// How an audit log is kept.
#[derive(Debug, Clone)]
pub struct AuditOptions {
    /// The file that is written. Older ones are beside it, with a number at the end of their name: `audit.log.1` is the
    /// youngest of them.
    pub path: PathBuf,
    /// Bytes of one file. A line that is longer has a file of its own.
    pub bytes_max: u64,
    /// Older files that are kept.
    pub files_max: u32,
    /// The part of decisions that is logged, from 0 (none) to 1 (all).
    pub decision_rate: f64,
    /// Where the times of entries come from.
    pub clock: Arc<dyn Clock>,
}

impl AuditOptions {
    /// The defaults, for a file: 100 MiB, ten older files, no decisions.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            bytes_max: 100 << 20,
            files_max: 10,
            decision_rate: 0.0,
            clock: Arc::new(SystemClock),
        }
    }
}
