//! The service's methods, each handed to its file.

use std::sync::Arc;

use tokio::sync::Semaphore;
use tonic::codegen::BoxStream;
use tonic::{Request, Response, Status, Streaming, async_trait};

use crate::lifecycle::Lifecycle;
use crate::server::backend::Backend;
use crate::server::wire::lifecycle_v1 as v1;
use crate::server::wire::lifecycle_v1::lifecycle_service_server::LifecycleService;

use super::{
    backfill, check, check_batch, deregister, grant, list_orphans, lookup_owned, reconcile, register, revoke,
    search,
};

/// An application's registry of resources, over gRPC.
#[derive(Debug)]
pub(in crate::server) struct Lifecycles {
    pub(super) lifecycle: Arc<Lifecycle>,
    pub(super) backend: Arc<Backend>,
    /// One for each list of living resources that is held.
    pub(super) living_lists: Arc<Semaphore>,
}

impl Lifecycles {
    /// The service of a registry.
    pub(in crate::server) fn new(lifecycle: Arc<Lifecycle>, backend: Arc<Backend>) -> Self {
        let living_lists = Arc::new(Semaphore::new(list_orphans::LIVING_LISTS_MAX));
        Self { lifecycle, backend, living_lists }
    }
}

#[async_trait]
impl LifecycleService for Lifecycles {
    async fn register(
        &self,
        request: Request<v1::RegisterRequest>,
    ) -> Result<Response<v1::RegisterResponse>, Status> {
        register::register(self, request).await
    }

    async fn deregister(
        &self,
        request: Request<v1::DeregisterRequest>,
    ) -> Result<Response<v1::DeregisterResponse>, Status> {
        deregister::deregister(self, request).await
    }

    async fn grant(&self, request: Request<v1::GrantRequest>) -> Result<Response<v1::GrantResponse>, Status> {
        grant::grant(self, request).await
    }

    async fn revoke(
        &self,
        request: Request<v1::RevokeRequest>,
    ) -> Result<Response<v1::RevokeResponse>, Status> {
        revoke::revoke(self, request).await
    }

    async fn check(&self, request: Request<v1::CheckRequest>) -> Result<Response<v1::CheckResponse>, Status> {
        check::check(self, request).await
    }

    async fn check_batch(
        &self,
        request: Request<v1::CheckBatchRequest>,
    ) -> Result<Response<v1::CheckBatchResponse>, Status> {
        check_batch::check_batch(self, request).await
    }

    async fn search(
        &self,
        request: Request<v1::SearchRequest>,
    ) -> Result<Response<BoxStream<v1::SearchResponse>>, Status> {
        search::search(self, request).await
    }

    async fn lookup_owned(
        &self,
        request: Request<v1::LookupOwnedRequest>,
    ) -> Result<Response<BoxStream<v1::LookupOwnedResponse>>, Status> {
        lookup_owned::lookup_owned(self, request).await
    }

    async fn backfill(
        &self,
        request: Request<v1::BackfillRequest>,
    ) -> Result<Response<v1::BackfillResponse>, Status> {
        backfill::backfill(self, request).await
    }

    async fn list_orphans(
        &self,
        request: Request<Streaming<v1::ListOrphansRequest>>,
    ) -> Result<Response<BoxStream<v1::ListOrphansResponse>>, Status> {
        list_orphans::list_orphans(self, request).await
    }

    async fn reconcile(
        &self,
        request: Request<v1::ReconcileRequest>,
    ) -> Result<Response<v1::ReconcileResponse>, Status> {
        reconcile::reconcile(self, request).await
    }
}
