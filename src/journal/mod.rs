//! The truth on disk: an append-only, totally ordered log of transactions, behind a trait narrow enough that any
//! store with a compare-and-append can be one.
//!
//! Knows relationships as values only: no schema, no index, no permission. What it acknowledges is durable.

mod append;
mod checkpoint;
mod error;
mod identity;
mod memory;
mod packed;
mod sled;
mod staged;
mod transaction;

pub use self::sled::{DirectoryReport, HeldDirectory, Holder, SledJournal};
use append::check_revisions;
pub use checkpoint::{Checkpoint, CheckpointError, JournalSize};
pub use error::{AppendError, Corruption, Defect, JournalError, OpenError};
pub use identity::JournalIdentity;
pub use memory::MemoryJournal;
pub use staged::{
    StagedCaveat, StagedChanges, StagedObject, StagedRelationship, StagedSubject, Staging, StagingError,
};
pub use transaction::{CounterChange, JournalPlace, RelationshipChange, Transaction, TransactionPart};

use std::fmt;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;

use crate::measure::Histogram;
use crate::relationship::Revision;

/// An append-only log of transactions.
///
/// Calls may come from several threads at once. Every call may block on I/O; none may be made from an async task.
pub trait Journal: fmt::Debug + Send + Sync + 'static {
    /// Which journal this is.
    fn identity(&self) -> JournalIdentity;

    /// The revision of the last transaction; [`Revision::ZERO`] when there is none.
    fn head(&self) -> Result<Revision, JournalError>;

    /// Appends all transactions or none, and returns once they are durable: they survive the death of the process
    /// and the loss of power.
    ///
    /// Their revisions must follow `expected_head` without gaps. After any error the journal is as before the
    /// call. Unless it was refused for what it is, a restart may still find the transactions, all of them, and
    /// only if nothing was appended since. After [`AppendError::Refused`] all further appends are refused too.
    fn append(&self, expected_head: Revision, transactions: &[Transaction]) -> Result<(), AppendError>;

    /// The same for one transaction without changes, together with staged ones, which become its.
    fn append_staged(
        &self,
        expected_head: Revision,
        transaction: Transaction,
        staged: &Arc<StagedChanges>,
    ) -> Result<(), AppendError> {
        let changes = staged.whole().map_err(|error| AppendError::Storage(error.to_string()))?;
        self.append(expected_head, &[Transaction { changes, ..transaction }])
    }

    /// Where changes may be staged that are to be appended.
    fn staging_directory(&self) -> PathBuf {
        std::env::temp_dir()
    }

    /// The newest checkpoint, if there is one.
    fn checkpoint(&self) -> Result<Option<Arc<dyn Checkpoint>>, JournalError> {
        Ok(None)
    }

    /// Whether it is there for the next process: only then does it help to leave a checkpoint behind.
    fn outlives_process(&self) -> bool {
        true
    }

    /// What it holds, in bytes.
    fn size(&self) -> JournalSize {
        JournalSize::default()
    }

    /// How long the disk has taken, each time, to make what was appended durable; nothing where nothing becomes durable.
    fn syncs(&self) -> Option<&Histogram> {
        None
    }

    /// Replaces the checkpoint by one of the state at a revision, and forgets the transactions up to `trimmed_to`, which
    /// is no later than that. Segments have some kilobytes to some megabytes each. After the last, while what remains to be
    /// done takes long, more are asked for: an error then still breaks it off.
    ///
    /// Appends go on meanwhile, and wait for a moment at the end. After an error, or a crash at any moment, the
    /// checkpoint before and all transactions are there as they were.
    fn write_checkpoint(
        &self,
        revision: Revision,
        trimmed_to: Revision,
        segments: &mut dyn Iterator<Item = Result<Vec<u8>, CheckpointError>>,
    ) -> Result<(), CheckpointError> {
        let _ = (revision, trimmed_to, segments);
        Err(CheckpointError::Unsupported)
    }

    /// Visits every transaction after a revision, in order, until the visitor breaks off. Transactions that are
    /// appended meanwhile may or may not be visited. The visitor may call this journal.
    fn read(
        &self,
        after: Revision,
        visit: &mut dyn FnMut(Transaction) -> ControlFlow<()>,
    ) -> Result<(), JournalError>;

    /// The same, with large transactions in parts, so that no more than one part is held at a time, and from any place:
    /// to go on after a part costs no more than to go on after a revision.
    fn read_in_parts(
        &self,
        from: JournalPlace,
        visit: &mut dyn FnMut(TransactionPart) -> ControlFlow<()>,
    ) -> Result<(), JournalError> {
        self.read(from.after, &mut |transaction| visit(TransactionPart::whole(transaction)))
    }
}
