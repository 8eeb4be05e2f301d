//! The service's methods, each handed to its file.

use std::sync::Arc;

use tonic::{Request, Response, Status, async_trait};

use crate::server::backend::Backend;
use crate::server::unserved::unserved;
use crate::server::wire::v1;

use super::{read_schema, write_schema};

/// Reads and writes the schema.
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
        _request: Request<v1::ReflectSchemaRequest>,
    ) -> Result<Response<v1::ReflectSchemaResponse>, Status> {
        Err(unserved("ReflectSchema"))
    }

    async fn computable_permissions(
        &self,
        _request: Request<v1::ComputablePermissionsRequest>,
    ) -> Result<Response<v1::ComputablePermissionsResponse>, Status> {
        Err(unserved("ComputablePermissions"))
    }

    async fn dependent_relations(
        &self,
        _request: Request<v1::DependentRelationsRequest>,
    ) -> Result<Response<v1::DependentRelationsResponse>, Status> {
        Err(unserved("DependentRelations"))
    }

    async fn diff_schema(
        &self,
        _request: Request<v1::DiffSchemaRequest>,
    ) -> Result<Response<v1::DiffSchemaResponse>, Status> {
        Err(unserved("DiffSchema"))
    }
}
