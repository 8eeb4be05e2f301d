//! What a client is told of an import that was not made.

use tonic::Status;

use crate::engine::{ImportRelationshipsError, StagingError};
use crate::server::telemetry;

impl From<ImportRelationshipsError> for Status {
    fn from(error: ImportRelationshipsError) -> Self {
        match error {
            ImportRelationshipsError::Refused(error) => error.into(),
            ImportRelationshipsError::TooMany { .. } => Self::resource_exhausted(error.to_string()),
            ImportRelationshipsError::Staging(error @ StagingError::TooLarge { .. }) => {
                Self::resource_exhausted(format!("{error}; import the relationships in several parts"))
            }
            ImportRelationshipsError::Staging(error @ StagingError::Storage(_)) => {
                tracing::error!(%error, request_id = telemetry::request_id(), "an import cannot be staged");
                Self::unavailable("the import cannot be staged; the server's log has the details")
            }
            ImportRelationshipsError::Staging(error @ StagingError::Undecodable) => super::internal(&error),
            ImportRelationshipsError::Unwritable(error) => error.into(),
        }
    }
}
