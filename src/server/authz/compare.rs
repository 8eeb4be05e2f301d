//! The side that does not answer, asked beside the traffic.

use std::future::ready;
use std::time::Instant;

use tonic::codegen::Bytes;
use tonic::codegen::http::Response;

use crate::engine::View;
use crate::evaluate::Limits;
use crate::lifecycle::{Decision, Principal, Reason, ResourceName};
use crate::server::legacy::{
    DeniedBecause, GraphFound, GraphVerdict, LegacyFound, LegacyVerdict, ShadowQuestion,
};

use super::answer::Refusal;
use super::body;
use super::check::ANSWER_TIMEOUT;
use super::request;
use super::service::Authz;
use super::sides::Asked;

/// Resources of one search that are compared, at most: what is found beyond counts as a search without an answer.
const FOUND_MAX: usize = 1_000_000;

impl Authz {
    /// Asks the graph what the legacy backend has answered.
    pub(super) fn compare_check_with_graph(&self, asked: &Asked, legacy: LegacyVerdict) {
        let Some(question) = self.shadow_question_of_check(&asked.body) else { return };
        let (authz, body) = (self.clone(), asked.body.clone());
        let graph = async move { authz.graph_verdict(&body).await.unwrap_or(GraphVerdict::Failed) };
        self.sides.shadow.compare_check(question, graph, ready(legacy));
    }

    /// Asks the legacy backend what the graph has answered.
    pub(super) fn compare_check_with_legacy(&self, asked: &Asked, view: View, decision: Decision) {
        let Some(question) = self.shadow_question_of_check(&asked.body) else { return };
        let Some(legacy) = self.sides.legacy.clone() else { return };
        let (authz, body) = (self.clone(), asked.body.clone());
        let graph = async move { authz.verdict(&body, &view, decision).unwrap_or(GraphVerdict::Failed) };
        let (path, headers) = (asked.head.uri.path().to_owned(), asked.head.headers.clone());
        let body = asked.body.clone();
        let legacy = async move {
            let answer = legacy.forward(&path, &headers, body).await;
            LegacyVerdict::of(answer.ok().as_ref())
        };
        self.sides.shadow.compare_check(question, graph, legacy);
    }

    /// Asks the graph what the legacy backend has found.
    pub(super) fn compare_search_with_graph(&self, asked: &Asked, answer: &Response<Bytes>) {
        let Some(mut question) = self.shadow_question_of_search(&asked.body) else { return };
        question.held_bytes += answer.body().len();
        // Read later: a list may be long, and the client waits.
        let answer = answer.clone();
        let legacy = async move { LegacyFound::of(Some(&answer)) };
        let (authz, body) = (self.clone(), asked.body.clone());
        let graph = async move { authz.graph_found(&body).await.unwrap_or(GraphFound::Failed) };
        self.sides.shadow.compare_search(question, graph, legacy);
    }

    /// Asks the legacy backend, and once more the graph, what the graph has found.
    pub(super) fn compare_search_with_legacy(&self, asked: &Asked) {
        let Some(question) = self.shadow_question_of_search(&asked.body) else { return };
        let Some(legacy) = self.sides.legacy.clone() else { return };
        let (authz, body) = (self.clone(), asked.body.clone());
        let graph = async move { authz.graph_found(&body).await.unwrap_or(GraphFound::Failed) };
        let (path, headers) = (asked.head.uri.path().to_owned(), asked.head.headers.clone());
        let body = asked.body.clone();
        let legacy = async move {
            let answer = legacy.forward(&path, &headers, body).await;
            LegacyFound::of(answer.ok().as_ref())
        };
        self.sides.shadow.compare_search(question, graph, legacy);
    }

    async fn graph_verdict(&self, body: &[u8]) -> Result<GraphVerdict, Refusal> {
        let request: request::Check<'_> = body::parse(body)?;
        let principal = Principal::from_json(self.lifecycle.profile(), &request.principal)?;
        let question = self.lifecycle.question(&principal, request.resource.0.name(), &request.operation)?;
        let view = self.lifecycle.view(None)?;
        let decision = self.decide(&view, &question).await?;
        self.verdict(body, &view, decision)
    }

    /// A decision with the reason for a no that the kinds of mismatch tell apart.
    fn verdict(&self, body: &[u8], view: &View, decision: Decision) -> Result<GraphVerdict, Refusal> {
        if decision.is_allowed {
            return Ok(GraphVerdict::Allowed);
        }
        if decision.reason == Reason::NotRegistered {
            return Ok(GraphVerdict::Denied(DeniedBecause::Unregistered));
        }
        let request: request::Check<'_> = body::parse(body)?;
        let principal = Principal::from_json(self.lifecycle.profile(), &request.principal)?;
        let lacks_parent = self.lifecycle.lacks_parent(view, &principal, request.resource.0.name())?;
        let because = if lacks_parent { DeniedBecause::MissingParent } else { DeniedBecause::Other };
        Ok(GraphVerdict::Denied(because))
    }

    async fn graph_found(&self, body: &[u8]) -> Result<GraphFound, Refusal> {
        let request: request::Search<'_> = body::parse(body)?;
        let principal = Principal::from_json(self.lifecycle.profile(), &request.principal)?;
        let view = self.lifecycle.view(None)?;
        let (kind, operation) = (&request.filter_resource, &request.filter_operation);
        let mut search = self.lifecycle.search(&view, &principal, kind, operation, None)?;
        let deadline = Instant::now().checked_add(ANSWER_TIMEOUT);
        let work = move |cancelled: &_| {
            let limits = Limits { deadline, cancelled: Some(cancelled), ..view.lookup_limits() };
            let mut found = Vec::new();
            loop {
                let page = search.next(1024, limits)?;
                found.extend(page.selectors);
                if !page.has_more {
                    return Ok::<_, Refusal>(GraphFound::Items(found));
                }
                if found.len() > FOUND_MAX {
                    return Ok(GraphFound::Failed);
                }
            }
        };
        self.backend.pool.run(work).await?
    }

    fn shadow_question_of_check(&self, body: &[u8]) -> Option<ShadowQuestion> {
        let request: request::Check<'_> = body::parse(body).ok()?;
        let principal = Principal::from_json(self.lifecycle.profile(), &request.principal).ok()?;
        let ResourceName { kind, selector } = request.resource.0.name();
        Some(ShadowQuestion {
            account: principal.account,
            operation: request.operation.into_owned(),
            resource_type: kind.to_owned(),
            selector: Some(selector.to_owned()),
            held_bytes: body.len(),
        })
    }

    fn shadow_question_of_search(&self, body: &[u8]) -> Option<ShadowQuestion> {
        let request: request::Search<'_> = body::parse(body).ok()?;
        let principal = Principal::from_json(self.lifecycle.profile(), &request.principal).ok()?;
        Some(ShadowQuestion {
            account: principal.account,
            operation: request.filter_operation.into_owned(),
            resource_type: request.filter_resource.into_owned(),
            selector: None,
            held_bytes: body.len(),
        })
    }
}
