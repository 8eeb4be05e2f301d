//! One request over HTTP, from its head to the end of its answer's body.

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http_body::{Body as HttpBody, Frame, SizeHint};
use tonic::Status;
use tonic::body::Body;
use tonic::codegen::Bytes;
use tonic::codegen::http::{HeaderValue, Method, Request, Response, StatusCode};

use crate::server::trailers::{REQUEST_ID, request_id};
use crate::server::{authz, gateway};

use super::calls::Begun;
use super::current::Current;
use super::options::Telemetry;
use super::trace::Trace;

/// What is no RPC and no route of the lifecycle, and last whatever else is asked for.
const OWN: &[&str] = &["/healthz", "/readyz", "/openapi.json", UNKNOWN];
const UNKNOWN: &str = "unknown";

/// How many routes there are.
pub(super) const ROUTES_COUNT: usize = gateway::PATHS.len() + authz::PATHS.len() + OWN.len();

/// Statuses that are answered with, and last all others.
pub(super) const STATUSES: [&str; 18] = [
    "200", "400", "401", "403", "404", "405", "408", "409", "413", "422", "429", "499", "500", "501", "502",
    "503", "504", "other",
];
/// nginx's, for a client that did not wait.
const CLIENT_GONE: u16 = 499;

/// Every route, in order.
pub(super) fn routes() -> impl Iterator<Item = &'static str> {
    let rpcs = gateway::PATHS.iter().map(|(path, _, _)| *path);
    rpcs.chain(authz::PATHS.iter().copied()).chain(OWN.iter().copied())
}

/// A request that is being answered. One that is dropped before its answer has begun was given up by its client.
#[derive(Debug)]
pub(in crate::server) struct HttpCall {
    begun: Begun,
    request_id: HeaderValue,
    status: StatusCode,
    /// Only where somebody wants to know.
    detail: Option<Box<Detail>>,
    trace: Option<Arc<Trace>>,
}

#[derive(Debug)]
struct Detail {
    method: &'static str,
    route: &'static str,
    peer: Option<SocketAddr>,
}

impl Telemetry {
    /// A request begins. It has an id from now on, its client's own or a new one.
    pub(in crate::server) fn begin_http<B>(
        &self,
        request: &mut Request<B>,
        peer: Option<SocketAddr>,
    ) -> HttpCall {
        let request_id = request_id(request.headers());
        request.headers_mut().insert(REQUEST_ID, request_id.clone());
        let path = request.uri().path();
        let (row, route) =
            routes().enumerate().find(|(_, route)| *route == path).unwrap_or((ROUTES_COUNT - 1, UNKNOWN));
        let begun = self.0.http_calls.begin(row);
        let method = method_name(request.method());
        // An RPC has a trace of its own, and probes have none.
        let lifecycle = gateway::PATHS.len()..gateway::PATHS.len() + authz::PATHS.len();
        let tracer = self.0.tracer.as_ref().filter(|_| lifecycle.contains(&row));
        let trace = tracer.and_then(|tracer| {
            let trace = tracer.begin_http(tracer.sample(request.headers())?, method, route, &request_id);
            if let Some(peer) = peer {
                trace.set_peer(peer);
            }
            Some(trace)
        });
        let detail = self.0.logs_requests.then(|| Box::new(Detail { method, route, peer }));
        let status = StatusCode::from_u16(CLIENT_GONE).unwrap_or(StatusCode::REQUEST_TIMEOUT);
        HttpCall { begun, request_id, status, detail, trace }
    }
}

impl HttpCall {
    /// What the thread that answers it works on.
    pub(in crate::server) fn current(&self) -> Current {
        Current { request_id: self.request_id.clone(), trace: self.trace.clone() }
    }

    /// The answer, at whose end the request ends.
    pub(in crate::server) fn answer(mut self, mut response: Response<Body>) -> Response<Body> {
        self.status = response.status();
        response.headers_mut().insert(REQUEST_ID, self.request_id.clone());
        response.map(|body| Body::new(Counted { body, _call: self }))
    }
}

impl Drop for HttpCall {
    fn drop(&mut self) {
        let status = self.status.as_str();
        let others = STATUSES.len() - 1;
        self.begun.end(STATUSES.iter().position(|known| *known == status).unwrap_or(others));
        if let Some(detail) = self.detail.take() {
            let Detail { method, route, peer } = *detail;
            tracing::info!(
                method,
                route,
                status = self.status.as_u16(),
                milliseconds = self.begun.at.elapsed().as_secs_f64() * 1e3,
                peer = peer.map(tracing::field::display),
                // In a line of text it is quoted: clients write into it what they like.
                request_id = &*String::from_utf8_lossy(self.request_id.as_bytes()),
                trace_id = self.trace.as_ref().map(|trace| tracing::field::display(trace.id())),
                "an HTTP request was answered"
            );
        }
        if let Some(trace) = self.trace.take() {
            trace.end_http(self.status);
        }
    }
}

/// Methods that HTTP names; whatever else a client writes is no label and no part of a name.
fn method_name(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        Method::PATCH => "PATCH",
        _ => "_OTHER",
    }
}

/// A body at whose end a request ends.
struct Counted {
    body: Body,
    _call: HttpCall,
}

impl HttpBody for Counted {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
