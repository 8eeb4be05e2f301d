//! Reading a file to its end before anything of it is sent.

use std::io;
use std::path::Path;
use std::sync::atomic::Ordering;

use crate::cli::formats::{Form, Input, Records};
use crate::cli::problems::{self, Problems};
use crate::cli::progress::ProgressFlag;

use super::kept::{KeptError, KeptFile};

/// Relationships between two moves of the bar.
const TOLD_EVERY: u64 = 4096;

/// A file that was read to its end.
#[derive(Debug, Clone, Copy)]
pub(super) struct Checked {
    /// Bytes as they lie in the file.
    pub(super) bytes: u64,
}

/// A file that cannot be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum CheckError {
    #[error("{file} cannot be read: {error}")]
    Unreadable { file: String, error: io::Error },
    #[error("{0} can be read once only, as a pipe or a device: give it as standard input, `-`")]
    ReadOnce(String),
    #[error(transparent)]
    Kept(#[from] KeptError),
}

/// Reads a file; problems with its lines are added to the others. What an earlier run has imported must be there.
pub(super) fn check(
    file: &Path,
    form: &Form,
    kept: &KeptFile,
    progress: ProgressFlag,
    problems: &mut Problems,
) -> Result<Checked, CheckError> {
    let unreadable = |error| CheckError::Unreadable { file: problems::name(file), error };
    let metadata = std::fs::metadata(file).map_err(unreadable)?;
    if !metadata.is_file() && !metadata.is_dir() {
        return Err(CheckError::ReadOnce(problems::name(file)));
    }
    let bytes = metadata.len();
    let input = Input::open(file).map_err(unreadable)?;
    let read_bytes = input.read_bytes();
    let mut records = Records::new(input, form);
    let progress = progress.start(Some(bytes));
    let mut count = 0;
    if kept.records() == 0 && kept.is_resumed() {
        kept.check(file, 0)?;
    }
    while let Some(record) = records.next().map_err(unreadable)? {
        if let Err(problem) = record.relationship {
            problems.add(file, record.line, problem);
        }
        count += 1;
        if count == kept.records() {
            kept.check(file, records.checksum())?;
        }
        if count.is_multiple_of(TOLD_EVERY) {
            progress.advance(read_bytes.load(Ordering::Relaxed), count, "lines checked");
        }
    }
    progress.finish();
    if count < kept.records() {
        // What was imported then is not there any more.
        kept.check(file, !records.checksum())?;
    }
    Ok(Checked { bytes })
}
