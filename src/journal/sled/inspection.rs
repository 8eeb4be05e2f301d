//! What can be told of a journal's directory without opening the journal, and holding one without opening it.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::Path;
use std::time::SystemTime;

use super::super::error::OpenError;
use super::super::identity::JournalIdentity;
use super::directory::{self, Directory, LOCK_FILE};
use super::generation::{DATABASE_FILE, Generation};
use super::journal::SledJournal;
use super::marker::{FoundMarker, MARKER_FILE, Marker};
use super::opening::STORE_FORMAT;
use crate::relationship::Revision;

/// What a directory says of its journal, whether or not that is open somewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectoryReport {
    /// The format of the store; nothing if its marker is missing.
    pub format: Option<u32>,
    /// Which journal it is.
    pub identity: Option<JournalIdentity>,
    /// The head when it was last opened or closed, or a checkpoint was written.
    pub noted_head: Option<Revision>,
    /// The generation that counts.
    pub generation: u64,
    /// When that was begun: when its checkpoint was written. The first one has none.
    pub checkpoint_written_at: Option<SystemTime>,
    /// Bytes of all files, on the disk.
    pub disk_bytes: u64,
    /// The process that has it open, if one has.
    pub holder: Option<Holder>,
}

/// A process that has a directory open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Holder {
    /// Its number, if it could be read.
    pub process: Option<u32>,
}

/// A directory that no other process can open as long as this is kept.
#[derive(Debug)]
pub struct HeldDirectory {
    _directory: Directory,
}

impl SledJournal {
    /// Whether there is a journal in a directory, whatever its state.
    pub fn is_in(directory: &Path) -> bool {
        [LOCK_FILE, MARKER_FILE, DATABASE_FILE].iter().any(|name| directory.join(name).exists())
    }

    /// What a directory says of its journal. Nothing is written, and no lock is kept.
    pub fn inspect(directory: &Path) -> Result<DirectoryReport, OpenError> {
        let storage = |attempt: &str, error: io::Error| OpenError::Storage {
            directory: directory.to_owned(),
            fault: format!("{attempt}: {error}"),
        };
        if !Self::is_in(directory) {
            let found =
                if directory.is_dir() { "no file of one is there" } else { "there is no such directory" };
            return Err(OpenError::NotAJournal { directory: directory.to_owned(), found: found.to_owned() });
        }
        let (format, marker) = match Marker::find(directory, STORE_FORMAT) {
            Ok(FoundMarker::Known(marker)) => (Some(marker.format), Some(marker)),
            Ok(FoundMarker::TooNew { format }) => (Some(format), None),
            Ok(FoundMarker::Nothing | FoundMarker::Unreadable) => (None, None),
            Err(error) => return Err(storage("reading the journal's marker", error)),
        };
        let generation = marker.map_or(0, |marker| marker.generation);
        let checkpoint_written_at = (generation > 0).then(|| {
            fs::metadata(Generation::of(directory, generation).settings_file()).ok()?.modified().ok()
        });
        Ok(DirectoryReport {
            format,
            identity: marker.map(|marker| marker.identity),
            noted_head: marker.map(|marker| marker.head),
            generation,
            checkpoint_written_at: checkpoint_written_at.flatten(),
            disk_bytes: disk_bytes(directory).map_err(|error| storage("listing the directory", error))?,
            holder: holder(directory).map_err(|error| storage("reading the lock file", error))?,
        })
    }

    /// Takes a directory's lock without opening its journal, which may be damaged.
    pub fn hold(directory: &Path) -> Result<HeldDirectory, OpenError> {
        Ok(HeldDirectory { _directory: Directory::hold(directory)? })
    }
}

fn disk_bytes(directory: &Path) -> io::Result<u64> {
    let mut bytes = 0;
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        bytes += match entry.metadata() {
            Ok(metadata) if metadata.is_dir() => disk_bytes(&entry.path())?,
            Ok(metadata) => metadata.len(),
            // It has gone meanwhile.
            Err(error) if error.kind() == io::ErrorKind::NotFound => 0,
            Err(error) => return Err(error),
        };
    }
    Ok(bytes)
}

fn holder(directory: &Path) -> io::Result<Option<Holder>> {
    let mut lock = match File::open(directory.join(LOCK_FILE)) {
        Ok(lock) => lock,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    match lock.try_lock_shared() {
        Ok(()) => Ok(None),
        Err(TryLockError::WouldBlock) => Ok(Some(Holder { process: directory::process_in(&mut lock) })),
        Err(TryLockError::Error(error)) => Err(error),
    }
}
