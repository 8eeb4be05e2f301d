//! A backup → a directory, which is there when everything is in it.

use std::error::Error;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use crate::backup::{Summary, load, open};
use crate::cli::interrupt;
use crate::cli::position::beside;
use crate::cli::progress::ProgressFlag;
use crate::engine::{Engine, EngineOptions, HeldDirectory};

/// How the time stands in the name of what was put aside.
const TIME_FORMAT: &str = "%Y%m%dT%H%M%SZ";

#[derive(Debug, thiserror::Error)]
enum DirectoryError {
    #[error(
        "{} holds a store already: choose another directory, or put that store aside with --replace", .0.display()
    )]
    Store(PathBuf),
    #[error("{} holds something that is no store: choose another directory", .0.display())]
    Foreign(PathBuf),
    #[error("{} was altered while it was read; {} is as it was", .backup.display(), .directory.display())]
    Altered { backup: PathBuf, directory: PathBuf },
    #[error("interrupted; {} is as it was", .0.display())]
    Interrupted(PathBuf),
    #[error("{problem}; {} is as it was", .directory.display())]
    NotLoaded { problem: Box<dyn Error>, directory: PathBuf },
}

/// Loads a backup that was verified, beside the directory, and gives it its name. What was there and is put aside.
pub(super) fn restore(
    backup: &Path,
    verified: &Summary,
    directory: &Path,
    replace: bool,
    progress: ProgressFlag,
) -> Result<Option<PathBuf>, Box<dyn Error>> {
    let directory = std::path::absolute(directory)?;
    // Nobody opens the store while it is being put aside.
    let held = hold(&directory, replace)?;
    let parent = directory.parent().ok_or_else(|| DirectoryError::Foreign(directory.clone()))?;
    fs::create_dir_all(parent)?;
    let name = directory.file_name().unwrap_or_default().to_string_lossy();
    let loaded = tempfile::Builder::new().prefix(&format!(".{name}.restoring-")).tempdir_in(parent)?;
    fill(backup, verified, loaded.path(), &directory, progress)?;
    // Removed if it does not come to its place.
    let aside = match held {
        None => {
            fs::rename(loaded.path(), &directory)?;
            None
        }
        Some(held) => {
            let time = jiff::Timestamp::now().strftime(TIME_FORMAT).to_string();
            let aside = beside(&directory, &format!(".before-{time}"));
            exchange(loaded.path(), &directory, &aside).map_err(|error| {
                let problem = format!("{} cannot be put aside: {error}", directory.display()).into();
                DirectoryError::NotLoaded { problem, directory: directory.clone() }
            })?;
            drop(held);
            Some(aside)
        }
    };
    let _ = loaded.keep();
    File::open(parent)?.sync_all()?;
    Ok(aside)
}

/// Holds the store that is there and is to be put aside; nothing if the directory is empty or not there.
fn hold(directory: &Path, replace: bool) -> Result<Option<HeldDirectory>, Box<dyn Error>> {
    let is_empty = match fs::read_dir(directory) {
        Ok(mut entries) => entries.next().is_none(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => true,
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => false,
        Err(error) => return Err(format!("{}: {error}", directory.display()).into()),
    };
    if is_empty {
        return Ok(None);
    }
    if !Engine::is_store(directory) {
        return Err(DirectoryError::Foreign(directory.to_owned()).into());
    }
    if !replace {
        return Err(DirectoryError::Store(directory.to_owned()).into());
    }
    Ok(Some(Engine::hold_store(directory)?))
}

/// Puts everything into a directory, durably.
fn fill(
    backup: &Path,
    verified: &Summary,
    into: &Path,
    directory: &Path,
    progress: ProgressFlag,
) -> Result<(), Box<dyn Error>> {
    let cancelled = interrupt::watch()?;
    let not_loaded = |problem: Box<dyn Error>| {
        Box::new(DirectoryError::NotLoaded { problem, directory: directory.to_owned() })
    };
    let progress = progress.start(None);
    let mut options = EngineOptions::default();
    // What a server has taken up, whatever bounds it had, is taken up again.
    options.limits.caveat_bytes_max = usize::MAX;
    let engine = Engine::open(into, options).map_err(|error| not_loaded(error.into()))?;
    let reader = open(backup).map_err(|error| not_loaded(error.into()))?;
    let summary = load(reader, &engine, &cancelled, &mut |count| progress.advance(0, count, "relationships"));
    let summary = match summary {
        Err(_) if cancelled.load(std::sync::atomic::Ordering::Relaxed) => {
            return Err(DirectoryError::Interrupted(directory.to_owned()).into());
        }
        summary => summary.map_err(|error| not_loaded(error.into()))?,
    };
    if summary != *verified {
        let (backup, directory) = (backup.to_owned(), directory.to_owned());
        return Err(DirectoryError::Altered { backup, directory }.into());
    }
    if summary.totals.relationships > 0 {
        // The first start need not read them one by one.
        engine.write_checkpoint().map_err(|error| not_loaded(error.into()))?;
    }
    engine.close();
    progress.finish();
    Ok(())
}

/// Puts a directory in the place of another, which is put aside: at once, where the file system can. What was there never
/// has a name that a restore which is killed leaves behind.
fn exchange(new: &Path, directory: &Path, aside: &Path) -> io::Result<()> {
    if aside.try_exists()? {
        return Err(io::Error::new(io::ErrorKind::AlreadyExists, format!("{} is there", aside.display())));
    }
    #[cfg(target_os = "linux")]
    {
        use rustix::fs::{CWD, RenameFlags, renameat_with};

        fs::rename(new, aside)?;
        if renameat_with(CWD, aside, CWD, directory, RenameFlags::EXCHANGE).is_ok() {
            return Ok(());
        }
        fs::rename(aside, new)?;
    }
    fs::rename(directory, aside)?;
    // Without it, nothing would be there.
    fs::rename(new, directory).or_else(|error| fs::rename(aside, directory).and(Err(error)))
}
