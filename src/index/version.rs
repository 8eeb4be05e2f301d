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

/// Set when the entry has ended or lived more than once: its generations are in the history.
const HAS_HISTORY: u32 = 1 << 31;

impl Version {
    /// Born at a revision and alive since.
    pub(super) fn born_at(revision: Revision) -> Self {
        let [high, low] = split(revision.0);
        debug_assert_eq!(high & HAS_HISTORY, 0, "revisions stay below 2^63");
        Self { high, low }
    }

    /// The same, but with the generations in the history.
    pub(super) fn with_history(self) -> Self {
        Self { high: self.high | HAS_HISTORY, ..self }
    }

    pub(super) fn has_history(self) -> bool {
        self.high & HAS_HISTORY != 0
    }

    pub(super) fn born(self) -> Revision {
        Revision(u64::from(self.high & !HAS_HISTORY) << 32 | u64::from(self.low))
    }
}

#[expect(clippy::cast_possible_truncation, reason = "each half is what is meant")]
fn split(value: u64) -> [u32; 2] {
    [(value >> 32) as u32, value as u32]
}
