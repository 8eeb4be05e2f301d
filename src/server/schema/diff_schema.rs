//! `DiffSchema`.

use tonic::{Request, Response, Status};

use crate::schema::Difference;
use crate::server::backend::Backend;
use crate::server::convert;
use crate::server::wire::v1;
use crate::server::wire::v1::reflection_schema_diff::Diff;

use super::{reflection, work};

pub(in crate::server) async fn diff_schema(
    backend: &Backend,
    request: Request<v1::DiffSchemaRequest>,
) -> Result<Response<v1::DiffSchemaResponse>, Status> {
    let v1::DiffSchemaRequest { consistency, comparison_schema } = request.into_inner();
    let view = backend.engine.at(&convert::consistency(consistency)?)?;
    let bytes = view.schema_bytes() + comparison_schema.len();
    let answer = work::run(backend, bytes, move || {
        let differences = view.diff_schema(&comparison_schema)?;
        Ok::<_, Status>(v1::DiffSchemaResponse {
            diffs: differences.into_iter().map(difference_to_wire).collect(),
            read_at: Some(v1::ZedToken { token: view.token().0 }),
        })
    });
    Ok(Response::new(answer.await??))
}

/// A difference as the API tells it.
pub(crate) fn difference_to_wire(difference: Difference) -> v1::ReflectionSchemaDiff {
    let subject = |relation, subject| v1::ReflectionRelationSubjectTypeChange {
        relation: Some(reflection::relation(relation)),
        changed_subject_type: Some(reflection::subject_type(subject)),
    };
    let diff = match difference {
        Difference::DefinitionAdded(added) => Diff::DefinitionAdded(reflection::definition(added)),
        Difference::DefinitionRemoved(removed) => Diff::DefinitionRemoved(reflection::definition(removed)),
        Difference::DefinitionCommentChanged(changed) => {
            Diff::DefinitionDocCommentChanged(reflection::definition(changed))
        }
        Difference::RelationAdded(added) => Diff::RelationAdded(reflection::relation(added)),
        Difference::RelationRemoved(removed) => Diff::RelationRemoved(reflection::relation(removed)),
        Difference::RelationCommentChanged(changed) => {
            Diff::RelationDocCommentChanged(reflection::relation(changed))
        }
        Difference::SubjectAdded(relation, added) => Diff::RelationSubjectTypeAdded(subject(relation, added)),
        Difference::SubjectRemoved(relation, removed) => {
            Diff::RelationSubjectTypeRemoved(subject(relation, removed))
        }
        Difference::PermissionAdded(added) => Diff::PermissionAdded(reflection::permission(added)),
        Difference::PermissionRemoved(removed) => Diff::PermissionRemoved(reflection::permission(removed)),
        Difference::PermissionCommentChanged(changed) => {
            Diff::PermissionDocCommentChanged(reflection::permission(changed))
        }
        Difference::PermissionExpressionChanged(changed) => {
            Diff::PermissionExprChanged(reflection::permission(changed))
        }
        Difference::CaveatAdded(added) => Diff::CaveatAdded(reflection::caveat(added)),
        Difference::CaveatRemoved(removed) => Diff::CaveatRemoved(reflection::caveat(removed)),
        Difference::CaveatCommentChanged(changed) => {
            Diff::CaveatDocCommentChanged(reflection::caveat(changed))
        }
        Difference::CaveatExpressionChanged(changed) => Diff::CaveatExprChanged(reflection::caveat(changed)),
        Difference::ParameterAdded(added) => Diff::CaveatParameterAdded(reflection::parameter(added)),
        Difference::ParameterRemoved(removed) => Diff::CaveatParameterRemoved(reflection::parameter(removed)),
        Difference::ParameterTypeChanged(parameter, previous) => {
            Diff::CaveatParameterTypeChanged(v1::ReflectionCaveatParameterTypeChange {
                parameter: Some(reflection::parameter(parameter)),
                previous_type: previous.to_string(),
            })
        }
    };
    v1::ReflectionSchemaDiff { diff: Some(diff) }
}
