//! `ExperimentalUnregisterRelationshipCounter`.

use tonic::{Request, Response, Status};

use crate::server::backend::Backend;
use crate::server::wire::v1;

use super::count_relationships::counter_name;

pub(super) async fn unregister_relationship_counter(
    backend: &Backend,
    request: Request<v1::ExperimentalUnregisterRelationshipCounterRequest>,
) -> Result<Response<v1::ExperimentalUnregisterRelationshipCounterResponse>, Status> {
    let name = counter_name(request.into_inner().name)?;
    backend.engine.unregister_counter_async(name).await?;
    Ok(Response::new(v1::ExperimentalUnregisterRelationshipCounterResponse {}))
}
