//! How an engine is to behave.

use std::sync::Arc;
use std::time::Duration;

use crate::evaluate::Limits;

use super::clock::{Clock, SystemClock};
use super::opening::Opening;

/// What an embedding program or an operator may choose.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct EngineOptions {
    /// Bounds on requests.
    pub limits: EngineLimits,
    /// Where the time comes from.
    pub clock: Arc<dyn Clock>,
    /// How long the past can be asked for and watched from. The newest state always can.
    pub retention: Duration,
    /// Bytes of transactions after the last checkpoint that make another one due. With a large graph it takes more: half
    /// of what the last one took.
    pub checkpoint_after_bytes: u64,
    /// What is told how far the opening is, if anyone wants to know.
    pub opening: Option<Arc<Opening>>,
    /// Bytes of resident memory of the process beyond which nothing is written that adds a relationship; nothing for no
    /// bound, and none on systems that do not have `/proc`. Reads, deletions and schemas go on.
    pub memory_bytes_max: Option<u64>,
}

impl Default for EngineOptions {
    fn default() -> Self {
        Self {
            limits: EngineLimits::default(),
            clock: Arc::new(SystemClock),
            retention: Duration::from_hours(24),
            checkpoint_after_bytes: 64 << 20,
            opening: None,
            memory_bytes_max: None,
        }
    }
}

/// Bounds on requests. The defaults are those of SpiceDB where it has the same bound.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct EngineLimits {
    /// Sub-questions that may nest within one check.
    pub depth_max: u32,
    /// Sub-questions asked and entries read by one check, together.
    pub visits_max: u64,
    /// Relationships and resources that one count looks at, together.
    pub count_visits_max: u64,
    /// Updates in one write.
    pub updates_max: usize,
    /// Preconditions of one write or delete.
    pub preconditions_max: usize,
    /// The limit of one delete that has one.
    pub delete_limit_max: u32,
    /// Bytes of a transaction's metadata as JSON.
    pub metadata_bytes_max: usize,
    /// Bytes of a relationship's caveat: its name and its stored context.
    pub caveat_bytes_max: usize,
    /// Whether definitions and caveats must be named `prefix/name`.
    pub are_schema_prefixes_required: bool,
}

impl Default for EngineLimits {
    fn default() -> Self {
        let Limits { depth_max, visits_max, .. } = Limits::default();
        Self {
            depth_max,
            visits_max,
            count_visits_max: 1_000_000_000,
            updates_max: 1000,
            preconditions_max: 1000,
            delete_limit_max: 1000,
            metadata_bytes_max: 65_000,
            caveat_bytes_max: 25_000,
            are_schema_prefixes_required: false,
        }
    }
}
