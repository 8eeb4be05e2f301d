//! Errors as HTTP and JSON: `{"code":5,"message":"…","details":[…]}`.

use prost::Message as _;
use tonic::body::Body;
use tonic::codegen::http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use tonic::codegen::http::{HeaderValue, Response, StatusCode};
use tonic::{Code, Status};

use crate::server::status::{retry_after_seconds, to_message};

use super::json;
use super::routes::Routes;

pub(super) const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// How an error is wrapped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wrapping {
    /// As it is.
    Bare,
    /// As the last line of a stream: `{"error":…}`.
    Line,
}

/// The answer that an error is.
pub(super) fn refuse(routes: &Routes, status: &Status, wrapping: Wrapping) -> Response<Body> {
    let mut response = Response::new(Body::new(error_text(routes, status, wrapping)));
    *response.status_mut() = http_status(status.code());
    response.headers_mut().insert(CONTENT_TYPE, JSON);
    if status.code() == Code::Unauthenticated {
        response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    if let Some(seconds) = retry_after_seconds(status) {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

/// An error's text.
pub(super) fn error_text(routes: &Routes, status: &Status, wrapping: Wrapping) -> String {
    let mut text = Vec::new();
    let (before, after) = match wrapping {
        Wrapping::Bare => ("", ""),
        Wrapping::Line => ("{\"error\":", "}\n"),
    };
    text.extend_from_slice(before.as_bytes());
    let message = to_message(status).encode_to_vec();
    if json::write(&routes.status, &message, &mut text).is_err() {
        text.truncate(before.len());
        text.extend_from_slice(br#"{"code":13,"message":"failed to marshal error message","details":[]}"#);
    }
    text.extend_from_slice(after.as_bytes());
    // JSON is UTF-8, so nothing is lost.
    String::from_utf8(text).unwrap_or_default()
}

/// The HTTP status that grpc-gateway gives a code.
fn http_status(code: Code) -> StatusCode {
    match code {
        Code::Ok => StatusCode::OK,
        // What the client did not wait for; the number is nginx's.
        Code::Cancelled => StatusCode::from_u16(499).unwrap_or(StatusCode::REQUEST_TIMEOUT),
        Code::InvalidArgument | Code::FailedPrecondition | Code::OutOfRange => StatusCode::BAD_REQUEST,
        Code::DeadlineExceeded => StatusCode::GATEWAY_TIMEOUT,
        Code::NotFound => StatusCode::NOT_FOUND,
        Code::AlreadyExists | Code::Aborted => StatusCode::CONFLICT,
        Code::PermissionDenied => StatusCode::FORBIDDEN,
        Code::Unauthenticated => StatusCode::UNAUTHORIZED,
        Code::ResourceExhausted => StatusCode::TOO_MANY_REQUESTS,
        Code::Unimplemented => StatusCode::NOT_IMPLEMENTED,
        Code::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        Code::Unknown | Code::Internal | Code::DataLoss => StatusCode::INTERNAL_SERVER_ERROR,
    }
}
