//! The files of keys that a server reads, and reads again when they change.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::lifecycle::identity::ApiKeyHash;
use crate::lifecycle::{Refresh, Reloads, WatchedFile};

use super::error::KeyFileError;
use super::key::{Key, Keys};
use super::meter::{KeyLimits, Meters};
use super::{key_file, lines};

/// Where files of keys are.
#[derive(Debug, Clone, Default)]
pub struct KeyFilePaths {
    /// A file with a key on each line, all of which may do everything.
    pub preshared: Option<PathBuf>,
    /// A TOML file of keys with their roles.
    pub with_roles: Option<PathBuf>,
}

/// Files of keys, as they were when they were last read and found good.
#[derive(Debug)]
pub struct KeyFiles(Vec<Arc<WatchedFile<Keys>>>);

impl KeyFiles {
    /// Reads the files, and has them read again when they change; none if there are no files. Keys without limits of
    /// their own have the given ones.
    pub fn open(
        paths: KeyFilePaths,
        limits: KeyLimits,
        reloads: &Reloads,
    ) -> Result<Option<Self>, KeyFileError> {
        let KeyFilePaths { preshared, with_roles } = paths;
        let mut files = Vec::new();
        if let Some(path) = preshared {
            files.push(open(path, limits, lines::parse)?);
        }
        if let Some(path) = with_roles {
            files.push(open(path, limits, key_file::parse)?);
        }
        for file in &files {
            reloads.add(Arc::clone(file) as Arc<dyn Refresh>);
        }
        Ok(Some(files).filter(|files| !files.is_empty()).map(Self))
    }

    /// The key with a hash.
    pub(in crate::server) fn find(&self, hash: &ApiKeyHash) -> Option<Arc<Key>> {
        self.0.iter().find_map(|file| file.look_at(|keys| keys.find(hash)))
    }
}

type ParseKeys = fn(&Path, &str, KeyLimits, &Meters) -> Result<Keys, KeyFileError>;

fn open(path: PathBuf, limits: KeyLimits, parse: ParseKeys) -> Result<Arc<WatchedFile<Keys>>, KeyFileError> {
    let meters = Meters::default();
    let file = WatchedFile::open(path, move |path, text| {
        let keys = parse(path, text, limits, &meters)?;
        warn_if_open_to_all(path, "keys");
        Ok::<_, KeyFileError>(keys)
    })?;
    Ok(Arc::new(file))
}

/// Tells the log of a file with secrets that everyone on the machine may read.
pub(in crate::server) fn warn_if_open_to_all(path: &Path, secrets: &str) {
    const READABLE_BY_ALL: u32 = 0o004;
    if fs::metadata(path).is_ok_and(|metadata| metadata.mode() & READABLE_BY_ALL != 0) {
        let path = path.display();
        tracing::warn!(%path, "everyone on this machine may read the file with {secrets}: chmod 0600 closes it");
    }
}
