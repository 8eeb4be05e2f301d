//! The truth on disk: an append-only, totally ordered log of transactions, behind a trait narrow enough that any
//! store with a compare-and-append can be one.
//!
//! Knows relationships as values only: no schema, no index, no permission. What it acknowledges is durable.

mod error;
mod transaction;

pub use error::{AppendError, JournalError};
pub use transaction::{RelationshipChange, Transaction};

use std::fmt;
use std::ops::ControlFlow;

use crate::relationship::Revision;

/// The name of one journal, made at random when it is created and kept for its life. Tokens carry it, so that a
/// token from another store is told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct JournalIdentity(pub u64);

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
    /// Their revisions must follow `expected_head` without gaps. After an error other than
    /// [`AppendError::Conflict`], the journal is as before the call, now and after a restart, or it refuses all
    /// further appends.
    fn append(&self, expected_head: Revision, transactions: &[Transaction]) -> Result<(), AppendError>;

    /// Visits every transaction after a revision, in order, until the visitor breaks off.
    fn read(
        &self,
        after: Revision,
        visit: &mut dyn FnMut(Transaction) -> ControlFlow<()>,
    ) -> Result<(), JournalError>;
}
