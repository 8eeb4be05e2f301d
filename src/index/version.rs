//! When an entry holds, in eight bytes.

use crate::relationship::Revision;

/// The revision at which an entry was born, and whether that is all there is to know.
///
/// Two halves rather than one `u64`: entries then need an alignment of four bytes only, and take 20 instead of 24.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Version {
    high: u32,
    low: u32,
}

/// Set when the entry is not plain: it has ended, lived more than once, or holds on terms. Its lives are in the side table.
const HAS_LIVES: u32 = 1 << 31;

impl Version {
    /// Born at a revision and alive since.
    pub(super) fn born_at(revision: Revision) -> Self {
        let [high, low] = split(revision.0);
        debug_assert_eq!(high & HAS_LIVES, 0, "revisions stay below 2^63");
        Self { high, low }
    }

    /// The same, but with its lives in the side table.
    pub(super) fn with_lives(self) -> Self {
        Self { high: self.high | HAS_LIVES, ..self }
    }

    pub(super) fn has_lives(self) -> bool {
        self.high & HAS_LIVES != 0
    }

    pub(super) fn born(self) -> Revision {
        Revision(u64::from(self.high & !HAS_LIVES) << 32 | u64::from(self.low))
    }
}

#[expect(clippy::cast_possible_truncation, reason = "each half is what is meant")]
fn split(value: u64) -> [u32; 2] {
    [(value >> 32) as u32, value as u32]
}
