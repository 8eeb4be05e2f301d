//! A service that answers checks without looking: the least that an RPC costs.

use arrowroot::server::wire::v1;
use arrowroot::server::wire::v1::permissions_service_server::PermissionsService;
use tonic::{Request, Response, Status, async_trait};

/// Answers without looking.
pub(crate) struct NoOp;

#[async_trait]
impl PermissionsService for NoOp {
    async fn check_permission(
        &self,
        request: Request<v1::CheckPermissionRequest>,
    ) -> Result<Response<v1::CheckPermissionResponse>, Status> {
        drop(request.into_inner());
        Ok(Response::new(v1::CheckPermissionResponse {
            checked_at: Some(v1::ZedToken { token: "AXQAAAAAAAAAAAAAAAAAAAAAAAAAAAAA".to_owned() }),
            permissionship: v1::check_permission_response::Permissionship::HasPermission.into(),
            ..Default::default()
        }))
    }
}
