//! The service's methods, each handed to its file. Those that are not here answer UNIMPLEMENTED.

use std::sync::Arc;

use tonic::codegen::BoxStream;
use tonic::{Request, Response, Status, Streaming, async_trait};

use crate::server::backend::Backend;
use crate::server::wire::v1;

use super::{
    check_bulk_permissions, check_permission, delete_relationships, expand_permission_tree,
    export_bulk_relationships, import_bulk_relationships, lookup_resources, lookup_subjects,
    read_relationships, write_relationships,
};

/// Checks permissions, and reads and writes relationships.
#[derive(Debug)]
pub(in crate::server) struct Permissions {
    backend: Arc<Backend>,
}

impl Permissions {
    /// The service over an engine.
    pub(in crate::server) fn new(backend: Arc<Backend>) -> Self {
        Self { backend }
    }
}

#[async_trait]
impl v1::permissions_service_server::PermissionsService for Permissions {
    async fn read_relationships(
        &self,
        request: Request<v1::ReadRelationshipsRequest>,
    ) -> Result<Response<BoxStream<v1::ReadRelationshipsResponse>>, Status> {
        read_relationships::read_relationships(&self.backend, request).await
    }

    async fn write_relationships(
        &self,
        request: Request<v1::WriteRelationshipsRequest>,
    ) -> Result<Response<v1::WriteRelationshipsResponse>, Status> {
        write_relationships::write_relationships(&self.backend, request).await
    }

    async fn delete_relationships(
        &self,
        request: Request<v1::DeleteRelationshipsRequest>,
    ) -> Result<Response<v1::DeleteRelationshipsResponse>, Status> {
        delete_relationships::delete_relationships(&self.backend, request).await
    }

    async fn check_permission(
        &self,
        request: Request<v1::CheckPermissionRequest>,
    ) -> Result<Response<v1::CheckPermissionResponse>, Status> {
        check_permission::check_permission(&self.backend, request).await
    }

    async fn check_bulk_permissions(
        &self,
        request: Request<v1::CheckBulkPermissionsRequest>,
    ) -> Result<Response<v1::CheckBulkPermissionsResponse>, Status> {
        check_bulk_permissions::check_bulk_permissions(&self.backend, request).await
    }

    async fn expand_permission_tree(
        &self,
        request: Request<v1::ExpandPermissionTreeRequest>,
    ) -> Result<Response<v1::ExpandPermissionTreeResponse>, Status> {
        expand_permission_tree::expand_permission_tree(&self.backend, request).await
    }

    async fn lookup_resources(
        &self,
        request: Request<v1::LookupResourcesRequest>,
    ) -> Result<Response<BoxStream<v1::LookupResourcesResponse>>, Status> {
        lookup_resources::lookup_resources(&self.backend, request).await
    }

    async fn lookup_subjects(
        &self,
        request: Request<v1::LookupSubjectsRequest>,
    ) -> Result<Response<BoxStream<v1::LookupSubjectsResponse>>, Status> {
        lookup_subjects::lookup_subjects(&self.backend, request).await
    }

    async fn import_bulk_relationships(
        &self,
        request: Request<Streaming<v1::ImportBulkRelationshipsRequest>>,
    ) -> Result<Response<v1::ImportBulkRelationshipsResponse>, Status> {
        import_bulk_relationships::import_bulk_relationships(&self.backend, request).await
    }

    async fn export_bulk_relationships(
        &self,
        request: Request<v1::ExportBulkRelationshipsRequest>,
    ) -> Result<Response<BoxStream<v1::ExportBulkRelationshipsResponse>>, Status> {
        export_bulk_relationships::export_bulk_relationships(&self.backend, request).await
    }
}
