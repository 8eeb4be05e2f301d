//! Backups of a running engine, from time to time, into a directory of which it keeps the newest ones.

use std::fs;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime};

use crate::engine::{Consistency, Engine, step_back};

use super::capture::{capture, header_of};
use super::error::WriteBackupError;
use super::file::{BackupFile, PARTIAL_SUFFIX};
use super::status::{BackupStatus, LastBackup};

/// What names of backups begin and end with. Between them stand the store, the time and the revision.
const PREFIX: &str = "arrowroot-";
const SUFFIX: &str = ".backup";
/// How the time stands in a name: it sorts, and needs no quoting.
const TIME_FORMAT: &str = "%Y%m%dT%H%M%SZ";
/// How long is waited after a backup that failed; never longer than the interval.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_mins(1);

/// When backups are made, and how many stay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    /// Where they are kept. It is made if it is not there.
    pub directory: PathBuf,
    /// How long after one the next is made, if anything has changed.
    pub interval: Duration,
    /// How many of this store's stay: the newest ones. At least one does.
    pub keep: usize,
}

/// A thread that makes backups. Dropping it ends it.
#[derive(Debug)]
pub struct ScheduledBackups {
    cancelled: Arc<AtomicBool>,
    status: Arc<BackupStatus>,
    stop: Option<(SyncSender<()>, JoinHandle<()>)>,
}

impl ScheduledBackups {
    /// Begins. What cannot be made at all, a directory that cannot be written, is an error at once. `source` is what
    /// backups say that they were taken from.
    pub fn start(engine: Arc<Engine>, schedule: Schedule, source: String) -> io::Result<Self> {
        fs::create_dir_all(&schedule.directory)?;
        let store = engine
            .at(&Consistency::MinimizeLatency)
            .map_err(|error| io::Error::other(error.to_string()))?
            .store();
        let names = Names { prefix: format!("{PREFIX}{store}-") };
        names.remove_partial(&schedule.directory)?;
        let (cancelled, status) = (Arc::new(AtomicBool::new(false)), Arc::new(BackupStatus::default()));
        let mut work = Work {
            engine,
            schedule,
            source,
            names,
            cancelled: Arc::clone(&cancelled),
            status: Arc::clone(&status),
        };
        let mut wait = work.until_first()?;
        let (stop, stopped) = sync_channel(1);
        let run = move || {
            step_back();
            while stopped.recv_timeout(wait) == Err(RecvTimeoutError::Timeout) {
                wait = work.run();
            }
        };
        let thread = std::thread::Builder::new().name("arrowroot-backup".to_owned()).spawn(run)?;
        Ok(Self { cancelled, status, stop: Some((stop, thread)) })
    }

    /// What became of them so far.
    pub fn status(&self) -> &Arc<BackupStatus> {
        &self.status
    }

    /// Ends. One that is being made is broken off, and leaves no file.
    pub fn stop(&mut self) {
        self.cancelled.store(true, Ordering::Relaxed);
        let Some((stop, thread)) = self.stop.take() else { return };
        drop(stop);
        if thread.join().is_err() {
            tracing::error!("the thread that makes backups ended by a panic");
        }
    }
}

impl Drop for ScheduledBackups {
    fn drop(&mut self) {
        self.stop();
    }
}

struct Work {
    engine: Arc<Engine>,
    schedule: Schedule,
    source: String,
    names: Names,
    cancelled: Arc<AtomicBool>,
    status: Arc<BackupStatus>,
}

impl Work {
    /// How long to wait for the first: what is left of the interval after the newest one that is there.
    fn until_first(&mut self) -> io::Result<Duration> {
        let Some(newest) = self.names.list(&self.schedule.directory)?.pop() else {
            return Ok(Duration::ZERO);
        };
        let metadata = fs::metadata(self.schedule.directory.join(&newest.name))?;
        let completed_at = metadata.modified()?;
        self.status.found(LastBackup {
            completed_at,
            took: Duration::ZERO,
            bytes: metadata.len(),
            revision: newest.revision,
        });
        // A clock that was set back makes it wait for one interval, and no longer.
        let age = SystemTime::now().duration_since(completed_at).unwrap_or_default();
        Ok(self.schedule.interval.saturating_sub(age))
    }

    /// Makes one, if anything has changed. How long to wait for the next.
    fn run(&mut self) -> Duration {
        let attempt = catch_unwind(AssertUnwindSafe(|| self.attempt()));
        let outcome =
            attempt.unwrap_or_else(|_| Err(io::Error::other("a panic ended the writing of it").into()));
        match outcome {
            Ok(()) => self.schedule.interval,
            Err(WriteBackupError::Cancelled) => {
                tracing::info!("a backup was broken off, since the end came first");
                self.schedule.interval
            }
            Err(error) => {
                let directory = self.schedule.directory.display();
                tracing::error!(%error, %directory, "no backup was made");
                self.status.failed();
                self.schedule.interval.min(PAUSE_AFTER_FAILURE)
            }
        }
    }

    fn attempt(&self) -> Result<(), WriteBackupError> {
        let (start, directory) = (Instant::now(), &self.schedule.directory);
        fs::create_dir_all(directory)?;
        let view = self.engine.at(&Consistency::FullyConsistent);
        let view = view.map_err(|error| io::Error::other(error.to_string()))?;
        let revision = view.revision().0;
        if self.names.list(directory)?.last().is_some_and(|newest| newest.revision == revision) {
            tracing::debug!(revision, "nothing has changed since the last backup");
            return Ok(());
        }
        let path = directory.join(self.names.name(&jiff::Timestamp::now(), revision));
        let file = BackupFile::create(&path, true)?;
        let header = header_of(&view, &self.source);
        let (file, totals) = capture(&view, &header, file, &self.cancelled, &mut |_| {})?;
        // What ends while the disk works can leave.
        drop(view);
        let bytes = file.finish()?;
        let took = start.elapsed();
        self.status.completed(LastBackup { completed_at: SystemTime::now(), took, bytes, revision });
        tracing::info!(
            file = %path.display(),
            revision,
            relationships = totals.relationships,
            bytes,
            milliseconds = took.as_secs_f64() * 1e3,
            "a backup is made"
        );
        self.forget_old();
        Ok(())
    }

    /// Removes all but the newest ones of this store. The new one is there, whatever becomes of the others.
    fn forget_old(&self) {
        let directory = &self.schedule.directory;
        let all = self.names.list(directory).unwrap_or_else(|error| {
            tracing::warn!(%error, directory = %directory.display(), "old backups cannot be listed");
            Vec::new()
        });
        let old = all.len().saturating_sub(self.schedule.keep.max(1));
        for backup in &all[..old] {
            match fs::remove_file(directory.join(&backup.name)) {
                Ok(()) => tracing::info!(file = %backup.name, "an old backup is removed"),
                Err(error) => tracing::warn!(%error, file = %backup.name, "an old backup cannot be removed"),
            }
        }
    }
}

/// The names of one store's backups: other stores may use the same directory.
#[derive(Debug)]
struct Names {
    prefix: String,
}

/// A backup that is there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Kept {
    /// Revisions follow one another whatever the clock does.
    revision: u64,
    name: String,
}

impl Names {
    fn name(&self, time: &jiff::Timestamp, revision: u64) -> String {
        format!("{}{}-r{revision}{SUFFIX}", self.prefix, time.strftime(TIME_FORMAT))
    }

    /// What a name says, if it is one of these.
    fn parse(&self, name: &str) -> Option<Kept> {
        let (time, revision) = name.strip_prefix(&self.prefix)?.strip_suffix(SUFFIX)?.split_once("-r")?;
        let is_time = jiff::civil::DateTime::strptime(TIME_FORMAT, time).is_ok();
        let is_number = revision.bytes().all(|byte| byte.is_ascii_digit());
        (is_time && is_number)
            .then(|| Some(Kept { revision: revision.parse().ok()?, name: name.to_owned() }))?
    }

    /// Those that are there, the newest last.
    fn list(&self, directory: &Path) -> io::Result<Vec<Kept>> {
        let mut all = Vec::new();
        for entry in fs::read_dir(directory)? {
            all.extend(self.parse(&entry?.file_name().to_string_lossy()));
        }
        all.sort_unstable();
        Ok(all)
    }

    /// Removes what a crash has left: only one process can have the store open.
    fn remove_partial(&self, directory: &Path) -> io::Result<()> {
        for entry in fs::read_dir(directory)? {
            let entry = entry?;
            let name = entry.file_name();
            let name = name.to_string_lossy();
            let is_ours = name.strip_prefix('.').is_some_and(|name| name.starts_with(&self.prefix));
            if is_ours && name.ends_with(PARTIAL_SUFFIX) {
                fs::remove_file(entry.path())?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_its_own_store_are_its_own() {
        let names = Names { prefix: "arrowroot-00ff-".to_owned() };
        let time: jiff::Timestamp = "2026-11-22T18:53:07.5Z".parse().unwrap();
        let name = names.name(&time, 17);
        assert_eq!(name, "arrowroot-00ff-20261122T185307Z-r17.backup");
        assert_eq!(names.parse(&name), Some(Kept { revision: 17, name }));
        for foreign in [
            "arrowroot-00fe-20261122T185307Z-r17.backup",
            "arrowroot-00ff-20261122T185307Z-r17.backup.old",
            "arrowroot-00ff-20261122T185307Z-r.backup",
            "arrowroot-00ff-20261122T185307Z-r+17.backup",
            "arrowroot-00ff-yesterday-r17.backup",
            "arrowroot-00ff-20261122T185307Z.backup",
            "notes.txt",
        ] {
            assert_eq!(names.parse(foreign), None, "{foreign}");
        }
    }

    #[test]
    fn the_newest_is_that_of_the_highest_revision() {
        let directory = tempfile::tempdir().unwrap();
        let names = Names { prefix: "arrowroot-a-".to_owned() };
        for name in [
            "arrowroot-a-20260101T000000Z-r9.backup",
            "arrowroot-a-20250101T000000Z-r10.backup",
            "arrowroot-b-20270101T000000Z-r99.backup",
        ] {
            fs::write(directory.path().join(name), "").unwrap();
        }
        let found: Vec<_> = names.list(directory.path()).unwrap();
        assert_eq!(found.iter().map(|kept| kept.revision).collect::<Vec<_>>(), [9, 10]);
    }
}
