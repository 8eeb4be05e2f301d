//! `register` and `deregister`.

use tonic::body::Body;
use tonic::codegen::http::Response;

use crate::lifecycle::{AbsentRule, ParentRule, Principal, Register};

use super::answer::{Refusal, success};
use super::body;
use super::request;
use super::service::Authz;

impl Authz {
    pub(super) async fn register(&self, body: &[u8]) -> Result<Response<Body>, Refusal> {
        let request: request::Register<'_> = body::parse(body)?;
        let principal = Principal::from_json(self.lifecycle.profile(), &request.principal)?;
        let registered = self.lifecycle.register(Register {
            principal: &principal,
            resource: request.resource.name(),
            parent: request.parent.as_ref().map(request::ResourceForm::name),
            parent_rule: ParentRule::Permission,
        });
        Ok(success(&registered.await?.written_at))
    }

    pub(super) async fn deregister(&self, body: &[u8]) -> Result<Response<Body>, Refusal> {
        let request: request::Deregister<'_> = body::parse(body)?;
        let principal = Principal::from_json(self.lifecycle.profile(), &request.principal)?;
        let name = request.resource.name();
        let change = self.lifecycle.deregister(&principal, name, AbsentRule::Remember).await?;
        Ok(success(&change.written_at))
    }
}
