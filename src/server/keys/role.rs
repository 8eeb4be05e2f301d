//! What the holder of a key may do.

use std::fmt;

/// A role. What each RPC needs stands in one table, `admission/rpcs.rs`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// Asks: checks, lookups, reads, expansions, watches, exports, and what the schema is.
    Read,
    /// Asks, and writes: relationships, imports, counters, and an application's resources.
    Write,
    /// Asks, and changes the schema.
    Schema,
    /// Does everything.
    Admin,
}

impl Role {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Read, Self::Write, Self::Schema, Self::Admin];

    /// Its name in key files and messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Schema => "schema",
            Self::Admin => "admin",
        }
    }

    /// The role of a name.
    pub(super) fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }

    /// Whether whoever has this role may do what needs another.
    pub(in crate::server) fn includes(self, needed: Self) -> bool {
        needed == Self::Read || self == needed || self == Self::Admin
    }
}

impl fmt::Display for Role {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}
