//! Every RPC that needs a key: the least role that may call it, and how long it may last. What is not here is not served.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::server::keys::Role;

/// How long a call lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Span {
    /// One answer.
    Unary,
    /// A stream, which has an end.
    Stream,
    /// As long as the client likes.
    Open,
}

/// What is known of an RPC before it is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rpc {
    pub(super) role: Role,
    pub(super) span: Span,
}

/// Path, least role, span.
#[rustfmt::skip]
pub(super) const RPCS: &[(&str, Role, Span)] = &[
    ("/authzed.api.v1.PermissionsService/CheckPermission", Role::Read, Span::Unary),
    ("/authzed.api.v1.PermissionsService/CheckBulkPermissions", Role::Read, Span::Unary),
    ("/authzed.api.v1.PermissionsService/ExpandPermissionTree", Role::Read, Span::Unary),
    ("/authzed.api.v1.PermissionsService/LookupResources", Role::Read, Span::Stream),
    ("/authzed.api.v1.PermissionsService/LookupSubjects", Role::Read, Span::Stream),
    ("/authzed.api.v1.PermissionsService/ReadRelationships", Role::Read, Span::Stream),
    ("/authzed.api.v1.PermissionsService/ExportBulkRelationships", Role::Read, Span::Stream),
    ("/authzed.api.v1.PermissionsService/WriteRelationships", Role::Write, Span::Unary),
    ("/authzed.api.v1.PermissionsService/DeleteRelationships", Role::Write, Span::Unary),
    ("/authzed.api.v1.PermissionsService/ImportBulkRelationships", Role::Write, Span::Stream),
    ("/authzed.api.v1.SchemaService/ReadSchema", Role::Read, Span::Unary),
    ("/authzed.api.v1.SchemaService/ReflectSchema", Role::Read, Span::Unary),
    ("/authzed.api.v1.SchemaService/ComputablePermissions", Role::Read, Span::Unary),
    ("/authzed.api.v1.SchemaService/DependentRelations", Role::Read, Span::Unary),
    ("/authzed.api.v1.SchemaService/DiffSchema", Role::Read, Span::Unary),
    ("/authzed.api.v1.SchemaService/WriteSchema", Role::Schema, Span::Unary),
    ("/authzed.api.v1.WatchService/Watch", Role::Read, Span::Open),
    ("/authzed.api.v1.ExperimentalService/BulkCheckPermission", Role::Read, Span::Unary),
    ("/authzed.api.v1.ExperimentalService/BulkExportRelationships", Role::Read, Span::Stream),
    ("/authzed.api.v1.ExperimentalService/BulkImportRelationships", Role::Write, Span::Stream),
    ("/authzed.api.v1.ExperimentalService/ExperimentalReflectSchema", Role::Read, Span::Unary),
    ("/authzed.api.v1.ExperimentalService/ExperimentalComputablePermissions", Role::Read, Span::Unary),
    ("/authzed.api.v1.ExperimentalService/ExperimentalDependentRelations", Role::Read, Span::Unary),
    ("/authzed.api.v1.ExperimentalService/ExperimentalDiffSchema", Role::Read, Span::Unary),
    ("/authzed.api.v1.ExperimentalService/ExperimentalCountRelationships", Role::Read, Span::Unary),
    ("/authzed.api.v1.ExperimentalService/ExperimentalRegisterRelationshipCounter", Role::Write, Span::Unary),
    ("/authzed.api.v1.ExperimentalService/ExperimentalUnregisterRelationshipCounter", Role::Write, Span::Unary),
    ("/arrowroot.v1.LifecycleService/Check", Role::Read, Span::Unary),
    ("/arrowroot.v1.LifecycleService/CheckBatch", Role::Read, Span::Unary),
    ("/arrowroot.v1.LifecycleService/Search", Role::Read, Span::Stream),
    ("/arrowroot.v1.LifecycleService/LookupOwned", Role::Read, Span::Stream),
    ("/arrowroot.v1.LifecycleService/ListOrphans", Role::Read, Span::Stream),
    ("/arrowroot.v1.LifecycleService/Register", Role::Write, Span::Unary),
    ("/arrowroot.v1.LifecycleService/Deregister", Role::Write, Span::Unary),
    ("/arrowroot.v1.LifecycleService/Grant", Role::Write, Span::Unary),
    ("/arrowroot.v1.LifecycleService/Revoke", Role::Write, Span::Unary),
    ("/arrowroot.v1.LifecycleService/Backfill", Role::Write, Span::Unary),
    ("/arrowroot.v1.LifecycleService/Reconcile", Role::Write, Span::Unary),
];

type ByPath = HashMap<&'static str, Rpc, foldhash::fast::RandomState>;

static BY_PATH: LazyLock<ByPath> = LazyLock::new(|| {
    RPCS.iter().map(|(path, role, span)| (*path, Rpc { role: *role, span: *span })).collect()
});

/// The RPC of a path.
pub(super) fn find(path: &str) -> Option<Rpc> {
    BY_PATH.get(path).copied()
}
