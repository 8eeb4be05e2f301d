//! Generations: the databases that follow one another in a journal's directory, each with the checkpoint it begins with.
//!
//! Generation 0 lies at the top of the directory and has no checkpoint; generation N lies in `generation-N/`. The marker
//! names the one that counts. What is left of others, by a crash, is removed by their names alone.

use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use super::directory::sync_directory;

/// sled's log; everything that must survive is in it.
pub(super) const DATABASE_FILE: &str = "db";
/// sled's settings.
const SETTINGS_FILE: &str = "conf";
/// What these begin with.
const SETTINGS_TITLE: &[u8] = b"segment_size: ";
/// What sled's snapshots begin with; a log sequence number in hexadecimal follows, and perhaps [`SNAPSHOT_SUFFIX`].
const SNAPSHOT_PREFIX: &str = "snap.";
/// What a snapshot ends with that is being written.
const SNAPSHOT_SUFFIX: &str = ".generating";
/// Where sled would put values that are too large for its log; there are none.
const BLOBS_DIRECTORY: &str = "blobs";
/// What a generation's directory begins with; its number follows.
const DIRECTORY_PREFIX: &str = "generation-";

/// How long a closed database may stay locked by the last of sled's background tasks.
const RELEASE_PATIENCE: Duration = Duration::from_secs(10);

/// Where one database lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Generation {
    number: u64,
    path: PathBuf,
}

impl Generation {
    /// The generation of a number in a journal's directory.
    pub(super) fn of(directory: &Path, number: u64) -> Self {
        let path = match number {
            0 => directory.to_owned(),
            _ => directory.join(format!("{DIRECTORY_PREFIX}{number}")),
        };
        Self { number, path }
    }

    /// Its number.
    pub(super) fn number(&self) -> u64 {
        self.number
    }

    /// Its files' directory.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// sled's settings, which are written once, when it is begun.
    pub(super) fn settings_file(&self) -> PathBuf {
        self.path.join(SETTINGS_FILE)
    }

    /// Makes its directory, empty. What was there by its name did not count.
    pub(super) fn create(&self) -> io::Result<()> {
        self.remove()?;
        fs::create_dir(&self.path)
    }

    /// The database file, if it exists already.
    pub(super) fn database_file(&self) -> io::Result<Option<File>> {
        let opened = OpenOptions::new().read(true).write(true).open(self.path.join(DATABASE_FILE));
        match opened {
            Ok(file) => Ok(Some(file)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Whether there is a database file with anything in it.
    pub(super) fn has_database(&self) -> bool {
        fs::metadata(self.path.join(DATABASE_FILE)).is_ok_and(|metadata| metadata.len() > 0)
    }

    /// Removes what a crash can leave half made, and sled then refuses for good instead of making it anew: a snapshot
    /// that is being written, which it takes for the newest, and its settings while the database has nothing in it yet.
    pub(super) fn discard_unfinished(&self) -> io::Result<()> {
        let is_unfinished = |path: &PathBuf| path.to_string_lossy().ends_with(SNAPSHOT_SUFFIX);
        for path in self.files()?.into_iter().filter(is_unfinished) {
            gone(fs::remove_file(path))?;
        }
        if self.has_database() {
            return Ok(());
        }
        let settings = self.path.join(SETTINGS_FILE);
        match fs::read(&settings) {
            // Without their last bytes, or as so many zeros; and not a file of somebody else.
            Ok(bytes) if bytes.starts_with(SETTINGS_TITLE) || bytes.iter().all(|byte| *byte == 0) => {
                fs::remove_file(settings)
            }
            read => gone(read.map(|_| ())),
        }
    }

    /// Makes durable what sled creates and leaves to chance: its files' contents (`conf` is written without any
    /// sync, `db` with `sync_file_range`), and the entries of all of them in the directory (`snap.*` is synced
    /// before it is renamed into place, the renaming is not).
    pub(super) fn sync_files(&self) -> io::Result<()> {
        for path in self.files()? {
            OpenOptions::new().write(true).open(path)?.sync_all()?;
        }
        sync_directory(&self.path)
    }

    /// Waits until nothing of sled holds the database file any more.
    ///
    /// sled's own lock is released with the last handle of the file, and a background task that has just written
    /// may keep one for a moment after the database is dropped.
    pub(super) fn await_release(&self) -> io::Result<()> {
        let Some(file) = self.database_file()? else {
            return Ok(());
        };
        let deadline = Instant::now() + RELEASE_PATIENCE;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(()),
                Err(TryLockError::WouldBlock) if Instant::now() < deadline => {
                    thread::sleep(Duration::from_millis(1));
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Removes its files. Whoever has them open keeps them until then.
    pub(super) fn remove(&self) -> io::Result<()> {
        if self.number > 0 {
            return gone(fs::remove_dir_all(&self.path));
        }
        for path in self.files()? {
            gone(fs::remove_file(path))?;
        }
        gone(fs::remove_dir_all(self.path.join(BLOBS_DIRECTORY)))
    }

    /// Those of its files that sled made, and none that somebody else did.
    fn files(&self) -> io::Result<Vec<PathBuf>> {
        let mut files = Vec::new();
        for entry in fs::read_dir(&self.path)? {
            let entry = entry?;
            if entry.file_type()?.is_file() && is_of_sled(&entry.file_name()) {
                files.push(entry.path());
            }
        }
        Ok(files)
    }
}

/// Whether a directory has generations beside the first.
pub(super) fn has_later_ones(directory: &Path) -> io::Result<bool> {
    Ok(!numbers(directory)?.is_empty())
}

/// Removes generations after one: they were never finished.
pub(super) fn remove_after(directory: &Path, number: u64) {
    remove_those(directory, |found| found > number);
}

/// Removes generations before one: it has taken their place.
pub(super) fn remove_before(directory: &Path, number: u64) {
    remove_those(directory, |found| found < number);
    let first = Generation::of(directory, 0);
    if number > 0
        && let Err(error) = first.remove()
    {
        tracing::warn!("the journal's first generation was not removed: {error}");
    }
}

fn remove_those(directory: &Path, is_meant: impl Fn(u64) -> bool) {
    let removed = numbers(directory).and_then(|numbers| {
        let mut meant = numbers.into_iter().filter(|number| is_meant(*number));
        meant.try_for_each(|number| Generation::of(directory, number).remove())
    });
    if let Err(error) = removed {
        tracing::warn!("a generation of the journal that does not count was not removed: {error}");
    }
}

/// The numbers of the later generations that are there, whole or in part.
fn numbers(directory: &Path) -> io::Result<Vec<u64>> {
    let mut numbers = Vec::new();
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        if entry.file_type()?.is_dir()
            && let Some(number) = number_in(&entry.file_name())
        {
            numbers.push(number);
        }
    }
    Ok(numbers)
}

/// The number in a directory's name, if it is written as this version writes it.
fn number_in(name: &OsStr) -> Option<u64> {
    let digits = name.to_str()?.strip_prefix(DIRECTORY_PREFIX)?;
    let number = digits.parse().ok().filter(|number| *number > 0)?;
    (u64::to_string(&number) == digits).then_some(number)
}

fn is_of_sled(name: &OsStr) -> bool {
    let Some(name) = name.to_str() else { return false };
    let Some(sequence_number) = name.strip_prefix(SNAPSHOT_PREFIX) else {
        return name == DATABASE_FILE || name == SETTINGS_FILE;
    };
    let digits = sequence_number.strip_suffix(SNAPSHOT_SUFFIX).unwrap_or(sequence_number);
    digits.len() == 16 && digits.bytes().all(|digit| digit.is_ascii_hexdigit())
}

/// What is not there is removed.
fn gone(removed: io::Result<()>) -> io::Result<()> {
    match removed {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}
