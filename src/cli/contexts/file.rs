//! The configuration file on disk: where it is, who may read it, and how it is replaced.

use std::ffi::OsString;
use std::fs::{self, DirBuilder, File};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::FlockOperation;

use super::{Contexts, ContextsError};

/// Bytes of the file, at most.
const BYTES_MAX: u64 = 1 << 20;
/// What others than the owner may do, in a file's mode.
const OTHERS: u32 = 0o077;

/// Where the file is: at `ARROWROOT_CONFIG`, or among the user's configuration files.
pub(super) fn path() -> Result<PathBuf, ContextsError> {
    place(&|name| std::env::var_os(name).filter(|value| !value.is_empty())).ok_or(ContextsError::Homeless)
}

pub(super) fn place(variable: &dyn Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    if let Some(path) = variable("ARROWROOT_CONFIG") {
        return Some(path.into());
    }
    // The specification has relative paths ignored.
    let configuration = variable("XDG_CONFIG_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    let directory = match configuration {
        Some(directory) => directory,
        None => PathBuf::from(variable("HOME")?).join(".config"),
    };
    Some(directory.join("arrowroot/config.toml"))
}

/// Reads the file, if it is there.
pub(super) fn read(path: &Path) -> Result<Option<Contexts>, ContextsError> {
    let unreadable = |error| ContextsError::Unreadable { path: path.to_owned(), error };
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unreadable(error)),
    };
    let metadata = file.metadata().map_err(unreadable)?;
    if !metadata.is_file() {
        return Err(unreadable(io::Error::other("is no regular file")));
    }
    if metadata.mode() & OTHERS != 0 {
        return Err(ContextsError::Open { path: path.to_owned() });
    }
    let mut text = String::new();
    file.take(BYTES_MAX + 1).read_to_string(&mut text).map_err(unreadable)?;
    if text.len() as u64 > BYTES_MAX {
        return Err(ContextsError::TooLarge { path: path.to_owned(), bytes_max: BYTES_MAX });
    }
    parse(path, &text).map(Some)
}

pub(super) fn parse(path: &Path, text: &str) -> Result<Contexts, ContextsError> {
    // Its `Display` would show the line, which may have a key in it.
    toml::from_str(text).map_err(|error: toml::de::Error| {
        let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let problem = error.message().lines().next().unwrap_or_default().to_owned();
        ContextsError::Malformed { path: path.to_owned(), line, problem }
    })
}

/// Changes the contexts. Of two commands at the same time, one comes after the other; a reader finds the file as it was or
/// as it will be.
pub(in crate::cli) fn change(
    work: impl FnOnce(&mut Contexts) -> Result<(), ContextsError>,
) -> Result<(), ContextsError> {
    change_at(&path()?, work)
}

pub(super) fn change_at(
    path: &Path,
    work: impl FnOnce(&mut Contexts) -> Result<(), ContextsError>,
) -> Result<(), ContextsError> {
    let unwritable = |error| ContextsError::Unwritable { path: path.to_owned(), error };
    // A link stays one.
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let directory = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    DirBuilder::new().recursive(true).mode(0o700).create(directory).map_err(unwritable)?;
    let lock = File::open(directory).map_err(unwritable)?;
    rustix::fs::flock(&lock, FlockOperation::LockExclusive).map_err(|error| unwritable(error.into()))?;
    let mut contexts = read(&path)?.unwrap_or_default();
    work(&mut contexts)?;
    let text = toml::to_string(&contexts).map_err(|error| unwritable(io::Error::other(error)))?;
    write(directory, &path, &text).map_err(unwritable)
}

/// Replaces the file in one step. What is made by `tempfile` is the owner's alone.
fn write(directory: &Path, path: &Path, text: &str) -> io::Result<()> {
    let mut file = tempfile::NamedTempFile::new_in(directory)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    File::open(directory)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_where_the_environment_says() {
        let of = |variables: &[(&str, &str)]| {
            let find = |name: &str| {
                variables.iter().find(|(known, _)| *known == name).map(|(_, value)| value.into())
            };
            place(&find).map(|path| path.display().to_string())
        };
        let home = ("HOME", "/home/ana");
        for (variables, expected) in [
            (&[home][..], Some("/home/ana/.config/arrowroot/config.toml")),
            (&[home, ("XDG_CONFIG_HOME", "/etc/ana")], Some("/etc/ana/arrowroot/config.toml")),
            (&[home, ("XDG_CONFIG_HOME", "relative")], Some("/home/ana/.config/arrowroot/config.toml")),
            (&[home, ("ARROWROOT_CONFIG", "here.toml")], Some("here.toml")),
            (&[], None),
        ] {
            assert_eq!(of(variables).as_deref(), expected, "{variables:?}");
        }
    }

    #[test]
    fn what_is_written_is_read_again_and_a_refused_change_changes_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a/b/config.toml");
        let add = |name: &'static str| {
            change_at(&path, |all| all.add(name, super::super::Context::default(), false))
        };
        add("one").unwrap();
        add("two").unwrap();
        let before = fs::read(&path).unwrap();
        add("two").unwrap_err();
        assert_eq!(fs::read(&path).unwrap(), before);
        let contexts = read(&path).unwrap().unwrap();
        let names: Vec<_> = contexts.all().map(|(name, _, is_current)| (name, is_current)).collect();
        assert_eq!(names, [("one", true), ("two", false)]);
        // A link stays one.
        let link = directory.path().join("link.toml");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        change_at(&link, |all| all.remove("one")).unwrap();
        assert!(link.is_symlink());
        assert!(read(&path).unwrap().unwrap().current().unwrap().is_none());
    }
}
