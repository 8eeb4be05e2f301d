//! What a client is to be told, as the engine has it. That takes less memory than a message of the wire, which is made
//! when it is sent.

use crate::engine::{Changes, ZedToken};
use crate::server::convert;
use crate::server::wire::v1;

/// One message to a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Message {
    /// What happened to relationships.
    Relationships(Changes),
    /// The schema changed.
    SchemaUpdated(ZedToken),
    /// Everything up to here has been told.
    Checkpoint(ZedToken),
}

impl Message {
    /// Bytes of memory that it takes while it waits, roughly.
    pub(super) fn bytes(&self) -> usize {
        let more = match self {
            Self::Relationships(changes) => changes.bytes(),
            Self::SchemaUpdated(through) | Self::Checkpoint(through) => through.0.len(),
        };
        size_of::<Self>() + more
    }

    /// The message as it is sent.
    pub(super) fn into_wire(self) -> v1::WatchResponse {
        let changes_through = |through: ZedToken| Some(v1::ZedToken { token: through.0 });
        match self {
            Self::Relationships(Changes { updates, metadata_json, through, .. }) => {
                let metadata = metadata_json.as_deref().and_then(convert::json_structure);
                v1::WatchResponse {
                    updates: updates.into_iter().map(convert::update_to_wire).collect(),
                    changes_through: changes_through(through),
                    full_revision_metadata: metadata.iter().cloned().collect(),
                    optional_transaction_metadata: metadata,
                    ..Default::default()
                }
            }
            Self::SchemaUpdated(through) => v1::WatchResponse {
                changes_through: changes_through(through),
                schema_updated: true,
                ..Default::default()
            },
            Self::Checkpoint(through) => v1::WatchResponse {
                changes_through: changes_through(through),
                is_checkpoint: true,
                ..Default::default()
            },
        }
    }
}
