//! `DependentRelations`.

use tonic::{Request, Response, Status};

use crate::engine::DependentRelations;
use crate::server::backend::Backend;
use crate::server::convert;
use crate::server::wire::v1;

use super::{reflection, work};

pub(in crate::server) async fn dependent_relations(
    backend: &Backend,
    request: Request<v1::DependentRelationsRequest>,
) -> Result<Response<v1::DependentRelationsResponse>, Status> {
    let message = request.into_inner();
    let view = backend.engine.at(&convert::consistency(message.consistency)?)?;
    let question =
        DependentRelations { definition: message.definition_name, permission: message.permission_name };
    let answer = work::run(backend, view.schema_bytes(), move || {
        let found = view.dependent_relations(&question)?;
        Ok::<_, Status>(v1::DependentRelationsResponse {
            relations: found.into_iter().map(reflection::reference).collect(),
            read_at: Some(v1::ZedToken { token: view.token().0 }),
        })
    });
    Ok(Response::new(answer.await??))
}
