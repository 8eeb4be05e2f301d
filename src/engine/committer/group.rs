//! Writes that become durable together.

use std::fmt;
use std::sync::Arc;

use crate::engine::error::Unwritable;
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
    pub(super) replies: Vec<Reply>,
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

    pub(super) fn reply(self, outcome: &Result<(), Unwritable>) {
        for reply in self.replies {
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
