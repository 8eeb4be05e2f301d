//! The service's methods, each handed to its file. Those that are not here answer UNIMPLEMENTED.

use std::sync::Arc;

use tonic::{Request, Response, Status, async_trait};

use crate::server::backend::Backend;
use crate::server::wire::v1;

use super::{count_relationships, register_relationship_counter, unregister_relationship_counter};

/// Calls that may change, and those that older clients still make.
#[derive(Debug)]
pub(in crate::server) struct Experimental {
    pub(in crate::server) backend: Arc<Backend>,
}

#[async_trait]
impl v1::experimental_service_server::ExperimentalService for Experimental {
    async fn experimental_register_relationship_counter(
        &self,
        request: Request<v1::ExperimentalRegisterRelationshipCounterRequest>,
    ) -> Result<Response<v1::ExperimentalRegisterRelationshipCounterResponse>, Status> {
        register_relationship_counter::register_relationship_counter(&self.backend, request).await
    }

    async fn experimental_count_relationships(
        &self,
        request: Request<v1::ExperimentalCountRelationshipsRequest>,
    ) -> Result<Response<v1::ExperimentalCountRelationshipsResponse>, Status> {
        count_relationships::count_relationships(&self.backend, request).await
    }

    async fn experimental_unregister_relationship_counter(
        &self,
        request: Request<v1::ExperimentalUnregisterRelationshipCounterRequest>,
    ) -> Result<Response<v1::ExperimentalUnregisterRelationshipCounterResponse>, Status> {
        unregister_relationship_counter::unregister_relationship_counter(&self.backend, request).await
    }
}
