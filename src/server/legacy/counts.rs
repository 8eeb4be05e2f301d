//! How often the graph and the legacy backend agreed.

use std::sync::atomic::{AtomicU64, Ordering};

use serde::{Serialize, Serializer};

use super::mismatch::{Compared, MismatchKind};

/// What came of all comparisons since the server started, of all accounts together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(in crate::server) struct ShadowCounts {
    /// Comparisons in which both sides answered.
    pub(in crate::server) compared: u64,
    /// Those of them in which the answers were the same.
    pub(in crate::server) agreed: u64,
    /// Comparisons that were not made, since too many others were waiting.
    pub(in crate::server) dropped: u64,
    /// Comparisons in which the graph had no answer.
    pub(in crate::server) graph_failed: u64,
    /// Comparisons in which the legacy backend had no answer.
    pub(in crate::server) legacy_failed: u64,
    /// Comparisons with a difference, by its kind. A search may have several.
    pub(in crate::server) mismatches: Mismatches,
}

/// Counts by kind of difference. As JSON, an object with every kind in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::server) struct Mismatches([u64; MismatchKind::ALL.len()]);

impl Mismatches {
    /// Comparisons with a difference of this kind.
    pub(in crate::server) fn of(&self, kind: MismatchKind) -> u64 {
        self.0[kind as usize]
    }
}

impl Serialize for Mismatches {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(MismatchKind::ALL.map(|kind| (kind.as_str(), self.of(kind))))
    }
}

/// The counts while they grow.
#[derive(Debug, Default)]
pub(super) struct Counters {
    compared: AtomicU64,
    agreed: AtomicU64,
    dropped: AtomicU64,
    graph_failed: AtomicU64,
    legacy_failed: AtomicU64,
    mismatches: [AtomicU64; MismatchKind::ALL.len()],
}

impl Counters {
    pub(super) fn count_dropped(&self) {
        self.dropped.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn count(&self, compared: &Compared) {
        let add = |counter: &AtomicU64, is_counted: bool| {
            counter.fetch_add(u64::from(is_counted), Ordering::Relaxed);
        };
        match compared {
            Compared::Failed { is_graph_failed, is_legacy_failed } => {
                add(&self.graph_failed, *is_graph_failed);
                add(&self.legacy_failed, *is_legacy_failed);
            }
            Compared::Answered(mismatches) => {
                for mismatch in mismatches {
                    add(&self.mismatches[mismatch.kind as usize], true);
                }
                add(&self.agreed, mismatches.is_empty());
                add(&self.compared, true);
            }
        }
    }

    pub(super) fn read(&self) -> ShadowCounts {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        ShadowCounts {
            compared: read(&self.compared),
            agreed: read(&self.agreed),
            dropped: read(&self.dropped),
            graph_failed: read(&self.graph_failed),
            legacy_failed: read(&self.legacy_failed),
            mismatches: Mismatches(MismatchKind::ALL.map(|kind| read(&self.mismatches[kind as usize]))),
        }
    }
}
