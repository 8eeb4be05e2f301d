//! The directory that a journal lives in: who holds it, whether it is one, and its entries made durable.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};

use super::super::error::OpenError;
use super::generation::DATABASE_FILE;
use super::marker::MARKER_FILE;

/// Held while the journal is open.
pub(super) const LOCK_FILE: &str = "arrowroot.lock";
/// Written and deleted to find out whether the disk takes data.
const PROBE_FILE: &str = "arrowroot.probe";
/// What a file system puts into the root of a volume.
const VOLUME_DIRECTORY: &str = "lost+found";

/// A directory that this process holds. Dropping it releases the lock.
#[derive(Debug)]
pub(super) struct Directory {
    path: PathBuf,
    /// Open so that the lock is held.
    lock: File,
}

impl Directory {
    /// Creates the directory if it does not exist, and takes its lock.
    pub(super) fn hold(path: &Path) -> Result<Self, OpenError> {
        refuse_foreign_content(path)?;
        let storage = |attempt: &str, error: io::Error| OpenError::Storage {
            directory: path.to_owned(),
            fault: format!("{attempt}: {error}"),
        };
        let created = create_directories(path).map_err(|error| storage("creating the directory", error))?;
        let mut lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(path.join(LOCK_FILE))
            .map_err(|error| storage("opening the lock file", error))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(OpenError::Locked { directory: path.to_owned(), process: process_in(&mut lock) });
            }
            Err(TryLockError::Error(error)) => return Err(storage("locking the lock file", error)),
        }
        write_process(&mut lock).map_err(|error| storage("writing the lock file", error))?;
        for parent in created {
            sync_directory(&parent).map_err(|error| storage("syncing a parent directory", error))?;
        }
        Ok(Self { path: path.to_owned(), lock })
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Makes the directory's entries durable: which files there are, and under which names.
    pub(super) fn sync_entries(&self) -> io::Result<()> {
        sync_directory(&self.path)
    }

    /// Whether the disk takes this many more bytes.
    pub(super) fn probe(&self, bytes: usize) -> io::Result<()> {
        let path = self.path.join(PROBE_FILE);
        let written = File::create(&path).and_then(|mut file| {
            file.write_all(&vec![0; bytes])?;
            file.sync_data()
        });
        let removed = fs::remove_file(&path);
        written.and(removed)
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        // Closing the file would do, but for processes that are being started at this moment and have inherited it.
        let _ = self.lock.unlock();
    }
}

/// A journal is created in an empty directory only; whatever else is there belongs to somebody.
fn refuse_foreign_content(path: &Path) -> Result<(), OpenError> {
    let foreign = |found: String| OpenError::NotAJournal { directory: path.to_owned(), found };
    let entries = match fs::read_dir(path) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
            return Err(foreign("it is not a directory".to_owned()));
        }
        Err(error) => {
            return Err(OpenError::Storage {
                directory: path.to_owned(),
                fault: format!("listing the directory: {error}"),
            });
        }
    };
    let names: Vec<_> = entries.flatten().map(|entry| entry.file_name()).collect();
    let is_journal =
        names.iter().any(|name| [LOCK_FILE, MARKER_FILE, DATABASE_FILE].iter().any(|known| name == known));
    match names.iter().find(|name| *name != VOLUME_DIRECTORY) {
        Some(name) if !is_journal => Err(foreign(format!("there is `{}`", name.to_string_lossy()))),
        _ => Ok(()),
    }
}

/// Creates a directory and those above it; returns those whose entries are new.
fn create_directories(path: &Path) -> io::Result<Vec<PathBuf>> {
    let absolute = std::path::absolute(path)?;
    let missing = absolute.ancestors().take_while(|ancestor| !ancestor.exists());
    let changed = missing.filter_map(Path::parent).map(Path::to_owned).collect();
    fs::create_dir_all(&absolute)?;
    Ok(changed)
}

/// Bytes that the disk of a directory still takes; as many as can be where the system does not say.
pub(super) fn free_bytes(path: &Path) -> io::Result<u64> {
    #[cfg(unix)]
    {
        let disk = rustix::fs::statvfs(path)?;
        Ok(disk.f_bavail.saturating_mul(disk.f_frsize))
    }
    #[cfg(not(unix))]
    {
        let _ = path;
        Ok(u64::MAX)
    }
}

/// Makes the entries of a directory durable.
#[cfg(unix)]
pub(super) fn sync_directory(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

/// Elsewhere a directory cannot be opened as a file, and the file system journals its entries.
#[cfg(not(unix))]
pub(super) fn sync_directory(_path: &Path) -> io::Result<()> {
    Ok(())
}

fn write_process(lock: &mut File) -> io::Result<()> {
    lock.set_len(0)?;
    lock.rewind()?;
    writeln!(lock, "{}", std::process::id())
}

/// The number in the lock file; none where the file cannot be read while another holds its lock.
pub(super) fn process_in(lock: &mut File) -> Option<u32> {
    let mut text = String::new();
    lock.read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}
