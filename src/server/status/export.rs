//! What a client is told of an export that cannot be made.

use tonic::Status;

use crate::engine::{CursorError, ExportRelationshipsError, InvalidCursor};

impl From<ExportRelationshipsError> for Status {
    fn from(error: ExportRelationshipsError) -> Self {
        match error {
            ExportRelationshipsError::InvalidFilter(error) => error.into(),
            ExportRelationshipsError::InvalidPosition => CursorError::Invalid(InvalidCursor::Garbled).into(),
        }
    }
}
