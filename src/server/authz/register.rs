//! `register` and `deregister`.

use tonic::body::Body;
use tonic::codegen::http::Response;

use crate::lifecycle::{AbsentRule, ParentRule, Principal, Register};

use super::answer::{Refusal, success};
use super::body;
use super::request;
use super::service::Authz;
use super::sides::Asked;

impl Authz {
    pub(super) async fn register(
        &self,
        asked: &Asked,
        parent_rule: ParentRule,
    ) -> Result<Response<Body>, Refusal> {
        let request: request::Register<'_> = body::parse(&asked.body)?;
        let principal = Principal::from_json(self.lifecycle.profile(), &request.principal)?;
        let registered = self.lifecycle.register(Register {
            principal: &principal,
            resource: request.resource.0.name(),
            parent: request.parent.as_ref().map(|parent| parent.0.name()),
            parent_rule,
        });
        Ok(success(&registered.await?.written_at))
    }

    pub(super) async fn deregister(
        &self,
        asked: &Asked,
        absent_rule: AbsentRule,
    ) -> Result<Response<Body>, Refusal> {
        let request: request::Deregister<'_> = body::parse(&asked.body)?;
        let principal = Principal::from_json(self.lifecycle.profile(), &request.principal)?;
        let name = request.resource.0.name();
        let change = self.lifecycle.deregister(&principal, name, absent_rule).await?;
        Ok(success(&change.written_at))
    }
}
