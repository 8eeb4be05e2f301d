//! `check` and `check_batch`.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::json;
use tonic::body::Body;
use tonic::codegen::http::{Response, StatusCode};

use crate::engine::{CheckPermissionError, View};
use crate::evaluate::{EvaluateError, Limits};
use crate::lifecycle::rollout::AccountRollout;
use crate::lifecycle::{Decision, LifecycleError, Principal, Question, Trouble};
use crate::server::permissions::INLINE_VISITS_MAX;

use super::answer::{Refusal, json_response, success, with_token};
use super::body;
use super::request;
use super::service::Authz;
use super::sides::Asked;

/// How long an answer is worked on: clients wait for half a minute.
pub(super) const ANSWER_TIMEOUT: Duration = Duration::from_secs(25);

impl Authz {
    pub(super) async fn check(
        &self,
        asked: &Asked,
        rollout: AccountRollout,
    ) -> Result<Response<Body>, Refusal> {
        let request: request::Check<'_> = body::parse(&asked.body)?;
        let view = self.view(asked)?;
        let principal = Principal::from_json(self.lifecycle.profile(), &request.principal)?;
        let question = self.lifecycle.question(&principal, request.resource.0.name(), &request.operation)?;
        let token = view.token();
        let decision = self.decide(&view, &question).await?;
        let decided = (&view, &question, decision);
        self.lifecycle.log_decision(&principal, request.resource.0.name(), &request.operation, decided);
        if rollout.is_shadowed {
            self.compare_check_with_legacy(asked, view, decision);
        }
        if decision.is_allowed {
            return Ok(success(&token));
        }
        let (operation, resource) = (&request.operation, request.resource.0.name());
        let denial = Refusal::Denied(format!("{} may not {operation} {resource}", principal.id));
        // A no holds at a state as a yes does.
        Ok(with_token(denial.respond(), &token))
    }

    /// Decides at once what is decided soon, and in the pool what is not.
    pub(super) async fn decide(&self, view: &View, question: &Question) -> Result<Decision, Refusal> {
        let limits = view.limits();
        let inline = Limits { visits_max: INLINE_VISITS_MAX.min(limits.visits_max), ..limits };
        match question.ask(view, inline) {
            Err(LifecycleError::Trouble(Trouble::Check(CheckPermissionError::Evaluate(
                EvaluateError::VisitsExceeded { .. },
            )))) => {}
            decision => return Ok(decision?),
        }
        let deadline = Instant::now().checked_add(ANSWER_TIMEOUT);
        let (view, question) = (view.clone(), question.clone());
        let work = move |cancelled: &_| {
            let limits = Limits { deadline, cancelled: Some(cancelled), ..view.limits() };
            question.ask(&view, limits)
        };
        Ok(self.backend.pool.run(work).await??)
    }

    pub(super) async fn check_batch(&self, asked: &Asked) -> Result<Response<Body>, Refusal> {
        let request: request::CheckBatch<'_> = body::parse(&asked.body)?;
        let view = self.view(asked)?;
        let principal = Principal::from_json(self.lifecycle.profile(), &request.principal)?;
        let count_max = self.backend.limits.bulk_checks_max;
        if request.selectors.len() > count_max {
            return Err(Refusal::TooMany { field: "selectors", count_max });
        }
        let token = view.token();
        let deadline = Instant::now().checked_add(ANSWER_TIMEOUT);
        let lifecycle = Arc::clone(&self.lifecycle);
        let (kind, operation) = (request.resource_type.into_owned(), request.operation.into_owned());
        let selectors = request.selectors;
        let work = move |cancelled: &_| {
            let limits = Limits { deadline, cancelled: Some(cancelled), ..view.limits() };
            lifecycle.check_batch(&view, &principal, &kind, selectors, &operation, limits)
        };
        let selectors = self.backend.pool.run(work).await??;
        let answer = json!({ "authorized_selectors": selectors }).to_string();
        Ok(with_token(json_response(StatusCode::OK, answer), &token))
    }
}
