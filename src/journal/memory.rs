//! A journal that forgets everything with the process: for tests, and for trying things out.

use std::collections::VecDeque;
use std::ops::ControlFlow;
use std::sync::Arc;

use parking_lot::Mutex;
use postcard::ser_flavors::Size;

use super::checkpoint::{Checkpoint, CheckpointError, JournalSize, check_place};
use super::error::{AppendError, Corruption, Defect, JournalError};
use super::identity::JournalIdentity;
use super::staged::{StagedChanges, StagingError};
use super::transaction::{JournalPlace, Transaction, TransactionPart, WholeTransactions};
use super::{Journal, check_revisions};
use crate::relationship::Revision;

/// A journal in memory. Nothing in it is durable.
#[derive(Debug)]
pub struct MemoryJournal {
    identity: JournalIdentity,
    content: Mutex<Content>,
    /// Held while a checkpoint is being written.
    checkpointing: Mutex<()>,
}

#[derive(Debug, Default)]
struct Content {
    /// The transactions up to here are forgotten.
    trimmed_to: Revision,
    /// INVARIANT: the transaction at position i has revision `trimmed_to` + 1 + i.
    ///
    /// Shared: so little is moved when there are many, and readers need no copy.
    transactions: VecDeque<Arc<Stored>>,
    checkpoint: Option<Arc<MemoryCheckpoint>>,
    size: JournalSize,
}

/// One transaction. Staged changes stay where they are.
#[derive(Debug)]
struct Stored {
    transaction: Transaction,
    staged: Option<Arc<StagedChanges>>,
    /// What it takes when encoded.
    bytes: u64,
}

/// A checkpoint in memory.
#[derive(Debug)]
struct MemoryCheckpoint {
    revision: Revision,
    segments: Vec<Vec<u8>>,
}

impl MemoryJournal {
    /// An empty journal with a new identity.
    pub fn new() -> Self {
        let (content, checkpointing) = (Mutex::default(), Mutex::default());
        Self { identity: JournalIdentity::random(), content, checkpointing }
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
        Ok(self.content.lock().head())
    }

    fn append(&self, expected_head: Revision, transactions: &[Transaction]) -> Result<(), AppendError> {
        let mut content = self.content.lock();
        check_revisions(content.head(), expected_head, transactions)?;
        for transaction in transactions {
            content.push(Stored::new(transaction.clone(), None));
        }
        Ok(())
    }

    fn append_staged(
        &self,
        expected_head: Revision,
        transaction: Transaction,
        staged: &Arc<StagedChanges>,
    ) -> Result<(), AppendError> {
        let mut content = self.content.lock();
        check_revisions(content.head(), expected_head, std::slice::from_ref(&transaction))?;
        content.push(Stored::new(transaction, Some(Arc::clone(staged))));
        Ok(())
    }

    fn checkpoint(&self) -> Result<Option<Arc<dyn Checkpoint>>, JournalError> {
        let checkpoint = self.content.lock().checkpoint.clone();
        Ok(checkpoint.map(|checkpoint| checkpoint as Arc<dyn Checkpoint>))
    }

    fn outlives_process(&self) -> bool {
        false
    }

    fn size(&self) -> JournalSize {
        self.content.lock().size
    }

    fn write_checkpoint(
        &self,
        revision: Revision,
        trimmed_to: Revision,
        segments: &mut dyn Iterator<Item = Result<Vec<u8>, CheckpointError>>,
    ) -> Result<(), CheckpointError> {
        let _one_at_a_time = self.checkpointing.lock();
        let place =
            |content: &Content| check_place((content.trimmed_to, content.head()), revision, trimmed_to);
        place(&self.content.lock())?;
        let segments = segments.collect::<Result<_, _>>()?;
        let mut content = self.content.lock();
        let trimmed_to = place(&content)?;
        content.replace_checkpoint(MemoryCheckpoint { revision, segments }, trimmed_to);
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
        let mut after = after;
        loop {
            let Some(stored) = self.content.lock().after(after)? else { return Ok(()) };
            let Stored { transaction, staged, .. } = &*stored;
            after = transaction.revision;
            let outcome = match staged {
                None => visit(TransactionPart::whole(transaction.clone())),
                Some(staged) => visit_staged(transaction, staged, std::mem::take(&mut within), visit)?,
            };
            if outcome.is_break() {
                return Ok(());
            }
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

impl Content {
    fn head(&self) -> Revision {
        self.transactions.back().map_or(self.trimmed_to, |last| last.transaction.revision)
    }

    /// The transaction after a revision, if there is one.
    fn after(&self, revision: Revision) -> Result<Option<Arc<Stored>>, JournalError> {
        let position = revision.0.checked_sub(self.trimmed_to.0);
        let position = position.ok_or(JournalError::Trimmed { oldest: self.trimmed_to })?;
        Ok(usize::try_from(position).ok().and_then(|position| self.transactions.get(position)).cloned())
    }

    fn push(&mut self, stored: Stored) {
        self.size.bytes_after += stored.bytes;
        self.transactions.push_back(Arc::new(stored));
    }

    fn replace_checkpoint(&mut self, checkpoint: MemoryCheckpoint, trimmed_to: Revision) {
        while self.transactions.pop_front_if(|first| first.transaction.revision <= trimmed_to).is_some() {}
        self.trimmed_to = trimmed_to;
        let revision = checkpoint.revision;
        let is_before = |stored: &&Arc<Stored>| stored.transaction.revision <= revision;
        let bytes = self.transactions.iter().map(|stored| stored.bytes).sum::<u64>();
        let bytes_before = self.transactions.iter().take_while(is_before).map(|stored| stored.bytes).sum();
        self.size = JournalSize {
            checkpoint: Some(revision),
            checkpoint_bytes: checkpoint.segments.iter().map(|segment| segment.len() as u64).sum(),
            bytes_before,
            bytes_after: bytes - bytes_before,
        };
        self.checkpoint = Some(Arc::new(checkpoint));
    }
}

impl Stored {
    fn new(transaction: Transaction, staged: Option<Arc<StagedChanges>>) -> Self {
        let frames = staged.as_deref().map(StagedChanges::frames).unwrap_or_default();
        let staged_bytes: usize = frames.iter().map(|frame| frame.bytes).sum();
        // A transaction that cannot be encoded is none of this journal's business.
        let bytes = postcard::serialize_with_flavor(&transaction, Size::default()).unwrap_or_default();
        Self { transaction, staged, bytes: (bytes + staged_bytes) as u64 }
    }
}

impl Checkpoint for MemoryCheckpoint {
    fn revision(&self) -> Revision {
        self.revision
    }

    fn segment_count(&self) -> u32 {
        u32::try_from(self.segments.len()).unwrap_or(u32::MAX)
    }

    fn segment(&self, number: u32) -> Result<Vec<u8>, JournalError> {
        let segment = usize::try_from(number).ok().and_then(|number| self.segments.get(number));
        segment.cloned().ok_or_else(|| {
            let defect = Defect::MissingSegmentPart { segment: number, part: 0 };
            Corruption { revision: self.revision, defect }.into()
        })
    }
}
