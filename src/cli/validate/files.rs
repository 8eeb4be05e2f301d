//! Which files are checked: those that are named, and those of directories, in order of their names.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Files of one run, at most.
const FILES_MAX: usize = 1_000_000;

/// A file to be checked.
pub(super) struct Candidate {
    pub(super) file: PathBuf,
    /// Whether it was named: then it is a validation file, whatever it looks like.
    pub(super) is_named: bool,
}

/// A directory cannot be read, or holds too much.
#[derive(Debug, thiserror::Error)]
pub(super) enum CollectError {
    #[error("{}: cannot be read: {error}", .path.display())]
    Unreadable { path: PathBuf, error: io::Error },
    #[error("there are more than {FILES_MAX} files")]
    TooMany,
}

/// The files of some paths; a path that does not exist is a file that cannot be read.
pub(super) fn collect(paths: &[PathBuf]) -> Result<Vec<Candidate>, CollectError> {
    let mut files = Vec::new();
    for path in paths {
        if path.is_dir() {
            of_directory(path, &mut files)?;
        } else {
            files.push(Candidate { file: path.clone(), is_named: true });
        }
        if files.len() > FILES_MAX {
            return Err(CollectError::TooMany);
        }
    }
    Ok(files)
}

/// All validation files and schemas below a directory. Links to directories are not followed: they may lead back.
fn of_directory(directory: &Path, files: &mut Vec<Candidate>) -> Result<(), CollectError> {
    let mut waiting = vec![directory.to_owned()];
    let mut found = Vec::new();
    while let Some(directory) = waiting.pop() {
        let unreadable = |error| CollectError::Unreadable { path: directory.clone(), error };
        for entry in fs::read_dir(&directory).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            let (path, kind) = (entry.path(), entry.file_type().map_err(unreadable)?);
            let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
            let is_hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
            if kind.is_dir() && !is_hidden {
                waiting.push(path);
            } else if matches!(extension, "yaml" | "yml" | "zed") && !is_hidden && path.is_file() {
                found.push(path);
            }
            if found.len() > FILES_MAX {
                return Err(CollectError::TooMany);
            }
        }
    }
    found.sort();
    files.extend(found.into_iter().map(|file| Candidate { file, is_named: false }));
    Ok(())
}
