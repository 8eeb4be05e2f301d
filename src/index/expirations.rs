//! Which edges end at which time, so that they can leave the index when it has come.
//!
//! An edge is here while it lives. A life that ended in another way still has its end at older revisions, so lives are
//! counted on their own.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};

use parking_lot::Mutex;

use crate::relationship::Timestamp;

use super::key::Edge;

/// The edges that live and have an end, in order of it. Readers only ask whether there is any.
#[derive(Debug, Default)]
pub(super) struct Expirations {
    by_time: Mutex<BTreeSet<(Timestamp, Edge)>>,
    count: AtomicUsize,
    /// Lives with an end, over or not.
    lives_count: AtomicUsize,
}

impl Expirations {
    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }

    /// How many lives with an end there are at any revision.
    pub(super) fn lives_count(&self) -> usize {
        self.lives_count.load(Ordering::Relaxed)
    }

    /// An edge begins a life that has this end.
    pub(super) fn begin_life(&self, expires_at: Option<Timestamp>, edge: Edge) {
        if expires_at.is_some() {
            self.lives_count.fetch_add(1, Ordering::Relaxed);
        }
        self.add(expires_at, edge);
    }

    /// An edge's life that has this end is removed, as if it had never been.
    pub(super) fn remove_life(&self, expires_at: Option<Timestamp>, edge: Edge) {
        if expires_at.is_some() {
            self.lives_count.fetch_sub(1, Ordering::Relaxed);
        }
        self.remove(expires_at, edge);
    }

    /// Lives that had an end, and have ended, are forgotten.
    pub(super) fn forget_lives(&self, count: usize) {
        self.lives_count.fetch_sub(count, Ordering::Relaxed);
    }

    pub(super) fn add(&self, expires_at: Option<Timestamp>, edge: Edge) {
        if let Some(expires_at) = expires_at
            && self.by_time.lock().insert((expires_at, edge))
        {
            self.count.fetch_add(1, Ordering::Relaxed);
        }
    }

    pub(super) fn remove(&self, expires_at: Option<Timestamp>, edge: Edge) {
        if let Some(expires_at) = expires_at
            && self.by_time.lock().remove(&(expires_at, edge))
        {
            self.count.fetch_sub(1, Ordering::Relaxed);
        }
    }

    /// Up to `count_max` edges whose end is at a time or before it, the earliest first.
    pub(super) fn until(&self, time: Timestamp, count_max: usize) -> Vec<(Timestamp, Edge)> {
        let by_time = self.by_time.lock();
        by_time.iter().take_while(|(expires_at, _)| *expires_at <= time).take(count_max).copied().collect()
    }
}
