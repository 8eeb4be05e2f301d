//! A journal that forgets everything with the process: for tests, and for trying things out.

use std::ops::ControlFlow;

use parking_lot::Mutex;

use super::error::{AppendError, JournalError};
use super::identity::JournalIdentity;
use super::transaction::Transaction;
use super::{Journal, check_revisions};
use crate::relationship::Revision;

/// A journal in memory. Nothing in it is durable.
#[derive(Debug)]
pub struct MemoryJournal {
    identity: JournalIdentity,
    /// INVARIANT: the transaction at position i has revision i + 1.
    transactions: Mutex<Vec<Transaction>>,
}

impl MemoryJournal {
    /// An empty journal with a new identity.
    pub fn new() -> Self {
        Self { identity: JournalIdentity::random(), transactions: Mutex::default() }
    }
}

impl Default for MemoryJournal {
    fn default() -> Self {
        Self::new()
    }
}

impl Journal for MemoryJournal {
    fn identity(&self) -> JournalIdentity {
        self.identity
    }

    fn head(&self) -> Result<Revision, JournalError> {
        Ok(head_of(&self.transactions.lock()))
    }

    fn append(&self, expected_head: Revision, transactions: &[Transaction]) -> Result<(), AppendError> {
        let mut stored = self.transactions.lock();
        check_revisions(head_of(&stored), expected_head, transactions)?;
        stored.extend_from_slice(transactions);
        Ok(())
    }

    fn read(
        &self,
        after: Revision,
        visit: &mut dyn FnMut(Transaction) -> ControlFlow<()>,
    ) -> Result<(), JournalError> {
        // One at a time, so that the visitor may take its time, and may even append.
        let mut position = usize::try_from(after.0).unwrap_or(usize::MAX);
        loop {
            let Some(transaction) = self.transactions.lock().get(position).cloned() else {
                return Ok(());
            };
            if visit(transaction).is_break() {
                return Ok(());
            }
            position += 1;
        }
    }
}

fn head_of(transactions: &[Transaction]) -> Revision {
    transactions.last().map_or(Revision::ZERO, |last| last.revision)
}
