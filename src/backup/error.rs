//! What can go wrong with a backup.

use std::io;

use crate::engine::{
    ExportRelationshipsError, ImportRelationshipsError, RegisterCounterError, WriteSchemaError,
};
use crate::relationship::Relationship;

/// A backup was not written. There is no file by its name, or the one that was there before.
#[derive(Debug, thiserror::Error)]
pub enum WriteBackupError {
    /// The disk does not take it.
    #[error("it cannot be written: {0}")]
    Storage(#[from] io::Error),
    /// A schema, or a relationship's context, is larger than a backup takes.
    #[error("one item takes {bytes} bytes; a backup takes items of up to {bytes_max}")]
    TooLarge {
        /// What it takes.
        bytes: usize,
        /// The limit.
        bytes_max: usize,
    },
    /// The graph cannot be read.
    #[error("the graph cannot be exported: {0}")]
    Export(#[from] ExportRelationshipsError),
    /// Whoever wanted it wants it no more.
    #[error("the backup was broken off")]
    Cancelled,
    /// What is to be written cannot be put into bytes.
    #[error("it cannot be encoded: {0}")]
    Encoding(String),
}

/// A file cannot be read as a backup.
#[derive(Debug, thiserror::Error)]
pub enum ReadBackupError {
    /// The disk does not give it.
    #[error("it cannot be read: {0}")]
    Storage(io::Error),
    /// A pipe, or a device.
    #[error("it is no file, and would have to be read twice: write it to one")]
    ReadOnce,
    /// It is another kind of file.
    #[error("it is no backup of arrowroot")]
    NotABackup,
    /// A newer arrowroot wrote it.
    #[error(
        "it has backup format {format}, and this arrowroot reads up to {supported}; use the newer arrowroot that \
         wrote it"
    )]
    TooNew {
        /// The format that was found.
        format: u32,
        /// The newest format that this version reads.
        supported: u32,
    },
    /// It is not what was written: cut short, or altered.
    #[error("it is damaged: {defect} (at byte {offset}); use another backup")]
    Damaged {
        /// Where it was noticed.
        offset: u64,
        /// What was noticed.
        defect: &'static str,
    },
}

/// A backup was not loaded into an engine.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The backup cannot be read.
    #[error("the backup cannot be used: {0}")]
    Read(#[from] ReadBackupError),
    /// The schema is refused.
    #[error("the schema is refused: {0}")]
    Schema(#[from] WriteSchemaError),
    /// A relationship is refused.
    #[error("`{}` is refused: {error}", beginning(relationship))]
    Relationship {
        /// The first of those that were taken up together.
        relationship: Box<Relationship>,
        /// Why.
        error: Box<ImportRelationshipsError>,
    },
    /// All relationships together are refused.
    #[error("the relationships are refused: {0}")]
    Import(#[from] ImportRelationshipsError),
    /// A counter is refused.
    #[error("a counter is refused: {0}")]
    Counter(#[from] RegisterCounterError),
    /// Whoever wanted it wants it no more.
    #[error("it was broken off")]
    Cancelled,
    /// The store has something already.
    #[error("the store is not empty")]
    NotEmpty,
}

/// Characters of a relationship that are shown: its context may be of any length.
const SHOWN_CHARACTERS_MAX: usize = 200;

fn beginning(relationship: &Relationship) -> String {
    let text = relationship.to_string();
    match text.char_indices().nth(SHOWN_CHARACTERS_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
