//! How many requests of each kind there were, how they ended, and how long they took.
//!
//! Each thread counts in a part of its own, so that two cores do not pass the same cache lines back and forth; whoever
//! reads adds the parts up.

use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use crate::measure::{Counter, Distribution, Histogram, LATENCY_BOUNDS_NS};

/// Parts that threads count in, in turn.
const SHARDS: usize = 8;
/// Ways in which a request may end: gRPC has 17 codes, and HTTP fewer statuses that are answered with.
pub(super) const ENDS_MAX: usize = 18;

/// Counts of requests by their kind, which is a row, and by how they ended, which is a place in it.
#[derive(Debug)]
pub(super) struct Calls {
    shards: Vec<Arc<Shard>>,
}

/// Aligned, so that it begins on a cache line of its own, and the one that is read along with it.
#[derive(Debug)]
#[repr(align(128))]
struct Shard {
    rows: Box<[Row]>,
}

#[derive(Debug, Default)]
struct Row {
    started: Counter,
    /// Made when a request first ends in that way: most never do.
    ended: [OnceLock<Histogram>; ENDS_MAX],
}

/// A request that has begun.
#[derive(Debug)]
pub(super) struct Begun {
    shard: Arc<Shard>,
    row: usize,
    pub(super) at: Instant,
}

impl Calls {
    /// Counts of so many kinds.
    pub(super) fn new(rows: usize) -> Self {
        let shard = || Arc::new(Shard { rows: (0..rows).map(|_| Row::default()).collect() });
        Self { shards: (0..SHARDS).map(|_| shard()).collect() }
    }

    /// A request of a kind begins.
    pub(super) fn begin(&self, row: usize) -> Begun {
        let shard = Arc::clone(&self.shards[own_shard()]);
        if let Some(row) = shard.rows.get(row) {
            row.started.increment();
        }
        Begun { shard, row, at: Instant::now() }
    }

    /// How many of a kind have begun.
    pub(super) fn started(&self, row: usize) -> u64 {
        self.rows(row).map(|row| row.started.get()).sum()
    }

    /// How long those of a kind took that ended in one way, in nanoseconds; nothing if none did.
    pub(super) fn ended(&self, row: usize, end: usize) -> Option<Distribution> {
        let mut sum: Option<Distribution> = None;
        for histogram in self.rows(row).filter_map(|row| row.ended.get(end)?.get()) {
            sum.get_or_insert_with(|| Distribution::empty(LATENCY_BOUNDS_NS)).add(&histogram.read());
        }
        sum
    }

    fn rows(&self, row: usize) -> impl Iterator<Item = &Row> {
        self.shards.iter().filter_map(move |shard| shard.rows.get(row))
    }
}

impl Begun {
    /// It has ended in one way.
    pub(super) fn end(&self, end: usize) {
        let place = self.shard.rows.get(self.row).and_then(|row| row.ended.get(end));
        if let Some(place) = place {
            place.get_or_init(Histogram::of_latencies).observe_duration(self.at.elapsed());
        }
    }
}

/// The part that this thread counts in.
fn own_shard() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        static OWN: Cell<usize> = const { Cell::new(usize::MAX) };
    }
    let own = OWN.get();
    if own < SHARDS {
        return own;
    }
    let own = NEXT.fetch_add(1, Ordering::Relaxed) % SHARDS;
    OWN.set(own);
    own
}
