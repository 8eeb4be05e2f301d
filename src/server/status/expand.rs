//! What a client is told of a permission that cannot be laid out.

use tonic::Status;

use crate::engine::ExpandPermissionTreeError;
use crate::evaluate::ExpandError;
use crate::server::wire::v1::ErrorReason;

use super::unmet;

impl From<ExpandPermissionTreeError> for Status {
    fn from(error: ExpandPermissionTreeError) -> Self {
        match error {
            ExpandPermissionTreeError::UnknownName(error) => error.into(),
            ExpandPermissionTreeError::Expand(error) => match error {
                // What SpiceDB answers as well: it goes round until it is too deep.
                ExpandError::TooDeep { .. } | ExpandError::Circle { .. } => unmet(
                    ErrorReason::MaximumDepthExceeded,
                    format!("max depth exceeded: {error}"),
                    Vec::new(),
                ),
                ExpandError::TooLarge { .. } => Self::resource_exhausted(error.to_string()),
                ExpandError::Evaluate(error) => error.into(),
            },
        }
    }
}
