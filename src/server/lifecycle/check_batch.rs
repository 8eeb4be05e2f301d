//! `CheckBatch`.

use std::time::{Duration, Instant};

use tonic::{Request, Response, Status};

use crate::engine::Limits;
use crate::server::deadline::deadline;
use crate::server::wire::lifecycle_v1 as v1;

use super::convert;
use super::service::Lifecycles;

/// Selectors in one request.
const SELECTORS_MAX: usize = 10_000;
/// How long all checks of a batch may take together.
const DURATION_MAX: Duration = Duration::from_mins(1);

pub(super) async fn check_batch(
    service: &Lifecycles,
    request: Request<v1::CheckBatchRequest>,
) -> Result<Response<v1::CheckBatchResponse>, Status> {
    let latest = Instant::now() + DURATION_MAX;
    let deadline = deadline(request.metadata()).map_or(latest, |deadline| deadline.min(latest));
    let message = request.into_inner();
    convert::check_count("selectors", message.selectors.len(), SELECTORS_MAX)?;
    let principal = convert::principal(&service.lifecycle, message.principal.as_ref())?;
    let view = service.lifecycle.view(convert::token(message.at_least_as_fresh.as_ref()))?;

    let checked_at = Some(convert::token_to_wire(view.token()));
    let lifecycle = service.lifecycle.clone();
    let work = move |cancelled: &_| {
        let v1::CheckBatchRequest { resource_type, selectors, operation, .. } = message;
        let limits = Limits { deadline: Some(deadline), cancelled: Some(cancelled), ..view.limits() };
        lifecycle.check_batch(&view, &principal, &resource_type, selectors, &operation, limits)
    };
    let authorized_selectors = service.backend.pool.run(work).await??;
    Ok(Response::new(v1::CheckBatchResponse { checked_at, authorized_selectors }))
}
