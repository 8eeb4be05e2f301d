//! HTTP's headers → gRPC's metadata, and back.

use std::time::Duration;

use tonic::Status;
use tonic::codegen::http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, TE};
use tonic::codegen::http::{HeaderMap, HeaderName, HeaderValue};

use crate::server::deadline;
use crate::server::trailers::{REQUEST_ID, request_id};

/// What follows this in a header's name is metadata, in both directions.
const METADATA: &str = "grpc-metadata-";
/// The same in HTTP's own trailers.
const TRAILER: &str = "grpc-trailer-";
/// The caller's trace, as W3C has it.
const TRACE: [&str; 2] = ["traceparent", "tracestate"];
/// The type of lines of JSON.
pub(super) const LINES: &str = "application/x-ndjson";
const TIMEOUT: HeaderName = HeaderName::from_static("grpc-timeout");

/// What an RPC is told of its request.
#[derive(Debug)]
pub(super) struct Metadata {
    pub(super) headers: HeaderMap,
    pub(super) request_id: HeaderValue,
    /// How long the client waits.
    pub(super) timeout: Option<Duration>,
    /// Whether it takes HTTP's trailers.
    pub(super) takes_trailers: bool,
    /// Whether it would have a stream called what it is, lines of JSON.
    pub(super) takes_lines: bool,
}

impl Metadata {
    /// What the headers of a request say.
    pub(super) fn of_request(headers: &HeaderMap) -> Result<Self, Status> {
        let mut metadata = HeaderMap::new();
        metadata.insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
        metadata.insert(TE, HeaderValue::from_static("trailers"));
        let request_id = request_id(headers);
        metadata.insert(REQUEST_ID, request_id.clone());
        for value in headers.get_all(AUTHORIZATION) {
            metadata.append(AUTHORIZATION, value.clone());
        }
        for name in TRACE {
            if let Some(value) = headers.get(name) {
                metadata.insert(name, value.clone());
            }
        }
        for (name, value) in headers {
            let Some(name) = name.as_str().strip_prefix(METADATA) else { continue };
            if let Ok(name) = HeaderName::try_from(name)
                && !is_reserved(&name)
            {
                metadata.append(name, value.clone());
            }
        }
        let timeout =
            headers.get(TIMEOUT).map(|value| (value, value.to_str().ok().and_then(deadline::timeout)));
        let timeout = match timeout {
            None => None,
            Some((value, None)) => {
                let text = String::from_utf8_lossy(value.as_bytes());
                return Err(Status::invalid_argument(format!("invalid grpc-timeout: {text}")));
            }
            Some((value, timeout)) => {
                metadata.insert(TIMEOUT, value.clone());
                timeout
            }
        };
        Ok(Self {
            headers: metadata,
            request_id,
            timeout,
            takes_trailers: names(headers, &TE, "trailers"),
            takes_lines: names(headers, &ACCEPT, LINES),
        })
    }
}

/// Headers that are the protocol's own.
fn is_reserved(name: &HeaderName) -> bool {
    *name == CONTENT_TYPE || *name == TE || *name == REQUEST_ID || name.as_str().starts_with("grpc-")
}

/// Whether a header's list names something, whatever its weight.
fn names(headers: &HeaderMap, header: &HeaderName, wanted: &str) -> bool {
    let values = headers.get_all(header).into_iter().filter_map(|value| value.to_str().ok());
    let elements = values.flat_map(|value| value.split(','));
    let mut names = elements.map(|element| element.split_once(';').map_or(element, |(name, _)| name));
    names.any(|name| name.trim().eq_ignore_ascii_case(wanted))
}

/// The metadata that came before an answer, as headers.
pub(super) fn to_headers(metadata: &HeaderMap) -> HeaderMap {
    renamed(metadata, METADATA)
}

/// The metadata that came behind an answer, as trailers.
pub(super) fn to_trailers(metadata: &HeaderMap) -> HeaderMap {
    renamed(metadata, TRAILER)
}

fn renamed(metadata: &HeaderMap, prefix: &str) -> HeaderMap {
    let of_the_status = [Status::GRPC_STATUS, Status::GRPC_MESSAGE, Status::GRPC_STATUS_DETAILS];
    let named =
        metadata.iter().filter(|(name, _)| !of_the_status.contains(name)).filter_map(|(name, value)| {
            Some((HeaderName::try_from(format!("{prefix}{name}")).ok()?, value.clone()))
        });
    let mut headers = HeaderMap::new();
    for (name, value) in named {
        headers.append(name, value);
    }
    headers
}
