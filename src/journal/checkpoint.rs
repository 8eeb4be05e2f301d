//! Checkpoints: the state at one revision, so that a start need not read the transactions up to it.
//!
//! What a checkpoint says is for its writer to know. The journal keeps it as segments of bytes and gives them back as
//! they were, or says that it cannot.

use std::fmt;

use super::error::JournalError;
use crate::relationship::Revision;

/// A checkpoint that can be read. It stays readable while this is held, even if a later one takes its place.
pub trait Checkpoint: fmt::Debug + Send + Sync {
    /// The revision whose state it has.
    fn revision(&self) -> Revision;

    /// How many segments it has, numbered from 0.
    fn segment_count(&self) -> u32;

    /// A segment, as it was written. May be called from several threads at once.
    fn segment(&self, number: u32) -> Result<Vec<u8>, JournalError>;
}

/// What a journal holds: bytes as they are kept, before the store's own overhead, which is for it to know.
///
/// Transactions that were appended together count together, on the side of the checkpoint where the last of them lies.
/// What cannot be read back does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct JournalSize {
    /// The checkpoint's revision, if there is one.
    pub checkpoint: Option<Revision>,
    /// Bytes of the checkpoint's segments.
    pub checkpoint_bytes: u64,
    /// Bytes of transactions up to the checkpoint's revision that are still kept.
    pub bytes_before: u64,
    /// Bytes of transactions after it, which a start has to read.
    pub bytes_after: u64,
}

/// The revision up to which a journal forgets its transactions with a checkpoint: those forgotten before do not come
/// back. A journal that goes from `oldest` to `head` has no state at any other revision.
pub(super) fn check_place(
    (oldest, head): (Revision, Revision),
    revision: Revision,
    trimmed_to: Revision,
) -> Result<Revision, CheckpointError> {
    if trimmed_to > revision || revision > head || revision < oldest {
        return Err(CheckpointError::OutOfPlace { revision, trimmed_to, oldest, head });
    }
    Ok(trimmed_to.max(oldest))
}

/// A checkpoint was not written. The one before, if any, is still there, and no transaction is lost.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    /// This journal keeps no checkpoints.
    #[error("this journal keeps no checkpoints")]
    Unsupported,
    /// Whoever makes the segments gave up.
    #[error("the checkpoint was broken off")]
    Cancelled,
    /// No state of this journal can have such a revision.
    #[error(
        "a checkpoint of revision {revision} that forgets up to {trimmed_to} does not fit a journal from {oldest} to {head}"
    )]
    OutOfPlace {
        /// The checkpoint's revision.
        revision: Revision,
        /// What it would forget.
        trimmed_to: Revision,
        /// What the journal has forgotten already.
        oldest: Revision,
        /// The journal's head.
        head: Revision,
    },
    /// The journal's own records cannot be read back.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The store below reports a fault. A later attempt may succeed.
    #[error("the checkpoint cannot be written: {0}")]
    Storage(String),
}
