//! `ImportBulkRelationships`: a stream of relationships that are created together when it has ended.

use std::time::Duration;

use tonic::{Request, Response, Status, Streaming};

use crate::engine::RelationshipImport;
use crate::server::backend::Backend;
use crate::server::convert::{self, InvalidFields, Path, Violations};
use crate::server::wire::v1;

/// How long a client may take from one message to the next: an import on its way takes one of few places.
const MESSAGE_PATIENCE: Duration = Duration::from_mins(10);

/// Takes the messages up one after another. Whatever goes wrong on the way ends the import without a trace, and so does
/// a client that goes away: what is on its way is dropped.
pub(in crate::server) async fn import_bulk_relationships(
    backend: &Backend,
    request: Request<Streaming<v1::ImportBulkRelationshipsRequest>>,
) -> Result<Response<v1::ImportBulkRelationshipsResponse>, Status> {
    let mut messages = request.into_inner();
    let mut import = backend.engine.import_relationships()?;
    loop {
        let message = tokio::time::timeout(MESSAGE_PATIENCE, messages.message()).await;
        let too_slow = |_| Status::deadline_exceeded("no further relationships have come for ten minutes");
        let Some(message) = message.map_err(too_slow)?? else { break };
        if !message.relationships.is_empty() {
            import = backend.pool.run(move |_| add(import, message.relationships)).await??;
        }
    }
    let imported = backend.engine.commit_import_async(import).await?;
    Ok(Response::new(v1::ImportBulkRelationshipsResponse { num_loaded: imported.count }))
}

/// Takes up a message's relationships. Fields that break their rules come before what the schema refuses.
fn add(
    mut import: RelationshipImport,
    messages: Vec<v1::Relationship>,
) -> Result<RelationshipImport, Status> {
    let mut violations = Violations::default();
    let mut is_whole = true;
    let mut relationships = messages.into_iter().enumerate().filter_map(|(index, message)| {
        let relationship =
            convert::relationship(message, &Path::element("relationships", index), &mut violations);
        is_whole &= relationship.is_some();
        relationship
    });
    let added = import.add_all(relationships.by_ref());
    relationships.for_each(drop);
    violations.check()?;
    added?;
    if is_whole { Ok(import) } else { Err(InvalidFields::unexplained().into()) }
}
