//! Path → RPC. The paths are those of SpiceDB's HTTP API.

use std::collections::HashMap;

use prost::Message as _;
use prost_reflect::{DescriptorError, DescriptorPool, MessageDescriptor, MethodDescriptor};

use crate::server::wire::FILE_DESCRIPTOR_SET;

const PERMISSIONS: &str = "authzed.api.v1.PermissionsService";
const SCHEMA: &str = "authzed.api.v1.SchemaService";
const WATCH: &str = "authzed.api.v1.WatchService";
const EXPERIMENTAL: &str = "authzed.api.v1.ExperimentalService";

/// Every RPC: its path, its service, its name.
pub(in crate::server) const PATHS: &[(&str, &str, &str)] = &[
    ("/v1/relationships/read", PERMISSIONS, "ReadRelationships"),
    ("/v1/relationships/write", PERMISSIONS, "WriteRelationships"),
    ("/v1/relationships/delete", PERMISSIONS, "DeleteRelationships"),
    ("/v1/relationships/importbulk", PERMISSIONS, "ImportBulkRelationships"),
    ("/v1/relationships/exportbulk", PERMISSIONS, "ExportBulkRelationships"),
    ("/v1/permissions/check", PERMISSIONS, "CheckPermission"),
    ("/v1/permissions/checkbulk", PERMISSIONS, "CheckBulkPermissions"),
    ("/v1/permissions/expand", PERMISSIONS, "ExpandPermissionTree"),
    ("/v1/permissions/resources", PERMISSIONS, "LookupResources"),
    ("/v1/permissions/subjects", PERMISSIONS, "LookupSubjects"),
    ("/v1/schema/read", SCHEMA, "ReadSchema"),
    ("/v1/schema/write", SCHEMA, "WriteSchema"),
    ("/v1/schema/reflectschema", SCHEMA, "ReflectSchema"),
    ("/v1/schema/permissions/computable", SCHEMA, "ComputablePermissions"),
    ("/v1/schema/permissions/dependent", SCHEMA, "DependentRelations"),
    ("/v1/schema/diffschema", SCHEMA, "DiffSchema"),
    ("/v1/watch", WATCH, "Watch"),
    ("/v1/experimental/relationships/bulkimport", EXPERIMENTAL, "BulkImportRelationships"),
    ("/v1/experimental/relationships/bulkexport", EXPERIMENTAL, "BulkExportRelationships"),
    ("/v1/experimental/permissions/bulkcheckpermission", EXPERIMENTAL, "BulkCheckPermission"),
    ("/v1/experimental/reflectschema", EXPERIMENTAL, "ExperimentalReflectSchema"),
    ("/v1/experimental/permissions/computable", EXPERIMENTAL, "ExperimentalComputablePermissions"),
    ("/v1/experimental/permissions/dependent", EXPERIMENTAL, "ExperimentalDependentRelations"),
    ("/v1/experimental/diffschema", EXPERIMENTAL, "ExperimentalDiffSchema"),
    ("/v1/experimental/registerrelationshipcounter", EXPERIMENTAL, "ExperimentalRegisterRelationshipCounter"),
    ("/v1/experimental/countrelationships", EXPERIMENTAL, "ExperimentalCountRelationships"),
    (
        "/v1/experimental/unregisterrelationshipcounter",
        EXPERIMENTAL,
        "ExperimentalUnregisterRelationshipCounter",
    ),
];

/// Why there can be no routes: the descriptors, which are part of the program, are not as they should be.
#[derive(Debug, thiserror::Error)]
pub(in crate::server) enum RoutesError {
    #[error("the descriptors of the API cannot be read: {0}")]
    Descriptors(#[from] DescriptorError),
    #[error("the descriptors of errors cannot be read: {0}")]
    ErrorDescriptors(#[from] prost::DecodeError),
    #[error("the API has no RPC {0}")]
    NoRpc(&'static str),
}

/// One RPC.
#[derive(Debug)]
pub(super) struct Route {
    /// `/package.Service/Method`.
    pub(super) rpc: String,
    /// Its path over HTTP.
    pub(super) path: &'static str,
    pub(super) method: MethodDescriptor,
    pub(super) request: MessageDescriptor,
    pub(super) response: MessageDescriptor,
}

/// All of them, and the descriptors of whatever they say.
#[derive(Debug)]
pub(super) struct Routes {
    by_path: HashMap<&'static str, Route>,
    /// `google.rpc.Status`, in which errors are told.
    pub(super) status: MessageDescriptor,
}

impl Routes {
    pub(super) fn new() -> Result<Self, RoutesError> {
        let pool = descriptors()?;
        let status =
            pool.get_message_by_name("google.rpc.Status").ok_or(RoutesError::NoRpc("google.rpc.Status"))?;
        let routes = PATHS.iter().map(|(path, service, name)| {
            let service = pool.get_service_by_name(service).ok_or(RoutesError::NoRpc(service))?;
            let method =
                service.methods().find(|method| method.name() == *name).ok_or(RoutesError::NoRpc(name))?;
            let rpc = format!("/{}/{name}", service.full_name());
            Ok((*path, Route { rpc, path, request: method.input(), response: method.output(), method }))
        });
        Ok(Self { by_path: routes.collect::<Result<_, RoutesError>>()?, status })
    }

    pub(super) fn find(&self, path: &str) -> Option<&Route> {
        self.by_path.get(path)
    }

    /// In the order of their paths.
    pub(super) fn all(&self) -> Vec<&Route> {
        let mut all: Vec<_> = self.by_path.values().collect();
        all.sort_by_key(|route| route.path);
        all
    }
}

/// The API's messages, and those that an error's details may be.
fn descriptors() -> Result<DescriptorPool, RoutesError> {
    let mut pool = DescriptorPool::decode(FILE_DESCRIPTOR_SET)?;
    let mut of_errors = prost_types::FileDescriptorSet::decode(tonic_types::pb::FILE_DESCRIPTOR_SET)?;
    // Both have `google.rpc.Status` and what it imports, in files of other names.
    let is_known = |file: &prost_types::FileDescriptorProto| {
        let mut names =
            file.message_type.iter().map(|message| format!("{}.{}", file.package(), message.name()));
        names.any(|name| pool.get_message_by_name(&name).is_some())
    };
    of_errors.file.retain(|file| !is_known(file));
    pool.add_file_descriptor_set(of_errors)?;
    Ok(pool)
}
