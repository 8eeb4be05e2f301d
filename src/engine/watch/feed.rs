//! What the committer tells watchers.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};

use parking_lot::Mutex;
use tokio::sync::watch;

use crate::journal::Transaction;
use crate::relationship::Revision;

use super::transactions::{Reading, Recent};

/// Between the committer and all watchers.
#[derive(Debug)]
pub(in crate::engine) struct Feed {
    published: watch::Sender<Published>,
    pub(super) recent: Mutex<Recent>,
    pub(super) reading: Mutex<Reading>,
    /// What each watcher has told of, and what some have that are gone.
    positions: Mutex<Vec<Weak<Position>>>,
}

/// The revision up to which a watcher has told everything.
#[derive(Debug)]
pub(super) struct Position(AtomicU64);

impl Position {
    pub(super) fn set(&self, revision: Revision) {
        self.0.store(revision.0, Ordering::Relaxed);
    }
}

/// What wakes watchers.
#[derive(Debug, Clone, Copy)]
pub(super) struct Published {
    pub(super) head: Revision,
    /// Nothing will follow.
    pub(super) is_closed: bool,
}

impl Feed {
    pub(in crate::engine) fn new(head: Revision) -> Self {
        let published = watch::Sender::new(Published { head, is_closed: false });
        Self { published, recent: Mutex::default(), reading: Mutex::default(), positions: Mutex::default() }
    }

    /// Keeps transactions in memory, if anyone watches.
    pub(in crate::engine) fn keep(&self, transactions: Vec<Transaction>) {
        let mut recent = self.recent.lock();
        if self.watcher_count() == 0 {
            recent.clear();
            return;
        }
        for transaction in transactions {
            recent.push(transaction);
        }
    }

    /// Wakes the watchers.
    pub(in crate::engine) fn announce(&self, head: Revision) {
        self.published.send_modify(|published| published.head = head);
    }

    /// Ends the watchers, once they have told everything.
    pub(in crate::engine) fn close(&self) {
        self.published.send_modify(|published| published.is_closed = true);
    }

    /// How many watch.
    pub(in crate::engine) fn watcher_count(&self) -> usize {
        self.published.receiver_count()
    }

    /// A watcher begins here. It says by the position how far it comes.
    pub(super) fn enter(&self, revision: Revision) -> Arc<Position> {
        let position = Arc::new(Position(AtomicU64::new(revision.0)));
        let mut positions = self.positions.lock();
        positions.retain(|position| position.strong_count() > 0);
        positions.push(Arc::downgrade(&position));
        position
    }

    /// How far the watcher has come that is furthest behind; nothing if there is none.
    pub(in crate::engine) fn lowest_position(&self) -> Option<Revision> {
        let positions = self.positions.lock();
        let lowest = positions
            .iter()
            .filter_map(Weak::upgrade)
            .map(|position| position.0.load(Ordering::Relaxed))
            .min();
        lowest.map(Revision)
    }

    /// Bytes of the transactions that are kept for watchers.
    pub(in crate::engine) fn recent_bytes(&self) -> usize {
        self.recent.lock().bytes()
    }

    pub(super) fn subscribe(&self) -> watch::Receiver<Published> {
        self.published.subscribe()
    }
}
