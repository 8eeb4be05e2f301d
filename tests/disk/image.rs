//! Directories as values: what is in them, and that alone.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The files and directories below a directory, by their paths from there.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Image {
    pub(crate) entries: BTreeMap<PathBuf, Entry>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Entry {
    File(Vec<u8>),
    Directory,
}

impl Image {
    /// What is in a directory.
    pub(crate) fn read(directory: &Path) -> Self {
        let mut image = Self::default();
        image.read_below(directory, Path::new(""));
        image
    }

    fn read_below(&mut self, root: &Path, below: &Path) {
        for entry in fs::read_dir(root.join(below)).unwrap() {
            let entry = entry.unwrap();
            let path = below.join(entry.file_name());
            if entry.file_type().unwrap().is_dir() {
                self.entries.insert(path.clone(), Entry::Directory);
                self.read_below(root, &path);
            } else {
                self.entries.insert(path, Entry::File(fs::read(entry.path()).unwrap()));
            }
        }
    }

    /// Makes a directory what it says.
    pub(crate) fn write(&self, directory: &Path) {
        for (path, entry) in &self.entries {
            match entry {
                Entry::File(bytes) => fs::write(directory.join(path), bytes).unwrap(),
                Entry::Directory => fs::create_dir(directory.join(path)).unwrap(),
            }
        }
    }

    /// Equal for equal images.
    pub(crate) fn digest(&self) -> u64 {
        let mut digest = crc32fast::Hasher::new();
        for (path, entry) in &self.entries {
            digest.update(path.to_str().unwrap().as_bytes());
            if let Entry::File(bytes) = entry {
                digest.update(&bytes.len().to_le_bytes());
                digest.update(bytes);
            }
        }
        let sizes = self.entries.values().map(|entry| match entry {
            Entry::File(bytes) => bytes.len() as u64,
            Entry::Directory => 0,
        });
        u64::from(digest.finalize()) << 32 ^ sizes.sum::<u64>()
    }

    /// The names and sizes of its files, for a message.
    pub(crate) fn describe(&self) -> String {
        let describe = |(path, entry): (&PathBuf, &Entry)| match entry {
            Entry::File(bytes) => format!("{} {}", path.display(), bytes.len()),
            Entry::Directory => format!("{}/", path.display()),
        };
        self.entries.iter().map(describe).collect::<Vec<_>>().join(", ")
    }
}
