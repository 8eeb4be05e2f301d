//! Writes that become durable together.

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use crate::engine::error::Unwritable;
use crate::engine::measures::Measures;
use crate::engine::state::Head;
use crate::index::Change;
use crate::journal::{StagedChanges, Transaction};
use crate::relationship::Revision;

/// Tells a writer how it ended, once the group is durable or has failed.
pub(in crate::engine) type Reply = Box<dyn FnOnce(Result<(), Unwritable>) + Send>;

/// Writes that become durable together, and what it takes to take them back.
pub(super) struct Group {
    /// The revision before the first of them.
    pub(super) base: Revision,
    /// The state after the last of them.
    pub(super) head: Head,
    pub(super) transactions: Vec<Transaction>,
    /// The changes of the only transaction, if they are staged.
    pub(super) staged: Option<Arc<StagedChanges>>,
    /// What was done to the index, in order.
    pub(super) changes: Vec<Change>,
    /// Who is to be told, and since when they wait.
    pub(super) replies: Vec<(Reply, Instant)>,
}

impl Group {
    pub(super) fn on(head: Head) -> Self {
        Self {
            base: head.revision,
            head,
            transactions: Vec::new(),
            staged: None,
            changes: Vec::new(),
            replies: Vec::new(),
        }
    }

    /// Tells everyone how it ended. How long they have waited is counted before: who is told may look at once.
    pub(super) fn reply(self, outcome: &Result<(), Unwritable>, measures: &Measures) {
        for (reply, queued_at) in self.replies {
            measures.commits.observe_duration(queued_at.elapsed());
            reply(outcome.clone());
        }
    }
}

impl fmt::Debug for Group {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Group")
            .field("base", &self.base)
            .field("transactions", &self.transactions.len())
            .field("replies", &self.replies.len())
            .finish_non_exhaustive()
    }
}
