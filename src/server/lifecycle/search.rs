//! `Search`: a stream of resources with which somebody may do something.

use tonic::codegen::BoxStream;
use tonic::{Request, Response, Status};

use crate::server::deadline::deadline;
use crate::server::paging;
use crate::server::streaming;
use crate::server::wire::lifecycle_v1 as v1;

use super::convert;
use super::found::{self, Found, Pages};
use super::service::Lifecycles;

pub(super) async fn search(
    service: &Lifecycles,
    request: Request<v1::SearchRequest>,
) -> Result<Response<BoxStream<v1::SearchResponse>>, Status> {
    let deadline = deadline(request.metadata());
    let mut message = request.into_inner();
    let (token, cursor) = (message.at_least_as_fresh.take(), std::mem::take(&mut message.cursor));
    let call = paging::digest("Search", &message);
    let v1::SearchRequest { principal, resource_type, operation, limit, .. } = message;
    let principal = convert::principal(&service.lifecycle, principal.as_ref())?;
    let (view, after) = found::start(service, token.as_ref(), &cursor, call)?;
    let search = service.lifecycle.search(&view, &principal, &resource_type, &operation, after.as_deref())?;
    let remaining = found::count_max(limit);
    let pages = Pages { search, view, call, deadline, remaining, respond: response };
    streaming::respond(&service.backend.pool, move || Ok(pages)).await
}

fn response(found: Found) -> v1::SearchResponse {
    let Found { read_at, selector, cursor } = found;
    v1::SearchResponse { searched_at: Some(read_at), selector, cursor }
}
