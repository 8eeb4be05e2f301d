//! An answer for which there is no room → the wire.

use tonic::Status;

use crate::server::outbox::OutboxFull;

impl From<OutboxFull> for Status {
    fn from(full: OutboxFull) -> Self {
        Self::resource_exhausted(full.to_string())
    }
}
