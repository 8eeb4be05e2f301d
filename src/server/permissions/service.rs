//! The service's methods, each handed to its file.

use std::sync::Arc;

use tonic::{Request, Response, Status, Streaming, async_trait};

use crate::server::backend::Backend;
use crate::server::unserved::{Unserved, unserved};
use crate::server::wire::v1;

use super::read_relationships::RelationshipStream;
use super::{
    check_bulk_permissions, check_permission, delete_relationships, read_relationships, write_relationships,
};

/// Checks permissions, and reads and writes relationships.
#[derive(Debug)]
pub(in crate::server) struct Permissions {
    pub(in crate::server) backend: Arc<Backend>,
}

#[async_trait]
impl v1::permissions_service_server::PermissionsService for Permissions {
    type ReadRelationshipsStream = RelationshipStream;
    type LookupResourcesStream = Unserved<v1::LookupResourcesResponse>;
    type LookupSubjectsStream = Unserved<v1::LookupSubjectsResponse>;
    type ExportBulkRelationshipsStream = Unserved<v1::ExportBulkRelationshipsResponse>;

    async fn read_relationships(
        &self,
        request: Request<v1::ReadRelationshipsRequest>,
    ) -> Result<Response<RelationshipStream>, Status> {
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
        _request: Request<v1::ExpandPermissionTreeRequest>,
    ) -> Result<Response<v1::ExpandPermissionTreeResponse>, Status> {
        Err(unserved("ExpandPermissionTree"))
    }

    async fn lookup_resources(
        &self,
        _request: Request<v1::LookupResourcesRequest>,
    ) -> Result<Response<Self::LookupResourcesStream>, Status> {
        Err(unserved("LookupResources"))
    }

    async fn lookup_subjects(
        &self,
        _request: Request<v1::LookupSubjectsRequest>,
    ) -> Result<Response<Self::LookupSubjectsStream>, Status> {
        Err(unserved("LookupSubjects"))
    }

    async fn import_bulk_relationships(
        &self,
        _request: Request<Streaming<v1::ImportBulkRelationshipsRequest>>,
    ) -> Result<Response<v1::ImportBulkRelationshipsResponse>, Status> {
        Err(unserved("ImportBulkRelationships"))
    }

    async fn export_bulk_relationships(
        &self,
        _request: Request<v1::ExportBulkRelationshipsRequest>,
    ) -> Result<Response<Self::ExportBulkRelationshipsStream>, Status> {
        Err(unserved("ExportBulkRelationships"))
    }
}
