//! `LookupOwned`: a stream of resources that somebody owns.

use tonic::codegen::BoxStream;
use tonic::{Request, Response, Status};

use crate::server::deadline::deadline;
use crate::server::paging;
use crate::server::streaming;
use crate::server::wire::lifecycle_v1 as v1;

use super::convert;
use super::found::{self, Found, Pages};
use super::service::Lifecycles;

pub(super) async fn lookup_owned(
    service: &Lifecycles,
    request: Request<v1::LookupOwnedRequest>,
) -> Result<Response<BoxStream<v1::LookupOwnedResponse>>, Status> {
    let deadline = deadline(request.metadata());
    let mut message = request.into_inner();
    let (token, cursor) = (message.at_least_as_fresh.take(), std::mem::take(&mut message.cursor));
    let call = paging::digest("LookupOwned", &message);
    let v1::LookupOwnedRequest { principal, resource_type, limit, .. } = message;
    let principal = convert::principal(&service.lifecycle, principal.as_ref())?;
    let (view, after) = found::start(service, token.as_ref(), &cursor, call)?;
    let search = service.lifecycle.owned(&view, &principal, &resource_type, after.as_deref())?;
    let remaining = found::count_max(limit);
    let pages = Pages { search, view, call, deadline, remaining, respond: response };
    streaming::respond(&service.backend.pool, move || Ok(pages)).await
}

fn response(found: Found) -> v1::LookupOwnedResponse {
    let Found { read_at, selector, cursor } = found;
    v1::LookupOwnedResponse { looked_up_at: Some(read_at), selector, cursor }
}
