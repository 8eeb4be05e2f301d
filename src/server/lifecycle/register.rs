//! `Register`.

use tonic::{Request, Response, Status};

use crate::lifecycle::{ParentRule, Register};
use crate::server::wire::lifecycle_v1 as v1;

use super::convert;
use super::service::Lifecycles;

pub(super) async fn register(
    service: &Lifecycles,
    request: Request<v1::RegisterRequest>,
) -> Result<Response<v1::RegisterResponse>, Status> {
    let message = request.into_inner();
    let principal = convert::principal(&service.lifecycle, message.principal.as_ref())?;
    let request = Register {
        principal: &principal,
        resource: convert::resource(message.resource.as_ref(), "resource")?,
        parent: message.parent.as_ref().map(convert::name),
        parent_rule: ParentRule::Permission,
    };
    let change = service.lifecycle.register(request).await?;
    let written_at = Some(convert::token_to_wire(change.written_at));
    Ok(Response::new(v1::RegisterResponse { written_at, changed: change.is_made }))
}
