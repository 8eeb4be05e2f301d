//! How far a backfill has come, kept in a file beside the one that is read.

use std::ffi::OsString;
use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// What became of the lines so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Counts {
    pub(super) registered: u64,
    pub(super) unchanged: u64,
    pub(super) kept: u64,
    pub(super) deregistered: u64,
    pub(super) refused: u64,
    pub(super) invalid: u64,
}

impl Counts {
    /// Whether nothing was refused or meant nothing.
    pub(super) fn is_clean(&self) -> bool {
        self.refused == 0 && self.invalid == 0
    }
}

/// Which file it is, and at which server: another one begins at its beginning.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Identity {
    endpoint: String,
    device: u64,
    inode: u64,
    length: u64,
    modified: (i64, i64),
}

/// What the file beside says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Kept {
    file: Identity,
    byte: u64,
    line: u64,
    counts: Counts,
}

/// How far a backfill has come.
#[derive(Debug)]
pub(super) struct Position {
    /// The byte at which the next line begins, and the number of the line before.
    pub(super) place: (u64, u64),
    pub(super) counts: Counts,
    /// Where the place is kept, if it is.
    path: Option<PathBuf>,
    file: Option<Identity>,
}

impl Position {
    /// A position that nobody goes on from.
    pub(super) fn unkept() -> Self {
        Self { place: (0, 0), counts: Counts::default(), path: None, file: None }
    }

    /// The position in a file: where an earlier run ended, or the beginning. Only of regular files one is kept.
    pub(super) fn of(file: &Path, endpoint: &str, from_start: bool) -> io::Result<Self> {
        if file.as_os_str() == "-" {
            return Ok(Self::unkept());
        }
        let named = |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", file.display()));
        let metadata = fs::metadata(file).map_err(named)?;
        if !metadata.is_file() {
            return Ok(Self::unkept());
        }
        let identity = Identity::of(&metadata, endpoint);
        let mut path = OsString::from(file);
        path.push(".progress");
        let path = PathBuf::from(path);
        let kept = if from_start { None } else { read(&path) };
        let kept = kept.filter(|kept| kept.file == identity && kept.byte <= identity.length);
        let (place, counts) =
            kept.map_or_else(Default::default, |kept| ((kept.byte, kept.line), kept.counts));
        Ok(Self { place, counts, path: Some(path), file: Some(identity) })
    }

    /// Bytes of the whole file, if they are known.
    pub(super) fn length(&self) -> Option<u64> {
        self.file.as_ref().map(|file| file.length)
    }

    /// Keeps the position: whoever reads the file sees this one or the one before.
    pub(super) fn keep(&self) -> io::Result<()> {
        let (Some(path), Some(file)) = (&self.path, &self.file) else { return Ok(()) };
        let kept = Kept { file: file.clone(), byte: self.place.0, line: self.place.1, counts: self.counts };
        let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
        let mut draft = tempfile::NamedTempFile::new_in(directory.unwrap_or(Path::new(".")))?;
        serde_json::to_writer(&mut draft, &kept)?;
        draft.persist(path)?;
        Ok(())
    }

    /// Nothing is left to go on with.
    pub(super) fn forget(&self) {
        // That it is not there is no error, and if it stays the next run asks for nothing twice.
        let _ = self.path.as_ref().map(fs::remove_file);
    }
}

/// What is kept, if it can be read; else the file begins at its beginning, which is always right.
fn read(path: &Path) -> Option<Kept> {
    serde_json::from_slice(&fs::read(path).ok()?).ok()
}

impl Identity {
    fn of(metadata: &Metadata, endpoint: &str) -> Self {
        Self {
            endpoint: endpoint.to_owned(),
            device: metadata.dev(),
            inode: metadata.ino(),
            length: metadata.len(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
        }
    }
}
