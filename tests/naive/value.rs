//! Three values, and what the middle one hangs on.

use std::collections::BTreeSet;

/// Whether something holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    No,
    Undecided(Doubt),
    Yes,
}

/// Why something is undecided.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Doubt {
    /// Parameters that were not given.
    pub(crate) missing: BTreeSet<String>,
    /// Whether a caveat could not be evaluated.
    pub(crate) has_failed: bool,
}

impl Value {
    /// Its place in the order no, undecided, yes.
    pub(crate) fn rank(&self) -> u8 {
        match self {
            Self::No => 0,
            Self::Undecided(_) => 1,
            Self::Yes => 2,
        }
    }

    /// The highest of some.
    pub(super) fn any(parts: impl Iterator<Item = Self>) -> Self {
        parts.fold(Self::No, |one, other| match (one, other) {
            (Self::Yes, _) | (_, Self::Yes) => Self::Yes,
            (Self::No, value) | (value, Self::No) => value,
            (Self::Undecided(one), Self::Undecided(other)) => Self::Undecided(one.with(&other)),
        })
    }

    /// The lowest of some.
    pub(super) fn all(parts: impl Iterator<Item = Self>) -> Self {
        Self::any(parts.map(Self::negated)).negated()
    }

    pub(super) fn negated(self) -> Self {
        match self {
            Self::No => Self::Yes,
            Self::Yes => Self::No,
            undecided @ Self::Undecided(_) => undecided,
        }
    }

    /// The same, but for no known reason.
    pub(super) fn without_doubts(&self) -> Self {
        match self {
            Self::Undecided(_) => Self::Undecided(Doubt::default()),
            decided => decided.clone(),
        }
    }
}

impl From<bool> for Value {
    fn from(is_yes: bool) -> Self {
        if is_yes { Self::Yes } else { Self::No }
    }
}

impl Doubt {
    fn with(mut self, other: &Self) -> Self {
        self.missing.extend(other.missing.iter().cloned());
        self.has_failed |= other.has_failed;
        self
    }
}
