//! A journal that forgets everything with the process: for tests, and for trying things out.

use std::ops::ControlFlow;
use std::sync::Arc;

use parking_lot::Mutex;

use super::error::{AppendError, JournalError};
use super::identity::JournalIdentity;
use super::staged::{StagedChanges, StagingError};
use super::transaction::{JournalPlace, Transaction, TransactionPart, WholeTransactions};
use super::{Journal, check_revisions};
use crate::relationship::Revision;

/// A journal in memory. Nothing in it is durable.
#[derive(Debug)]
pub struct MemoryJournal {
    identity: JournalIdentity,
    /// INVARIANT: the transaction at position i has revision i + 1.
    transactions: Mutex<Vec<Stored>>,
}

/// One transaction. Staged changes stay where they are.
#[derive(Debug, Clone)]
struct Stored {
    transaction: Transaction,
    staged: Option<Arc<StagedChanges>>,
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
        let unstaged = |transaction: &Transaction| Stored { transaction: transaction.clone(), staged: None };
        stored.extend(transactions.iter().map(unstaged));
        Ok(())
    }

    fn append_staged(
        &self,
        expected_head: Revision,
        transaction: Transaction,
        staged: &Arc<StagedChanges>,
    ) -> Result<(), AppendError> {
        let mut stored = self.transactions.lock();
        check_revisions(head_of(&stored), expected_head, std::slice::from_ref(&transaction))?;
        stored.push(Stored { transaction, staged: Some(Arc::clone(staged)) });
        Ok(())
    }

    fn read(
        &self,
        after: Revision,
        visit: &mut dyn FnMut(Transaction) -> ControlFlow<()>,
    ) -> Result<(), JournalError> {
        let mut whole = WholeTransactions::default();
        self.read_in_parts(after.into(), &mut |part| match whole.add(part) {
            Some(transaction) => visit(transaction),
            None => ControlFlow::Continue(()),
        })
    }

    fn read_in_parts(
        &self,
        from: JournalPlace,
        visit: &mut dyn FnMut(TransactionPart) -> ControlFlow<()>,
    ) -> Result<(), JournalError> {
        // One at a time, so that the visitor may take its time, and may even append.
        let JournalPlace { after, mut within } = from;
        let mut position = usize::try_from(after.0).unwrap_or(usize::MAX);
        loop {
            let Some(Stored { transaction, staged }) = self.transactions.lock().get(position).cloned() else {
                return Ok(());
            };
            let outcome = match staged {
                None => visit(TransactionPart::whole(transaction)),
                Some(staged) => visit_staged(&transaction, &staged, std::mem::take(&mut within), visit)?,
            };
            if outcome.is_break() {
                return Ok(());
            }
            position += 1;
        }
    }
}

/// Visits a transaction with staged changes, a part for each of their frames. How far one is within is how many there
/// were.
fn visit_staged(
    transaction: &Transaction,
    staged: &StagedChanges,
    within: u64,
    visit: &mut dyn FnMut(TransactionPart) -> ControlFlow<()>,
) -> Result<ControlFlow<()>, JournalError> {
    let storage = |error: StagingError| JournalError::Storage(error.to_string());
    let count = staged.frames().len() as u64;
    let passed = usize::try_from(within).unwrap_or(usize::MAX);
    for (within, frame) in (1..).zip(staged.frames()).skip(passed) {
        let transaction = transaction.with_changes(staged.changes(*frame).map_err(storage)?);
        if visit(TransactionPart::new(transaction, (within < count).then_some(within))).is_break() {
            return Ok(ControlFlow::Break(()));
        }
    }
    Ok(ControlFlow::Continue(()))
}

fn head_of(stored: &[Stored]) -> Revision {
    stored.last().map_or(Revision::ZERO, |last| last.transaction.revision)
}
