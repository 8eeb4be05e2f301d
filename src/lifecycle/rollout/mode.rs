//! How one account is served.

use std::fmt;

use serde::Deserialize;

/// Which side answers, and where writes go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// The legacy backend does everything. The graph is told of no new resource.
    Off,
    /// Both know of resources and grants; the legacy backend answers.
    DualWrite,
    /// The graph answers.
    #[default]
    Read,
}

/// How one account is served.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AccountRollout {
    /// Which side answers, and where writes go.
    pub mode: Mode,
    /// Whether the other side is asked afterwards, and the answers compared.
    pub is_shadowed: bool,
}

impl AccountRollout {
    /// Whether there must be a legacy backend.
    pub fn needs_legacy(self) -> bool {
        self.mode != Mode::Read || self.is_shadowed
    }
}

/// As the accounts file spells it.
impl fmt::Display for Mode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Off => "off",
            Self::DualWrite => "dual_write",
            Self::Read => "read",
        })
    }
}
