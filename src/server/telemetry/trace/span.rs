//! A request's span, and those of its parts.

use std::net::SocketAddr;

use opentelemetry::trace::{
    Span as _, SpanContext, SpanKind, Status as SpanStatus, TraceContextExt as _, TraceId, Tracer as _,
};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::trace::{SdkTracer, Span};
use parking_lot::Mutex;
use tonic::Code;
use tonic::codegen::http::StatusCode;

/// A request that is traced. Its span ends with it, or when this is dropped.
#[derive(Debug)]
pub(in crate::server) struct Trace {
    tracer: SdkTracer,
    span: Mutex<Span>,
    own: SpanContext,
}

/// A part of a request that is traced. Its span ends when this is dropped.
#[derive(Debug)]
pub(in crate::server) struct Part(#[expect(dead_code, reason = "what counts is when it is dropped")] Span);

impl Trace {
    /// A request of this name, below what the context has.
    pub(super) fn begin(
        tracer: &SdkTracer,
        parent: &Context,
        name: String,
        attributes: Vec<KeyValue>,
    ) -> Self {
        let builder = tracer.span_builder(name).with_kind(SpanKind::Server).with_attributes(attributes);
        let span = tracer.build_with_context(builder, parent);
        let own = span.span_context().clone();
        Self { tracer: tracer.clone(), span: Mutex::new(span), own }
    }

    /// The trace's id.
    pub(in crate::server) fn id(&self) -> TraceId {
        self.own.trace_id()
    }

    /// A part of the request begins.
    pub(in crate::server) fn part(&self, name: &'static str) -> Part {
        let parent = Context::new().with_remote_span_context(self.own.clone());
        Part(self.tracer.build_with_context(self.tracer.span_builder(name), &parent))
    }

    /// Who sent it.
    pub(in crate::server::telemetry) fn set_peer(&self, peer: SocketAddr) {
        let mut span = self.span.lock();
        span.set_attribute(KeyValue::new("network.peer.address", peer.ip().to_string()));
        span.set_attribute(KeyValue::new("network.peer.port", i64::from(peer.port())));
    }

    /// An RPC ends.
    pub(in crate::server::telemetry) fn end_rpc(&self, code: Code) {
        let mut span = self.span.lock();
        span.set_attribute(KeyValue::new("rpc.grpc.status_code", i64::from(i32::from(code))));
        if is_servers_fault(code) {
            span.set_status(SpanStatus::error(code.description()));
        }
        span.end();
    }

    /// An HTTP request ends.
    pub(in crate::server::telemetry) fn end_http(&self, status: StatusCode) {
        let mut span = self.span.lock();
        span.set_attribute(KeyValue::new("http.response.status_code", i64::from(status.as_u16())));
        if status.is_server_error() {
            span.set_status(SpanStatus::error(status.canonical_reason().unwrap_or_default()));
        }
        span.end();
    }
}

/// What the semantic conventions take for an error of the server's span.
fn is_servers_fault(code: Code) -> bool {
    matches!(
        code,
        Code::Unknown
            | Code::DeadlineExceeded
            | Code::Unimplemented
            | Code::Internal
            | Code::Unavailable
            | Code::DataLoss
    )
}
