//! What can go wrong with a journal.

use crate::relationship::Revision;

/// The journal cannot be read, or not be opened.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The store below reports a fault.
    #[error("the journal cannot be read: {0}")]
    Storage(String),
}

/// Transactions were not appended.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// Another writer was first, or the revisions do not follow the head.
    #[error("the journal's head is {head}, not {expected}")]
    Conflict {
        /// The head that the caller believed in.
        expected: Revision,
        /// The head that there is.
        head: Revision,
    },
    /// The store below reports a fault; nothing was appended.
    #[error("the journal cannot be written: {0}")]
    Storage(String),
}
