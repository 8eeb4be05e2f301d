//! Requests for accounts that the legacy backend still answers for.

use std::sync::Arc;
use std::time::Instant;

use serde_json::json;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tonic::body::Body;
use tonic::codegen::Bytes;
use tonic::codegen::http::{Response, StatusCode};

use crate::lifecycle::rollout::{AccountRollout, Mode};
use crate::lifecycle::{AbsentRule, LifecycleError, ParentRule};
use crate::server::legacy::LegacyVerdict;

use super::answer::{Refusal, json_response, success};
use super::body;
use super::check::ANSWER_TIMEOUT;
use super::request;
use super::routes::Route;
use super::service::Authz;
use super::sides::{Asked, passed_on};

/// Checks of one batch that the legacy backend is asked at a time.
const BATCH_RUNNING_MAX: usize = 16;

impl Authz {
    pub(super) async fn by_legacy(
        &self,
        asked: &Asked,
        rollout: AccountRollout,
    ) -> Result<Response<Body>, Refusal> {
        match asked.route {
            Route::Authn => self.authn(asked).await,
            Route::Check => {
                let answer = self.sides.forward(asked).await?;
                if rollout.is_shadowed {
                    self.compare_check_with_graph(asked, LegacyVerdict::of(Some(&answer)));
                }
                Ok(passed_on(answer))
            }
            Route::Search => {
                let answer = self.sides.forward(asked).await?;
                if rollout.is_shadowed {
                    self.compare_search_with_graph(asked, &answer);
                }
                Ok(passed_on(answer))
            }
            Route::CheckBatch => self.check_batch_by_legacy(asked).await,
            Route::Grant => Ok(passed_on(self.sides.forward(asked).await?)),
            Route::Revoke => self.revoke_from_both(asked).await,
            Route::Register if rollout.mode == Mode::Off => Ok(success(&self.lifecycle.view(None)?.token())),
            Route::Register => self.register(asked, ParentRule::Later).await,
            Route::Deregister if rollout.mode == Mode::Off => {
                // It may have been registered while the mode was another.
                self.deregister(asked, AbsentRule::Ignore).await
            }
            Route::Deregister => self.deregister(asked, AbsentRule::Remember).await,
        }
    }

    /// Takes a role away there, and then here as well: what is revoked must not come back with the graph.
    async fn revoke_from_both(&self, asked: &Asked) -> Result<Response<Body>, Refusal> {
        let answer = self.sides.forward(asked).await?;
        if answer.status().is_success() {
            match self.revoke_here(asked).await {
                Ok(_) => {}
                Err(Refusal::Lifecycle(error @ LifecycleError::Trouble(_))) => return Err(error.into()),
                // The graph has nothing that could be revoked.
                Err(refusal) => tracing::debug!(%refusal, "what was revoked there is nothing here"),
            }
        }
        Ok(passed_on(answer))
    }

    /// Passes a request on to the legacy backend that the graph has answered, so that it can answer again later. What
    /// it refuses it does not know either way; what it does not answer, the client has to repeat.
    pub(super) async fn pass_on(&self, asked: &Asked) -> Result<(), Refusal> {
        if self.sides.legacy.is_none() {
            return Ok(());
        }
        let status = self.sides.forward(asked).await?.status();
        let may_pass = matches!(status, StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS);
        if status.is_server_error() || may_pass {
            return Err(Refusal::Legacy(format!("it answered with {status}")));
        }
        if !status.is_success()
            && let Some(suppressed) = self.sides.refusals_told.pass(Instant::now())
        {
            tracing::warn!(%status, suppressed, route = asked.head.uri.path(), "the legacy backend refuses what the graph did");
        }
        Ok(())
    }

    /// The legacy backend knows single checks only.
    async fn check_batch_by_legacy(&self, asked: &Asked) -> Result<Response<Body>, Refusal> {
        let request: request::CheckBatch<'_> = body::parse(&asked.body)?;
        let count_max = self.backend.limits.bulk_checks_max;
        if request.selectors.len() > count_max {
            return Err(Refusal::TooMany { field: "selectors", count_max });
        }
        let legacy = self.sides.legacy.as_ref().ok_or(Refusal::NoLegacy)?;
        let running = Arc::new(Semaphore::new(BATCH_RUNNING_MAX));
        let mut checks = JoinSet::new();
        for (number, selector) in request.selectors.iter().enumerate() {
            let resource = json!({ "type": request.resource_type, "selector": selector });
            let body = json!({ "principal": request.principal, "resource": resource, "operation": request.operation });
            let (legacy, headers, running) =
                (legacy.clone(), asked.head.headers.clone(), Arc::clone(&running));
            checks.spawn(async move {
                let _running = running.acquire().await;
                let answer = legacy.forward("/v1/authz/check", &headers, Bytes::from(body.to_string())).await;
                (number, LegacyVerdict::of(answer.ok().as_ref()))
            });
        }
        let mut is_allowed = vec![false; request.selectors.len()];
        let answers = async {
            while let Some(Ok((number, verdict))) = checks.join_next().await {
                match verdict {
                    LegacyVerdict::Allowed => is_allowed[number] = true,
                    LegacyVerdict::Denied => {}
                    LegacyVerdict::Failed => return false,
                }
            }
            checks.is_empty()
        };
        if !tokio::time::timeout(ANSWER_TIMEOUT, answers).await.unwrap_or(false) {
            return Err(Refusal::Legacy("a check of the batch has no answer".to_owned()));
        }
        let allowed = request.selectors.iter().zip(is_allowed).filter(|(_, is_allowed)| *is_allowed);
        let selectors: Vec<_> = allowed.map(|(selector, _)| selector).collect();
        Ok(json_response(StatusCode::OK, json!({ "authorized_selectors": selectors }).to_string()))
    }
}
