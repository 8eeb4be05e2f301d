//! `authzed.api.v1.PermissionsService`: one file an RPC, each converts, makes one engine call, and converts back.

mod check_bulk_permissions;
mod check_permission;
mod debug_trace;
mod delete_relationships;
mod expand_permission_tree;
mod export_bulk_relationships;
mod import_bulk_relationships;
mod lookup_resources;
mod lookup_subjects;
mod permissionship;
mod read_relationships;
mod service;
mod write_relationships;

pub(super) use check_bulk_permissions::check_bulk_permissions;
pub(super) use check_permission::INLINE_VISITS_MAX;
pub(super) use export_bulk_relationships::export_bulk_relationships;
pub(super) use import_bulk_relationships::import_bulk_relationships;
pub(super) use service::Permissions;
