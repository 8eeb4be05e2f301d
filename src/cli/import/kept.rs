//! How far an import has come with a file.

use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::cli::{position, problems};

use super::OnConflict;

/// What became of relationships.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Counts {
    pub(super) created: u64,
    pub(super) touched: u64,
    pub(super) skipped: u64,
}

impl Counts {
    pub(super) fn add(&mut self, other: Self) {
        self.created += other.created;
        self.touched += other.touched;
        self.skipped += other.skipped;
    }

    /// Relationships that are accounted for.
    pub(super) fn done(&self) -> u64 {
        self.created + self.touched + self.skipped
    }
}

/// What the file beside says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Kept {
    /// How the import was asked for. Another one does not go on here.
    target: String,
    form: String,
    on_conflict: OnConflict,
    /// Batches begin and end where they did: one that was sent without an answer is then known as a whole.
    batch_size: u32,
    /// Relationships up to the place, and the line of the last one.
    records: u64,
    line: u64,
    /// Of everything up to the place, so that a file that was changed is told apart.
    checksum: u32,
    counts: Counts,
    is_done: bool,
}

impl Kept {
    pub(super) fn new(target: String, form: String, on_conflict: OnConflict, batch_size: u32) -> Self {
        Self {
            target,
            form,
            on_conflict,
            batch_size,
            records: 0,
            line: 0,
            checksum: 0,
            counts: Counts::default(),
            is_done: false,
        }
    }

    fn is_of_same_import(&self, other: &Self) -> bool {
        (&self.target, &self.form, self.on_conflict) == (&other.target, &other.form, other.on_conflict)
    }
}

/// How far it has come, and where that is kept, if it is.
#[derive(Debug)]
pub(super) struct KeptFile {
    kept: Kept,
    path: Option<PathBuf>,
    is_resumed: bool,
}

/// One cannot go on.
#[derive(Debug, thiserror::Error)]
pub(super) enum KeptError {
    #[error("{}: {error}", .path.display())]
    Storage { path: PathBuf, error: io::Error },
    #[error(
        "an import of {file} was broken off after line {line}: go on with --resume, or begin anew with --from-start"
    )]
    BrokenOff { file: String, line: u64 },
    #[error(
        "the import of {file} that was broken off went to another server, or read the file in another way, or had \
         another --on-conflict: say what was said then, or begin anew with --from-start"
    )]
    OtherImport { file: String },
    #[error("standard input cannot be resumed: it is gone")]
    StandardInput,
    #[error(
        "{file} is not what was imported up to line {line}: it was changed; begin anew with --from-start, perhaps \
         with --on-conflict skip"
    )]
    Changed { file: String, line: u64 },
}

impl KeptFile {
    /// Where an earlier run ended, if there is one and that is wanted, or the beginning.
    pub(super) fn open(file: &Path, fresh: Kept, resume: bool, from_start: bool) -> Result<Self, KeptError> {
        if file.as_os_str() == "-" {
            return if resume {
                Err(KeptError::StandardInput)
            } else {
                Ok(Self { kept: fresh, path: None, is_resumed: false })
            };
        }
        let path = position::beside(file, ".progress");
        let earlier = if from_start { Ok(None) } else { position::read::<Kept>(&path) };
        let earlier = earlier.map_err(|error| KeptError::Storage { path: path.clone(), error })?;
        let name = || problems::name(file);
        match earlier {
            None => Ok(Self { kept: fresh, path: Some(path), is_resumed: false }),
            Some(earlier) if !resume => Err(KeptError::BrokenOff { file: name(), line: earlier.line }),
            Some(earlier) if !earlier.is_of_same_import(&fresh) => {
                Err(KeptError::OtherImport { file: name() })
            }
            Some(kept) => Ok(Self { kept, path: Some(path), is_resumed: true }),
        }
    }

    pub(super) fn is_kept(&self) -> bool {
        self.path.is_some()
    }

    /// Whether an earlier run may have sent what comes next.
    pub(super) fn is_resumed(&self) -> bool {
        self.is_resumed
    }

    pub(super) fn is_done(&self) -> bool {
        self.kept.is_done
    }

    pub(super) fn batch_size(&self) -> u32 {
        self.kept.batch_size
    }

    pub(super) fn counts(&self) -> Counts {
        self.kept.counts
    }

    /// Relationships up to the place.
    pub(super) fn records(&self) -> u64 {
        self.kept.records
    }

    /// Whether a file has up to the place what it had then.
    pub(super) fn check(&self, file: &Path, checksum: u32) -> Result<(), KeptError> {
        if checksum == self.kept.checksum {
            return Ok(());
        }
        Err(KeptError::Changed { file: problems::name(file), line: self.kept.line })
    }

    /// Something is about to be sent.
    pub(super) fn begin(&self) -> Result<(), KeptError> {
        self.keep()
    }

    /// A batch is done.
    pub(super) fn advance(
        &mut self,
        records: u64,
        (line, checksum): (u64, u32),
        counts: Counts,
    ) -> Result<(), KeptError> {
        self.kept.records += records;
        (self.kept.line, self.kept.checksum) = (line, checksum);
        self.kept.counts.add(counts);
        self.keep()
    }

    /// The file is done; others may not be.
    pub(super) fn finish(&mut self) -> Result<(), KeptError> {
        self.kept.is_done = true;
        self.keep()
    }

    /// All files are done.
    pub(super) fn forget(&self) -> Result<(), KeptError> {
        let Some(path) = &self.path else { return Ok(()) };
        position::forget(path).map_err(|error| KeptError::Storage { path: path.clone(), error })
    }

    fn keep(&self) -> Result<(), KeptError> {
        let Some(path) = &self.path else { return Ok(()) };
        let kept = position::keep(path, &self.kept);
        kept.map_err(|error| KeptError::Storage { path: path.clone(), error })
    }
}
