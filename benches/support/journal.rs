//! A journal that forgets: what memory is left after a load is the index's alone.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicU64, Ordering};

use arrowroot::journal::{AppendError, Journal, JournalError, JournalIdentity, Transaction};
use arrowroot::relationship::Revision;

/// Counts revisions and keeps nothing.
#[derive(Debug, Default)]
pub(crate) struct ForgettingJournal {
    head: AtomicU64,
}

impl Journal for ForgettingJournal {
    fn identity(&self) -> JournalIdentity {
        JournalIdentity(1)
    }

    fn head(&self) -> Result<Revision, JournalError> {
        Ok(Revision(self.head.load(Ordering::Relaxed)))
    }

    fn append(&self, _expected_head: Revision, transactions: &[Transaction]) -> Result<(), AppendError> {
        if let Some(last) = transactions.last() {
            self.head.store(last.revision.0, Ordering::Relaxed);
        }
        Ok(())
    }

    fn read(
        &self,
        _after: Revision,
        _visit: &mut dyn FnMut(Transaction) -> ControlFlow<()>,
    ) -> Result<(), JournalError> {
        Ok(())
    }
}
