//! `Revoke`.

use tonic::{Request, Response, Status};

use crate::lifecycle::Role;
use crate::server::wire::lifecycle_v1 as v1;

use super::convert;
use super::service::Lifecycles;

pub(super) async fn revoke(
    service: &Lifecycles,
    request: Request<v1::RevokeRequest>,
) -> Result<Response<v1::RevokeResponse>, Status> {
    let message = request.into_inner();
    let lifecycle = &service.lifecycle;
    let principal = convert::principal(lifecycle, message.principal.as_ref())?;
    let holder = convert::other_principal(lifecycle, message.holder.as_ref(), &principal)?;
    let resource = convert::resource(message.resource.as_ref(), "resource")?;
    let change = lifecycle.revoke(&principal, Role { resource, role: &message.role }, &holder).await?;
    let written_at = Some(convert::token_to_wire(change.written_at));
    Ok(Response::new(v1::RevokeResponse { written_at, changed: change.is_made }))
}
