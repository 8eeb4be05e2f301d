//! What can go wrong with a journal.

use std::path::PathBuf;

use crate::relationship::Revision;

/// What the operator can do about damaged data; it ends every message about it.
const WAY_OUT: &str = "restore it from a backup with `arrowroot restore`";

/// The journal was not opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process, or another part of this one, has the directory open.
    #[error("`{}` is in use by {}; stop it, or choose another directory", .directory.display(), holder(*.process))]
    Locked {
        /// The journal's directory.
        directory: PathBuf,
        /// The number of the process that holds it, if it could be read.
        process: Option<u32>,
    },
    /// A newer arrowroot wrote the directory.
    #[error(
        "`{}` has journal format {format}, and this arrowroot reads up to {supported}; \
         run the newer arrowroot that wrote it",
        .directory.display()
    )]
    FormatTooNew {
        /// The journal's directory.
        directory: PathBuf,
        /// The format that was found.
        format: u32,
        /// The newest format that this version reads.
        supported: u32,
    },
    /// The path holds something, but not a journal.
    #[error("`{}` holds no journal: {found}; choose an empty or a new directory", .directory.display())]
    NotAJournal {
        /// The path as given.
        directory: PathBuf,
        /// What is there instead.
        found: String,
    },
    /// A transaction cannot be read back.
    #[error(transparent)]
    Corrupt(#[from] Corruption),
    /// The store as a whole cannot be read back.
    #[error("the journal in `{}` is damaged: {defect}; {WAY_OUT}", .directory.display())]
    Damaged {
        /// The journal's directory.
        directory: PathBuf,
        /// What was found.
        defect: String,
    },
    /// The file system or the store below reports a fault.
    #[error("the journal in `{}` cannot be opened: {fault}", .directory.display())]
    Storage {
        /// The journal's directory.
        directory: PathBuf,
        /// The fault as reported.
        fault: String,
    },
}

/// The journal cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// A transaction cannot be read back.
    #[error(transparent)]
    Corrupt(#[from] Corruption),
    /// What is asked for has been forgotten.
    #[error("the journal has forgotten its transactions up to revision {oldest}")]
    Trimmed {
        /// The revision after which everything is there.
        oldest: Revision,
    },
    /// The store below reports a fault.
    #[error("the journal cannot be read: {0}")]
    Storage(String),
}

/// Transactions were not appended.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// Another writer was first.
    #[error("the journal's head is {head}, not {expected}")]
    Conflict {
        /// The head that the caller believed in.
        expected: Revision,
        /// The head that there is.
        head: Revision,
    },
    /// The revisions of the transactions do not follow the head one by one.
    #[error("revision {revision} cannot follow {previous}: revisions have no gaps")]
    Gap {
        /// The revision before.
        previous: Revision,
        /// The revision that is out of place.
        revision: Revision,
    },
    /// The transactions are too large to be appended at once.
    #[error("the transactions take {bytes} bytes; at most {bytes_max} can be appended at once")]
    TooLarge {
        /// What they take when encoded.
        bytes: usize,
        /// The limit.
        bytes_max: usize,
    },
    /// The store below reports a fault; nothing was appended. A later append may succeed.
    #[error("the journal cannot be written: {0}")]
    Storage(String),
    /// After a fault that leaves unknown what is on the disk, nothing is appended until the journal is opened anew.
    #[error("the journal takes no more writes until it is opened anew: {0}")]
    Refused(String),
}

/// A transaction, or a checkpoint, that was durable once cannot be read back.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the journal is damaged at revision {revision}: {defect}; {WAY_OUT}")]
pub struct Corruption {
    /// The first revision that is affected; that of the checkpoint if it is.
    pub revision: Revision,
    /// What is wrong with it.
    pub defect: Defect,
}

/// How a transaction, or a checkpoint, is damaged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Defect {
    /// The bytes are not those that were written.
    #[error("a record's checksum does not match")]
    Checksum,
    /// The record is of a kind that this version does not know.
    #[error("a record has format {format}, and this arrowroot reads up to {supported}")]
    UnknownFormat {
        /// The format that was found.
        format: u8,
        /// The newest format that this version reads.
        supported: u8,
    },
    /// The transaction is not there, though later ones are.
    #[error("the transaction is missing")]
    MissingTransaction,
    /// A part of the transaction is not there.
    #[error("part {part} of the transaction is missing")]
    MissingPart {
        /// The number of the part, from 0.
        part: u32,
    },
    /// A part of a checkpoint's segment is not there, or not in its place.
    #[error("part {part} of segment {segment} of the checkpoint is missing")]
    MissingSegmentPart {
        /// The number of the segment, from 0.
        segment: u32,
        /// The number of the part, from 0.
        part: u32,
    },
    /// The bytes of a checkpoint's segment are not those that were written.
    #[error("the checksum of segment {segment} of the checkpoint does not match")]
    SegmentChecksum {
        /// The number of the segment, from 0.
        segment: u32,
    },
    /// The store below cannot read the page that holds the transaction.
    #[error("a page of the database file is unreadable")]
    UnreadablePage,
    /// The record's bytes are as written, but contradict each other.
    #[error("the records contradict each other")]
    Inconsistent,
    /// The transaction's bytes are as written, but mean nothing.
    #[error("the transaction cannot be decoded")]
    Undecodable,
}

fn holder(process: Option<u32>) -> String {
    match process {
        Some(process) => format!("process {process}"),
        None => "another process".to_owned(),
    }
}
