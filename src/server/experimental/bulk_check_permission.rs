//! `BulkCheckPermission`: `CheckBulkPermissions` under its former name, with messages that have no trace.

use tonic::{Request, Response, Status};

use crate::server::backend::Backend;
use crate::server::permissions::check_bulk_permissions;
use crate::server::wire::v1;
use crate::server::wire::v1::{bulk_check_permission_pair, check_bulk_permissions_pair};

pub(super) async fn bulk_check_permission(
    backend: &Backend,
    request: Request<v1::BulkCheckPermissionRequest>,
) -> Result<Response<v1::BulkCheckPermissionResponse>, Status> {
    // With it go the headers, which hold the deadline.
    let response = check_bulk_permissions(backend, request.map(present)).await?;
    Ok(response.map(former))
}

fn present(message: v1::BulkCheckPermissionRequest) -> v1::CheckBulkPermissionsRequest {
    let v1::BulkCheckPermissionRequest { consistency, items } = message;
    let item = |item: v1::BulkCheckPermissionRequestItem| {
        let v1::BulkCheckPermissionRequestItem { resource, permission, subject, context } = item;
        v1::CheckBulkPermissionsRequestItem { resource, permission, subject, context }
    };
    let items = items.into_iter().map(item).collect();
    v1::CheckBulkPermissionsRequest { consistency, items, with_tracing: false }
}

fn former(message: v1::CheckBulkPermissionsResponse) -> v1::BulkCheckPermissionResponse {
    let v1::CheckBulkPermissionsResponse { checked_at, pairs } = message;
    v1::BulkCheckPermissionResponse { checked_at, pairs: pairs.into_iter().map(former_pair).collect() }
}

fn former_pair(pair: v1::CheckBulkPermissionsPair) -> v1::BulkCheckPermissionPair {
    use bulk_check_permission_pair::Response as Former;
    use check_bulk_permissions_pair::Response as Present;

    let request = pair.request.map(|request| {
        let v1::CheckBulkPermissionsRequestItem { resource, permission, subject, context } = request;
        v1::BulkCheckPermissionRequestItem { resource, permission, subject, context }
    });
    let response = pair.response.map(|response| match response {
        Present::Error(error) => Former::Error(error),
        Present::Item(item) => {
            let v1::CheckBulkPermissionsResponseItem { permissionship, partial_caveat_info, .. } = item;
            Former::Item(v1::BulkCheckPermissionResponseItem { permissionship, partial_caveat_info })
        }
    });
    v1::BulkCheckPermissionPair { request, response }
}
