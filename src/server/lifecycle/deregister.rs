//! `Deregister`.

use tonic::{Request, Response, Status};

use crate::lifecycle::AbsentRule;
use crate::server::wire::lifecycle_v1 as v1;

use super::convert;
use super::service::Lifecycles;

pub(super) async fn deregister(
    service: &Lifecycles,
    request: Request<v1::DeregisterRequest>,
) -> Result<Response<v1::DeregisterResponse>, Status> {
    let message = request.into_inner();
    let principal = convert::principal(&service.lifecycle, message.principal.as_ref())?;
    let resource = convert::resource(message.resource.as_ref(), "resource")?;
    let change = service.lifecycle.deregister(&principal, resource, AbsentRule::Remember).await?;
    let written_at = Some(convert::token_to_wire(change.written_at));
    Ok(Response::new(v1::DeregisterResponse { written_at, changed: change.is_made }))
}
