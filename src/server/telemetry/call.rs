//! One call over gRPC, or one that came as such: counted always, traced and logged where that is wanted.

use std::net::SocketAddr;
use std::sync::Arc;

use tonic::codegen::http::{Extensions, HeaderMap, HeaderValue, Request};
use tonic::transport::server::TcpConnectInfo;
use tonic::{Code, Status};

use super::calls::Begun;
use super::methods::{self, METHODS};
use super::options::Telemetry;
use super::trace::Trace;

/// The names of codes, as metrics of gRPC servers have them, each at its number.
pub(super) const CODES: [&str; 17] = [
    "OK",
    "Canceled",
    "Unknown",
    "InvalidArgument",
    "DeadlineExceeded",
    "NotFound",
    "AlreadyExists",
    "PermissionDenied",
    "ResourceExhausted",
    "FailedPrecondition",
    "Aborted",
    "OutOfRange",
    "Unimplemented",
    "Internal",
    "Unavailable",
    "DataLoss",
    "Unauthenticated",
];

/// A call from its headers to its trailers. A call that is dropped before its end was cancelled.
#[derive(Debug)]
pub(in crate::server) struct Call {
    begun: Begun,
    has_ended: bool,
    /// Only where somebody wants to know.
    detail: Option<Box<Detail>>,
}

#[derive(Debug)]
struct Detail {
    method: usize,
    request_id: HeaderValue,
    peer: Option<SocketAddr>,
    is_logged: bool,
    trace: Option<Arc<Trace>>,
}

impl Telemetry {
    /// A call begins. Its trace, if it is traced.
    pub(in crate::server) fn begin<B>(
        &self,
        request: &Request<B>,
        request_id: &HeaderValue,
    ) -> (Call, Option<Arc<Trace>>) {
        let method = methods::find(request.uri().path());
        let begun = self.0.calls.begin(method);
        let tracer = self.0.tracer.as_ref().filter(|_| METHODS[method].is_traced());
        let trace = tracer.and_then(|tracer| {
            let sampled = tracer.sample(request.headers())?;
            Some(tracer.begin_rpc(sampled, &METHODS[method], request_id))
        });
        let is_logged = self.0.logs_requests;
        let detail = (is_logged || trace.is_some()).then(|| {
            let (request_id, peer) = (request_id.clone(), peer(request.extensions()));
            if let (Some(trace), Some(peer)) = (&trace, peer) {
                trace.set_peer(peer);
            }
            Box::new(Detail { method, request_id, peer, is_logged, trace: trace.clone() })
        });
        (Call { begun, has_ended: false, detail }, trace)
    }
}

impl Call {
    /// It ends with what these headers or trailers say.
    pub(in crate::server) fn end_with(&mut self, headers: &HeaderMap) {
        let code =
            headers.get(Status::GRPC_STATUS).map_or(Code::Ok, |code| Code::from_bytes(code.as_bytes()));
        self.end(code);
    }

    /// It ends. What comes after its first end does not count.
    pub(in crate::server) fn end(&mut self, code: Code) {
        if std::mem::replace(&mut self.has_ended, true) {
            return;
        }
        // Every code's number is a place in the table.
        self.begun.end(code as usize);
        if let Some(detail) = self.detail.take() {
            detail.end(code, &self.begun);
        }
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        self.end(Code::Cancelled);
    }
}

impl Detail {
    fn end(self, code: Code, begun: &Begun) {
        let Self { method, request_id, peer, is_logged, trace } = self;
        if is_logged {
            let method = METHODS[method].path.strip_prefix('/').unwrap_or("unknown");
            tracing::info!(
                method,
                code = CODES[code as usize],
                milliseconds = begun.at.elapsed().as_secs_f64() * 1e3,
                peer = peer.map(tracing::field::display),
                // In a line of text it is quoted: clients write into it what they like.
                request_id = &*String::from_utf8_lossy(request_id.as_bytes()),
                trace_id = trace.as_ref().map(|trace| tracing::field::display(trace.id())),
                "a call was answered"
            );
        }
        if let Some(trace) = trace {
            trace.end_rpc(code);
        }
    }
}

/// Who sent it; nobody if it came over HTTP, which has a line of its own.
fn peer(extensions: &Extensions) -> Option<SocketAddr> {
    extensions.get::<TcpConnectInfo>().and_then(TcpConnectInfo::remote_addr)
}
