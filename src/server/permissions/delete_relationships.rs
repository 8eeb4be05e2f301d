//! `DeleteRelationships`.

use tonic::{Request, Response, Status};

use crate::engine::DeleteRelationships;
use crate::server::backend::Backend;
use crate::server::convert::{self, InvalidFields, Path, Violations, WildcardRule};
use crate::server::trailers::Operations;
use crate::server::wire::v1;
use crate::server::wire::v1::delete_relationships_response::DeletionProgress;

use super::write_relationships::{metadata, preconditions};

pub(super) async fn delete_relationships(
    backend: &Backend,
    request: Request<v1::DeleteRelationshipsRequest>,
) -> Result<Response<v1::DeleteRelationshipsResponse>, Status> {
    let delete = delete(request.into_inner())?;
    let operations = Operations(delete.preconditions.len() + 1);
    let deleted = backend.engine.delete_relationships_async(delete).await?;
    let progress = if deleted.has_more { DeletionProgress::Partial } else { DeletionProgress::Complete };
    let mut response = Response::new(v1::DeleteRelationshipsResponse {
        deleted_at: Some(v1::ZedToken { token: deleted.deleted_at.0 }),
        deletion_progress: progress.into(),
        relationships_deleted_count: deleted.count,
    });
    response.extensions_mut().insert(operations);
    Ok(response)
}

fn delete(message: v1::DeleteRelationshipsRequest) -> Result<DeleteRelationships, Status> {
    let mut violations = Violations::default();
    let path = Path::of("relationship_filter");
    let filter = convert::filter(message.relationship_filter, WildcardRule::Checked, &path, &mut violations);
    let mut of_conditions = Violations::default();
    let preconditions = preconditions(message.optional_preconditions, &mut of_conditions);
    let metadata_json = metadata(message.optional_transaction_metadata, &mut of_conditions);
    violations.append(of_conditions);
    violations.check()?;
    match (filter, preconditions, metadata_json) {
        (Some(filter), Some(preconditions), Some(metadata_json)) => Ok(DeleteRelationships {
            filter,
            preconditions,
            limit: message.optional_limit,
            is_partial_allowed: message.optional_allow_partial_deletions,
            metadata_json,
        }),
        _ => Err(InvalidFields::unexplained().into()),
    }
}
