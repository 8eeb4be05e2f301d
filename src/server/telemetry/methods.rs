//! Every method that is served, so that a request's is known by its place, and no other name becomes a label.

/// Which side of a call sends a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Unary,
    ClientStream,
    ServerStream,
    BothStream,
}

impl Kind {
    /// As it is called in metrics of gRPC servers.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Unary => "unary",
            Self::ClientStream => "client_stream",
            Self::ServerStream => "server_stream",
            Self::BothStream => "bidi_stream",
        }
    }
}

/// One method.
#[derive(Debug)]
pub(super) struct Method {
    /// `/package.Service/Method`.
    pub(super) path: &'static str,
    pub(super) service: &'static str,
    pub(super) name: &'static str,
    pub(super) kind: Kind,
}

impl Method {
    /// Whether it is more than a probe.
    pub(super) fn is_traced(&self) -> bool {
        self.service != HEALTH
    }
}

const HEALTH: &str = "grpc.health.v1.Health";

macro_rules! method {
    ($service:literal, $name:literal, $kind:ident) => {
        Method { path: concat!("/", $service, "/", $name), service: $service, name: $name, kind: Kind::$kind }
    };
}

macro_rules! permissions {
    ($name:literal, $kind:ident) => {
        method!("authzed.api.v1.PermissionsService", $name, $kind)
    };
}

macro_rules! schema {
    ($name:literal) => {
        method!("authzed.api.v1.SchemaService", $name, Unary)
    };
}

macro_rules! experimental {
    ($name:literal, $kind:ident) => {
        method!("authzed.api.v1.ExperimentalService", $name, $kind)
    };
}

macro_rules! lifecycle {
    ($name:literal, $kind:ident) => {
        method!("arrowroot.v1.LifecycleService", $name, $kind)
    };
}

/// All of them, those that are called most in front.
pub(super) const METHODS: &[Method] = &[
    permissions!("CheckPermission", Unary),
    permissions!("CheckBulkPermissions", Unary),
    permissions!("WriteRelationships", Unary),
    permissions!("LookupResources", ServerStream),
    permissions!("LookupSubjects", ServerStream),
    permissions!("ReadRelationships", ServerStream),
    permissions!("DeleteRelationships", Unary),
    lifecycle!("Check", Unary),
    lifecycle!("CheckBatch", Unary),
    method!("grpc.health.v1.Health", "Check", Unary),
    method!("grpc.health.v1.Health", "Watch", ServerStream),
    permissions!("ExpandPermissionTree", Unary),
    permissions!("ImportBulkRelationships", ClientStream),
    permissions!("ExportBulkRelationships", ServerStream),
    schema!("ReadSchema"),
    schema!("WriteSchema"),
    schema!("ReflectSchema"),
    schema!("ComputablePermissions"),
    schema!("DependentRelations"),
    schema!("DiffSchema"),
    method!("authzed.api.v1.WatchService", "Watch", ServerStream),
    experimental!("BulkImportRelationships", ClientStream),
    experimental!("BulkExportRelationships", ServerStream),
    experimental!("BulkCheckPermission", Unary),
    experimental!("ExperimentalReflectSchema", Unary),
    experimental!("ExperimentalComputablePermissions", Unary),
    experimental!("ExperimentalDependentRelations", Unary),
    experimental!("ExperimentalDiffSchema", Unary),
    experimental!("ExperimentalRegisterRelationshipCounter", Unary),
    experimental!("ExperimentalCountRelationships", Unary),
    experimental!("ExperimentalUnregisterRelationshipCounter", Unary),
    lifecycle!("Register", Unary),
    lifecycle!("Deregister", Unary),
    lifecycle!("Grant", Unary),
    lifecycle!("Revoke", Unary),
    lifecycle!("Search", ServerStream),
    lifecycle!("LookupOwned", ServerStream),
    lifecycle!("Backfill", Unary),
    lifecycle!("ListOrphans", BothStream),
    lifecycle!("Reconcile", Unary),
    method!("grpc.reflection.v1.ServerReflection", "ServerReflectionInfo", BothStream),
    method!("grpc.reflection.v1alpha.ServerReflection", "ServerReflectionInfo", BothStream),
    // Whatever else is asked for, behind all others.
    Method { path: "", service: "unknown", name: "unknown", kind: Kind::Unary },
];

/// The place of a path's method in [`METHODS`]; the last one if it is none of them.
pub(super) fn find(path: &str) -> usize {
    METHODS.iter().position(|method| method.path == path).unwrap_or(METHODS.len() - 1)
}
