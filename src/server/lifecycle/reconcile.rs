//! `Reconcile`: deregisters what should no longer be registered.

use futures_util::future::join_all;
use tonic::{Request, Response, Status};

use crate::lifecycle::{Change, LifecycleError};
use crate::server::wire::lifecycle_v1 as v1;

use super::convert;
use super::service::Lifecycles;

/// Resources in one request.
const RESOURCES_MAX: usize = 1000;

/// All resources are deregistered at once, so that this is made durable together.
pub(super) async fn reconcile(
    service: &Lifecycles,
    request: Request<v1::ReconcileRequest>,
) -> Result<Response<v1::ReconcileResponse>, Status> {
    let v1::ReconcileRequest { resources, older_than } = request.into_inner();
    convert::check_count("resources", resources.len(), RESOURCES_MAX)?;
    let age = convert::age_seconds(older_than.as_ref())?;
    let lifecycle = &service.lifecycle;
    // Nothing is written if one of them means nothing.
    resources
        .iter()
        .try_for_each(|resource| lifecycle.check_resource(convert::name(resource)))
        .map_err(LifecycleError::from)?;

    let changes = resources.iter().map(|resource| lifecycle.reconcile(convert::name(resource), age));
    let changes: Result<Vec<Option<Change>>, _> = join_all(changes).await.into_iter().collect();
    let changes = changes?;
    let newest = changes.iter().flatten().max_by_key(|change| change.revision);
    let written_at = match newest {
        Some(change) => change.written_at.clone(),
        None => lifecycle.view(None)?.token(),
    };
    let is_made = |change: &Option<Change>| change.as_ref().is_some_and(|change| change.is_made);
    let made = resources.into_iter().zip(&changes).filter(|(_, change)| is_made(change));
    let deregistered = made.map(|(resource, _)| resource).collect();
    Ok(Response::new(v1::ReconcileResponse {
        written_at: Some(convert::token_to_wire(written_at)),
        deregistered,
    }))
}
