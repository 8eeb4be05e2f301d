//! A checkpoint's last segment.

use serde::{Deserialize, Serialize};

use crate::engine::error::OpenError;
use crate::engine::window::SavedWindow;
use crate::index::Contents;
use crate::relationship::{CounterName, RelationshipFilter, Revision};

/// The format of checkpoints that this version writes, and the newest that it reads.
const FORMAT: u32 = 1;

/// Everything that a checkpoint holds besides the segments of the graph.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Saved {
    /// The oldest revision that can be asked for: of earlier ones, things are missing.
    pub(super) oldest: Revision,
    /// The schemas since that revision, each with the revision that it is in force from.
    pub(super) schemas: Vec<(Revision, String)>,
    pub(super) counters: Vec<(CounterName, RelationshipFilter)>,
    pub(super) window: SavedWindow,
    /// What the segments speak of.
    pub(super) contents: Contents,
}

impl Saved {
    pub(super) fn encode(&self) -> Result<Vec<u8>, postcard::Error> {
        postcard::to_extend(&(FORMAT, self), Vec::new())
    }

    /// What bytes say in a checkpoint of a revision.
    pub(super) fn decode(bytes: &[u8], revision: Revision) -> Result<Self, OpenError> {
        let malformed = || malformed(revision, &"its last segment cannot be decoded");
        // The format first: of a newer one, nothing else is known.
        let (format, rest) = postcard::take_from_bytes(bytes).map_err(|_| malformed())?;
        if format > FORMAT {
            return Err(OpenError::CheckpointTooNew { format, supported: FORMAT });
        }
        let (saved, rest) = postcard::take_from_bytes::<Self>(rest).map_err(|_| malformed())?;
        if rest.is_empty() && saved.oldest <= revision { Ok(saved) } else { Err(malformed()) }
    }
}

pub(super) fn malformed(revision: Revision, problem: &dyn std::fmt::Display) -> OpenError {
    OpenError::Checkpoint { revision, problem: problem.to_string() }
}
