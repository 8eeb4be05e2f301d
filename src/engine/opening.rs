//! How far the opening of an engine has come, for those who wait for it.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

/// Shared by the thread that opens an engine and by those who ask how far it is.
#[derive(Debug, Default)]
pub struct Opening {
    relationships: AtomicU64,
    of: AtomicU64,
}

/// What an [`Opening`] has come to at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpeningProgress {
    /// Relationships that were read: those of a checkpoint, and each change after it.
    pub relationships: u64,
    /// How many there are at the least; none if that is not known.
    pub of: Option<u64>,
}

impl Opening {
    /// How far it is.
    pub fn progress(&self) -> OpeningProgress {
        let relationships = self.relationships.load(Ordering::Relaxed);
        let of = self.of.load(Ordering::Relaxed);
        OpeningProgress { relationships, of: (of > 0).then_some(of.max(relationships)) }
    }

    /// So many more relationships are known to come.
    pub fn expect(&self, relationships: u64) {
        self.of.fetch_add(relationships, Ordering::Relaxed);
    }

    /// So many more were read.
    pub fn add(&self, relationships: u64) {
        self.relationships.fetch_add(relationships, Ordering::Relaxed);
    }
}

impl fmt::Display for OpeningProgress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.relationships, self.of) {
            (0, None) => write!(formatter, "the store is being opened"),
            (relationships, None) => write!(formatter, "{relationships} relationships are loaded so far"),
            (relationships, Some(of)) => {
                write!(formatter, "{relationships} of {of} relationships are loaded")
            }
        }
    }
}

#[cfg(test)]
mod tests;
