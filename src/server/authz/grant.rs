//! `grant` and `revoke`: a role for the principal itself, or no longer.

use tonic::body::Body;
use tonic::codegen::http::Response;

use crate::lifecycle::{Principal, Role};

use super::answer::{Refusal, success};
use super::body;
use super::request;
use super::service::Authz;

impl Authz {
    pub(super) async fn grant(&self, body: &[u8]) -> Result<Response<Body>, Refusal> {
        let request: request::Check<'_> = body::parse(body)?;
        let principal = Principal::from_json(self.lifecycle.profile(), &request.principal)?;
        let role = self.lifecycle.granted_role(&request.operation)?;
        let role = Role { resource: request.resource.name(), role };
        let change = self.lifecycle.grant(&principal, role, &principal).await?;
        Ok(success(&change.written_at))
    }

    pub(super) async fn revoke(&self, body: &[u8]) -> Result<Response<Body>, Refusal> {
        let request: request::Check<'_> = body::parse(body)?;
        let principal = Principal::from_json(self.lifecycle.profile(), &request.principal)?;
        let role = self.lifecycle.revoked_role(&request.operation)?;
        let role = Role { resource: request.resource.name(), role };
        let change = self.lifecycle.revoke(&principal, role, &principal).await?;
        Ok(success(&change.written_at))
    }
}
