//! `authzed.api.v1.PermissionsService`: one file an RPC, each converts, makes one engine call, and converts back.

mod check_bulk_permissions;
mod check_permission;
mod delete_relationships;
mod lookup_resources;
mod lookup_subjects;
mod permissionship;
mod read_relationships;
mod service;
mod write_relationships;

pub(super) use service::Permissions;
