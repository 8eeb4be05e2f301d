//! How something that was looked up is an answer, as the wire has it.

use crate::engine::LookupPermissionship;
use crate::server::wire::v1;

pub(super) fn lookup_permissionship(permissionship: &LookupPermissionship) -> v1::LookupPermissionship {
    match permissionship {
        LookupPermissionship::HasPermission => v1::LookupPermissionship::HasPermission,
        LookupPermissionship::ConditionalPermission { .. } => v1::LookupPermissionship::ConditionalPermission,
    }
}

/// What a conditional answer depends on.
pub(super) fn conditional(permissionship: &LookupPermissionship) -> Option<v1::PartialCaveatInfo> {
    let LookupPermissionship::ConditionalPermission { missing } = permissionship else { return None };
    let missing_required_context = missing.iter().map(ToString::to_string).collect();
    Some(v1::PartialCaveatInfo { missing_required_context })
}
