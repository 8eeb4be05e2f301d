//! The statuses of lookups.

use tonic::Status;

use crate::engine::LookupError;
use crate::server::wire::v1::ErrorReason;

use super::invalid;

impl From<LookupError> for Status {
    fn from(error: LookupError) -> Self {
        match error {
            LookupError::UnknownName(error) => error.into(),
            LookupError::WildcardSubject => invalid(
                ErrorReason::WildcardNotAllowed,
                format!("invalid argument: {error}"),
                vec![("field", "subject_id".to_owned())],
            ),
            LookupError::Evaluate(error) => error.into(),
        }
    }
}
