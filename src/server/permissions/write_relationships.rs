//! `WriteRelationships`.

use tonic::{Request, Response, Status};

use crate::engine::WriteRelationships;
use crate::relationship::Precondition;
use crate::server::backend::Backend;
use crate::server::convert::{self, InvalidFields, Path, Violations};
use crate::server::telemetry;
use crate::server::trailers::Operations;
use crate::server::wire::v1;

pub(super) async fn write_relationships(
    backend: &Backend,
    request: Request<v1::WriteRelationshipsRequest>,
) -> Result<Response<v1::WriteRelationshipsResponse>, Status> {
    let write = write(request.into_inner())?;
    let operations = Operations(write.preconditions.len() + 1);
    let part = telemetry::part("commit");
    let written = backend.engine.write_relationships_async(write).await?;
    drop(part);
    let written_at = Some(v1::ZedToken { token: written.written_at.0 });
    let mut response = Response::new(v1::WriteRelationshipsResponse { written_at });
    response.extensions_mut().insert(operations);
    Ok(response)
}

fn write(message: v1::WriteRelationshipsRequest) -> Result<WriteRelationships, Status> {
    let mut violations = Violations::default();
    let updates: Option<Vec<_>> =
        all(message.updates.into_iter().enumerate().map(|(index, update)| {
            convert::update(update, &Path::element("updates", index), &mut violations)
        }));
    let mut of_conditions = Violations::default();
    let preconditions = preconditions(message.optional_preconditions, &mut of_conditions);
    let metadata_json = metadata(message.optional_transaction_metadata, &mut of_conditions);
    violations.append(of_conditions);
    violations.check()?;
    match (updates, preconditions, metadata_json) {
        (Some(updates), Some(preconditions), Some(metadata_json)) => {
            Ok(WriteRelationships { updates, preconditions, metadata_json })
        }
        _ => Err(InvalidFields::unexplained().into()),
    }
}

/// The preconditions of a write or a delete.
pub(super) fn preconditions(
    messages: Vec<v1::Precondition>,
    violations: &mut Violations,
) -> Option<Vec<Precondition>> {
    all(messages.into_iter().enumerate().map(|(index, precondition)| {
        convert::precondition(precondition, &Path::element("optional_preconditions", index), violations)
    }))
}

/// What a writer attaches to the transaction, as JSON text: outside whether it is well-formed, inside whether there
/// is any.
#[expect(clippy::option_option, reason = "malformed, absent and present are three different things")]
pub(super) fn metadata(
    message: Option<prost_types::Struct>,
    violations: &mut Violations,
) -> Option<Option<String>> {
    match message {
        Some(structure) if !structure.fields.is_empty() => {
            convert::json_object(structure, &Path::of("optional_transaction_metadata"), violations).map(Some)
        }
        _ => Some(None),
    }
}

/// All of them, if each is there. Unlike `collect`, it does not stop at the first that is not, so that the violations
/// of the others are found too.
fn all<T>(converted: impl Iterator<Item = Option<T>>) -> Option<Vec<T>> {
    let mut whole = Some(Vec::with_capacity(converted.size_hint().0));
    for element in converted {
        match (&mut whole, element) {
            (Some(elements), Some(element)) => elements.push(element),
            _ => whole = None,
        }
    }
    whole
}
