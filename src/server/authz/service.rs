//! One request, from its route to its answer.

use std::sync::Arc;
use std::time::Instant;

use http_body::Body as HttpBody;
use tonic::body::Body;
use tonic::codegen::http::{Method, Request, Response, StatusCode};
use tonic::codegen::{Bytes, StdError};
use tonic::{Code, Status};

use crate::engine::View;
use crate::lifecycle::identity::Identity;
use crate::lifecycle::rollout::Mode;
use crate::lifecycle::{AbsentRule, Lifecycle, ParentRule};
use crate::server::backend::Backend;
use crate::server::legacy::{LegacyBackend, LegacyOptions, LegacyTrustError, LogLimit, Shadow};
use crate::server::options::AuthzOptions;
use crate::server::status::retry_after_seconds;

use super::answer::{Refusal, TOKEN, json_response};
use super::body;
use super::routes::{self, Route};
use super::sides::{Asked, Sides};

/// The routes of one server. Cloned for each connection, so it is a few pointers.
#[derive(Debug, Clone)]
pub(in crate::server) struct Authz {
    pub(super) lifecycle: Arc<Lifecycle>,
    pub(super) backend: Arc<Backend>,
    pub(super) identity: Option<Arc<Identity>>,
    pub(super) sides: Arc<Sides>,
}

impl Authz {
    /// The routes of a lifecycle.
    pub(in crate::server) fn new(
        lifecycle: Arc<Lifecycle>,
        backend: Arc<Backend>,
        options: AuthzOptions,
    ) -> Result<Self, LegacyTrustError> {
        let AuthzOptions { identity, accounts, legacy_upstream } = options;
        let legacy = legacy_upstream.map(|upstream| LegacyBackend::new(upstream, LegacyOptions::default()));
        let refusals_told = LogLimit::new(Instant::now());
        let sides = Sides { accounts, legacy: legacy.transpose()?, shadow: Shadow::new(), refusals_told };
        Ok(Self { lifecycle, backend, identity, sides: Arc::new(sides) })
    }

    /// Whether a path is one of these routes' to answer.
    pub(in crate::server) fn has(path: &str) -> bool {
        routes::is_below(path)
    }

    /// What a request is answered that does not come in, or not to its end.
    pub(in crate::server) fn refuse(status: &Status) -> Response<Body> {
        let message = status.message().to_owned();
        let refusal = match status.code() {
            Code::ResourceExhausted => {
                Refusal::Busy { message, retry_after_seconds: retry_after_seconds(status) }
            }
            Code::DeadlineExceeded => Refusal::TooLate(message),
            _ => Refusal::Unanswered(message),
        };
        refusal.respond()
    }

    /// Answers a request.
    pub(in crate::server) async fn answer<B>(&self, request: Request<B>) -> Response<Body>
    where
        B: HttpBody<Data = Bytes>,
        B::Error: Into<StdError>,
    {
        match self.try_answer(request).await {
            Ok(response) => response,
            Err(refusal) => refusal.respond(),
        }
    }

    async fn try_answer<B>(&self, request: Request<B>) -> Result<Response<Body>, Refusal>
    where
        B: HttpBody<Data = Bytes>,
        B::Error: Into<StdError>,
    {
        let (head, body) = request.into_parts();
        // First of all: what is refused before it is read ends the connection, and with it the client's next request.
        let body = body::read(body, self.backend.limits.message_bytes_max).await?;
        if head.uri.path() == routes::SHADOW && head.method == Method::GET {
            let counts = serde_json::to_string(&self.sides.shadow.counts()).unwrap_or_default();
            return Ok(json_response(StatusCode::OK, counts));
        }
        let route = Route::find(head.uri.path()).ok_or(Refusal::NoRoute)?;
        if head.method != Method::POST {
            return Err(Refusal::Method);
        }
        let asked = Asked { route, head, body };
        if route == Route::Authn {
            return self.authn(&asked).await;
        }
        let rollout = self.sides.rollout(&self.lifecycle, &asked)?;
        if rollout.mode != Mode::Read {
            return self.by_legacy(&asked, rollout).await;
        }
        match route {
            Route::Authn => self.authn(&asked).await,
            Route::Check => self.check(&asked, rollout).await,
            Route::CheckBatch => self.check_batch(&asked).await,
            Route::Search => self.search(&asked, rollout).await,
            Route::Grant => self.grant(&asked).await,
            Route::Revoke => self.revoke(&asked).await,
            Route::Register => self.register(&asked, ParentRule::Permission).await,
            Route::Deregister => self.deregister(&asked, AbsentRule::Remember).await,
        }
    }

    /// The state that a request is to be answered from.
    pub(super) fn view(&self, asked: &Asked) -> Result<View, Refusal> {
        let token = asked.head.headers.get(TOKEN).map(|token| token.to_str().map_err(|_| Refusal::Token));
        Ok(self.lifecycle.view(token.transpose()?)?)
    }
}
