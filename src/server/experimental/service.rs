//! The service's methods, each handed to its file. Those that are not here answer UNIMPLEMENTED.

use std::sync::Arc;

use tonic::codegen::BoxStream;
use tonic::{Request, Response, Status, Streaming, async_trait};

use crate::server::backend::Backend;
use crate::server::permissions;
use crate::server::schema;
use crate::server::wire::v1;

use super::{
    bulk_check_permission, count_relationships, register_relationship_counter,
    unregister_relationship_counter,
};

/// Calls that may change, and those that older clients still make.
#[derive(Debug)]
pub(in crate::server) struct Experimental {
    pub(in crate::server) backend: Arc<Backend>,
}

/// The methods about the schema, and those that import and export, are those of other services under their former names,
/// and so are their messages.
#[async_trait]
impl v1::experimental_service_server::ExperimentalService for Experimental {
    async fn experimental_reflect_schema(
        &self,
        request: Request<v1::ReflectSchemaRequest>,
    ) -> Result<Response<v1::ReflectSchemaResponse>, Status> {
        schema::reflect_schema(&self.backend, request).await
    }

    async fn experimental_computable_permissions(
        &self,
        request: Request<v1::ComputablePermissionsRequest>,
    ) -> Result<Response<v1::ComputablePermissionsResponse>, Status> {
        schema::computable_permissions(&self.backend, request).await
    }

    async fn experimental_dependent_relations(
        &self,
        request: Request<v1::DependentRelationsRequest>,
    ) -> Result<Response<v1::DependentRelationsResponse>, Status> {
        schema::dependent_relations(&self.backend, request).await
    }

    async fn experimental_diff_schema(
        &self,
        request: Request<v1::DiffSchemaRequest>,
    ) -> Result<Response<v1::DiffSchemaResponse>, Status> {
        schema::diff_schema(&self.backend, request).await
    }

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

    async fn bulk_check_permission(
        &self,
        request: Request<v1::BulkCheckPermissionRequest>,
    ) -> Result<Response<v1::BulkCheckPermissionResponse>, Status> {
        bulk_check_permission::bulk_check_permission(&self.backend, request).await
    }

    async fn bulk_import_relationships(
        &self,
        request: Request<Streaming<v1::ImportBulkRelationshipsRequest>>,
    ) -> Result<Response<v1::ImportBulkRelationshipsResponse>, Status> {
        permissions::import_bulk_relationships(&self.backend, request).await
    }

    async fn bulk_export_relationships(
        &self,
        request: Request<v1::ExportBulkRelationshipsRequest>,
    ) -> Result<Response<BoxStream<v1::ExportBulkRelationshipsResponse>>, Status> {
        permissions::export_bulk_relationships(&self.backend, request).await
    }
}
