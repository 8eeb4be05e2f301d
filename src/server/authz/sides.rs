//! Which side answers for an account: the graph, or the backend that was there before.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;
use tonic::body::Body;
use tonic::codegen::Bytes;
use tonic::codegen::http::Response;
use tonic::codegen::http::request::Parts;

use crate::lifecycle::rollout::{AccountRollout, Rollout};
use crate::lifecycle::{Lifecycle, Principal, WatchedFile};
use crate::server::legacy::{LegacyBackend, LogLimit, Shadow};

use super::answer::Refusal;
use super::body;
use super::request::Form;
use super::routes::Route;

/// Both sides, and which of them answers.
#[derive(Debug)]
pub(super) struct Sides {
    /// How each account is served; the graph serves all if nothing says so.
    pub(super) accounts: Option<Arc<WatchedFile<Rollout>>>,
    pub(super) legacy: Option<LegacyBackend>,
    pub(super) shadow: Shadow,
    /// On lines about what the legacy backend refuses.
    pub(super) refusals_told: LogLimit,
}

/// A request that has been read.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) route: Route,
    pub(super) head: Parts,
    pub(super) body: Bytes,
}

/// What of a request decides which side it is for.
#[derive(Debug, Deserialize)]
struct Sender {
    #[serde(default)]
    principal: Value,
}

impl Form for Sender {}

impl Sides {
    /// How the account is served that a request's principal acts in.
    pub(super) fn rollout(&self, lifecycle: &Lifecycle, asked: &Asked) -> Result<AccountRollout, Refusal> {
        let Some(accounts) = &self.accounts else { return Ok(AccountRollout::default()) };
        let sender: Sender = body::parse(&asked.body)?;
        let principal = Principal::from_json(lifecycle.profile(), &sender.principal)?;
        Ok(accounts.current().of(&principal.account))
    }

    /// Sends a request to the legacy backend as it is.
    pub(super) async fn forward(&self, asked: &Asked) -> Result<Response<Bytes>, Refusal> {
        let legacy = self.legacy.as_ref().ok_or(Refusal::NoLegacy)?;
        let path = asked.head.uri.path();
        let answer = legacy.forward(path, &asked.head.headers, asked.body.clone()).await;
        answer.map_err(|error| Refusal::Legacy(error.to_string()))
    }
}

/// What the legacy backend answered, for whoever asked.
pub(super) fn passed_on(answer: Response<Bytes>) -> Response<Body> {
    answer.map(|body| Body::new(http_body_util::Full::new(body)))
}
