//! `grant` and `revoke`: a role for the principal itself, or no longer.

use tonic::body::Body;
use tonic::codegen::http::Response;

use crate::lifecycle::{Change, Principal, Role};

use super::answer::{Refusal, success};
use super::body;
use super::request;
use super::service::Authz;
use super::sides::Asked;

impl Authz {
    pub(super) async fn grant(&self, asked: &Asked) -> Result<Response<Body>, Refusal> {
        let request: request::Check<'_> = body::parse(&asked.body)?;
        let principal = Principal::from_json(self.lifecycle.profile(), &request.principal)?;
        let role = self.lifecycle.granted_role(&request.operation)?;
        let role = Role { resource: request.resource.0.name(), role };
        let change = self.lifecycle.grant(&principal, role, &principal).await?;
        self.pass_on(asked).await?;
        Ok(success(&change.written_at))
    }

    pub(super) async fn revoke(&self, asked: &Asked) -> Result<Response<Body>, Refusal> {
        let change = self.revoke_here(asked).await?;
        self.pass_on(asked).await?;
        Ok(success(&change.written_at))
    }

    /// Takes the role away in the graph.
    pub(super) async fn revoke_here(&self, asked: &Asked) -> Result<Change, Refusal> {
        let request: request::Check<'_> = body::parse(&asked.body)?;
        let principal = Principal::from_json(self.lifecycle.profile(), &request.principal)?;
        let role = self.lifecycle.revoked_role(&request.operation)?;
        let role = Role { resource: request.resource.0.name(), role };
        Ok(self.lifecycle.revoke(&principal, role, &principal).await?)
    }
}
