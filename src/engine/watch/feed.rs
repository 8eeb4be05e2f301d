//! What the committer tells watchers.

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
        Self { published, recent: Mutex::default(), reading: Mutex::default() }
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

    pub(super) fn subscribe(&self) -> watch::Receiver<Published> {
        self.published.subscribe()
    }
}
