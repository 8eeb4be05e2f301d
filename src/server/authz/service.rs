//! One request, from its route to its answer.

use std::sync::Arc;

use http_body::Body as HttpBody;
use tonic::body::Body;
use tonic::codegen::http::request::Parts;
use tonic::codegen::http::{Method, Request, Response};
use tonic::codegen::{Bytes, StdError};

use crate::engine::View;
use crate::lifecycle::Lifecycle;
use crate::server::backend::Backend;

use super::answer::{Refusal, TOKEN};
use super::body;
use super::routes::{self, Route};

/// The routes of one server. Cloned for each connection, so it is two pointers.
#[derive(Debug, Clone)]
pub(in crate::server) struct Authz {
    pub(super) lifecycle: Arc<Lifecycle>,
    pub(super) backend: Arc<Backend>,
}

impl Authz {
    /// The routes of a lifecycle.
    pub(in crate::server) fn new(lifecycle: Arc<Lifecycle>, backend: Arc<Backend>) -> Self {
        Self { lifecycle, backend }
    }

    /// Whether a path is one of these routes' to answer.
    pub(in crate::server) fn has(path: &str) -> bool {
        routes::is_below(path)
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
        let route = Route::find(head.uri.path()).ok_or(Refusal::NoRoute)?;
        if head.method != Method::POST {
            return Err(Refusal::Method);
        }
        match route {
            Route::Check => self.check(&head, &body).await,
            Route::CheckBatch => self.check_batch(&head, &body).await,
            Route::Search => self.search(&head, &body).await,
            Route::Grant => self.grant(&body).await,
            Route::Revoke => self.revoke(&body).await,
            Route::Register => self.register(&body).await,
            Route::Deregister => self.deregister(&body).await,
        }
    }

    /// The state that a request is to be answered from.
    pub(super) fn view(&self, head: &Parts) -> Result<View, Refusal> {
        let token = head.headers.get(TOKEN).map(|token| token.to_str().map_err(|_| Refusal::Token));
        Ok(self.lifecycle.view(token.transpose()?)?)
    }
}
