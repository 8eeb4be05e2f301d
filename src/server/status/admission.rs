//! A request that does not come in → the wire.

use std::time::Duration;

use tonic::metadata::{MetadataMap, MetadataValue};
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt as _};

use crate::server::admission::Refused;

/// After how many milliseconds a client that retries should.
pub(in crate::server) const PUSHBACK: &str = "grpc-retry-pushback-ms";
/// When it is worth while to ask again after too much at once.
const CONCURRENCY_RETRY: Duration = Duration::from_secs(1);

impl From<Refused> for Status {
    fn from(refused: Refused) -> Self {
        let message = refused.to_string();
        match refused {
            Refused::NoKey => Self::unauthenticated(message),
            Refused::UnknownKey | Refused::Role { .. } => Self::permission_denied(message),
            Refused::NotServed { .. } => Self::unimplemented(message),
            Refused::Rate { retry_after, .. } => busy(message, retry_after),
            Refused::KeyConcurrency { .. } | Refused::Concurrency { .. } => busy(message, CONCURRENCY_RETRY),
        }
    }
}

/// What says when to come again, in both ways that clients know.
fn busy(message: String, retry_after: Duration) -> Status {
    // Rounded up: who comes at once when told so is not refused again.
    let milliseconds = retry_after.as_millis().saturating_add(1);
    let details = ErrorDetails::with_retry_info(Some(retry_after));
    let mut metadata = MetadataMap::new();
    if let Ok(value) = MetadataValue::try_from(milliseconds.to_string()) {
        metadata.insert(PUSHBACK, value);
    }
    Status::with_error_details_and_metadata(Code::ResourceExhausted, message, details, metadata)
}

/// After how many seconds a client may come again, if a status says so.
pub(in crate::server) fn retry_after_seconds(status: &Status) -> Option<u64> {
    let milliseconds: u64 = status.metadata().get(PUSHBACK)?.to_str().ok()?.parse().ok()?;
    Some(milliseconds.div_ceil(1000))
}
