//! How far an export has come.

use serde::{Deserialize, Serialize};

/// What the file beside says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Kept {
    /// How the export was asked for. Another one does not go on here.
    endpoint: String,
    form: String,
    resource_type: Option<String>,
    /// Where the server goes on; it names the revision, too.
    pub(super) cursor: Option<String>,
    /// Relationships in the file up to there.
    pub(super) count: u64,
    /// Bytes of the file up to there, as they lie in it, and before they were compressed.
    pub(super) file_bytes: u64,
    pub(super) bytes: u64,
}

impl Kept {
    pub(super) fn new(endpoint: String, form: String, resource_type: Option<String>) -> Self {
        Self { endpoint, form, resource_type, cursor: None, count: 0, file_bytes: 0, bytes: 0 }
    }

    pub(super) fn is_of_same_export(&self, other: &Self) -> bool {
        (&self.endpoint, &self.form, &self.resource_type)
            == (&other.endpoint, &other.form, &other.resource_type)
    }
}
