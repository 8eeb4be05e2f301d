//! `Grant`.

use tonic::{Request, Response, Status};

use crate::lifecycle::Role;
use crate::server::wire::lifecycle_v1 as v1;

use super::convert;
use super::service::Lifecycles;

pub(super) async fn grant(
    service: &Lifecycles,
    request: Request<v1::GrantRequest>,
) -> Result<Response<v1::GrantResponse>, Status> {
    let message = request.into_inner();
    let lifecycle = &service.lifecycle;
    let principal = convert::principal(lifecycle, message.principal.as_ref())?;
    let grantee = convert::other_principal(lifecycle, message.grantee.as_ref(), &principal)?;
    let resource = convert::resource(message.resource.as_ref(), "resource")?;
    let change = lifecycle.grant(&principal, Role { resource, role: &message.role }, &grantee).await?;
    let written_at = Some(convert::token_to_wire(change.written_at));
    Ok(Response::new(v1::GrantResponse { written_at, changed: change.is_made }))
}
