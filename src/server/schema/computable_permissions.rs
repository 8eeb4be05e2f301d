//! `ComputablePermissions`.

use tonic::{Request, Response, Status};

use crate::engine::ComputablePermissions;
use crate::server::backend::Backend;
use crate::server::convert;
use crate::server::wire::v1;

use super::{reflection, work};

pub(in crate::server) async fn computable_permissions(
    backend: &Backend,
    request: Request<v1::ComputablePermissionsRequest>,
) -> Result<Response<v1::ComputablePermissionsResponse>, Status> {
    let message = request.into_inner();
    let view = backend.engine.at(&convert::consistency(message.consistency)?)?;
    let question = ComputablePermissions {
        definition: message.definition_name,
        relation: convert::given(message.relation_name),
        definition_prefix: message.optional_definition_name_filter,
    };
    let answer = work::run(backend, view.schema_bytes(), move || {
        let found = view.computable_permissions(&question)?;
        Ok::<_, Status>(v1::ComputablePermissionsResponse {
            permissions: found.into_iter().map(reflection::reference).collect(),
            read_at: Some(v1::ZedToken { token: view.token().0 }),
        })
    });
    Ok(Response::new(answer.await??))
}
