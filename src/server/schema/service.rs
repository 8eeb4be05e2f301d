//! The service's methods, each handed to its file.

use std::sync::Arc;

use tonic::{Request, Response, Status, async_trait};

use crate::server::backend::Backend;
use crate::server::wire::v1;

use super::{
    computable_permissions, dependent_relations, diff_schema, read_schema, reflect_schema, write_schema,
};

/// Reads and writes the schema, and tells about it.
#[derive(Debug)]
pub(in crate::server) struct Schemas {
    pub(in crate::server) backend: Arc<Backend>,
}

#[async_trait]
impl v1::schema_service_server::SchemaService for Schemas {
    async fn read_schema(
        &self,
        _request: Request<v1::ReadSchemaRequest>,
    ) -> Result<Response<v1::ReadSchemaResponse>, Status> {
        read_schema::read_schema(&self.backend)
    }

    async fn write_schema(
        &self,
        request: Request<v1::WriteSchemaRequest>,
    ) -> Result<Response<v1::WriteSchemaResponse>, Status> {
        write_schema::write_schema(&self.backend, request).await
    }

    async fn reflect_schema(
        &self,
        request: Request<v1::ReflectSchemaRequest>,
    ) -> Result<Response<v1::ReflectSchemaResponse>, Status> {
        reflect_schema::reflect_schema(&self.backend, request).await
    }

    async fn computable_permissions(
        &self,
        request: Request<v1::ComputablePermissionsRequest>,
    ) -> Result<Response<v1::ComputablePermissionsResponse>, Status> {
        computable_permissions::computable_permissions(&self.backend, request).await
    }

    async fn dependent_relations(
        &self,
        request: Request<v1::DependentRelationsRequest>,
    ) -> Result<Response<v1::DependentRelationsResponse>, Status> {
        dependent_relations::dependent_relations(&self.backend, request).await
    }

    async fn diff_schema(
        &self,
        request: Request<v1::DiffSchemaRequest>,
    ) -> Result<Response<v1::DiffSchemaResponse>, Status> {
        diff_schema::diff_schema(&self.backend, request).await
    }
}
