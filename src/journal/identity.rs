//! The name that tells one journal from every other.

use std::fmt;
use std::hash::{BuildHasher, RandomState};

/// The name of one journal, made at random when it is created and kept for its life. Tokens carry it, so that a
/// token from another store is told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct JournalIdentity(pub u64);

impl JournalIdentity {
    /// A name that no other journal has, but for a chance of one in 2^64.
    ///
    /// The standard library's hash keys come from the operating system's random source and never repeat within a
    /// process; a keyed hash of nothing is therefore a random number, without a dependency of its own.
    pub(super) fn random() -> Self {
        Self(RandomState::new().hash_one(RandomState::new().hash_one(())))
    }
}

impl fmt::Display for JournalIdentity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:016x}", self.0)
    }
}
