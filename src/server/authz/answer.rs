//! What comes back: `{"success":true}`, or a status and `{"message":"…"}`.

use serde_json::json;
use tonic::body::Body;
use tonic::codegen::http::header::{ALLOW, CONNECTION, CONTENT_TYPE, RETRY_AFTER};
use tonic::codegen::http::{HeaderName, HeaderValue, Response, StatusCode};

use crate::engine::ZedToken;
use crate::lifecycle::{InvalidRequest, LifecycleError};
use crate::server::error::PoolError;
use crate::server::telemetry;

/// The header that a token comes in and goes out by.
pub(super) const TOKEN: HeaderName = HeaderName::from_static("x-consistency-token");
const JSON: HeaderValue = HeaderValue::from_static("application/json");
const SUCCESS: &str = r#"{"success":true}"#;

/// Why a request is not answered with 200.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refusal {
    /// There is no such path.
    #[error("there is no such route")]
    NoRoute,
    /// The path takes another method.
    #[error("the route takes POST")]
    Method,
    /// The body is larger than a request may be.
    #[error("the body has more than {bytes_max} bytes")]
    LargeBody { bytes_max: usize },
    /// The body did not come in time.
    #[error("the body did not come in time")]
    SlowBody,
    /// The body ended before its end.
    #[error("the body was broken off")]
    BrokenBody,
    /// The body is not as it should be.
    #[error("{0}")]
    Body(String),
    /// The token's header is no text.
    #[error("{TOKEN}: is not a token")]
    Token,
    /// More is asked at once than may be.
    #[error("{field}: more than {count_max}")]
    TooMany { field: &'static str, count_max: usize },
    /// The sender is not known.
    #[error("{0}")]
    Unknown(String),
    /// Nothing says who anybody is.
    #[error("nobody is known here: the server was started without keys and without an issuer of tokens")]
    NoIdentity,
    /// The account is one of the legacy backend's, and there is none.
    #[error("the legacy backend of this account is not configured")]
    NoLegacy,
    /// The legacy backend has no answer.
    #[error("the legacy backend has no answer: {0}")]
    Legacy(String),
    /// They may not.
    #[error("{0}")]
    Denied(String),
    /// The call was refused, or failed.
    #[error(transparent)]
    Lifecycle(#[from] LifecycleError),
    /// It was begun, and failed.
    #[error("{0}")]
    Unanswered(String),
    /// There are as many requests as may be, or they come too often.
    #[error("{message}")]
    Busy { message: String, retry_after_seconds: Option<u64> },
    /// It took longer than it may.
    #[error("{0}")]
    TooLate(String),
    /// Nobody could work on it.
    #[error(transparent)]
    Pool(#[from] PoolError),
}

impl From<InvalidRequest> for Refusal {
    fn from(invalid: InvalidRequest) -> Self {
        Self::Lifecycle(invalid.into())
    }
}

impl Refusal {
    fn status(&self) -> StatusCode {
        match self {
            Self::NoRoute => StatusCode::NOT_FOUND,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::LargeBody { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::SlowBody => StatusCode::REQUEST_TIMEOUT,
            Self::BrokenBody => StatusCode::BAD_REQUEST,
            Self::Body(_) | Self::Token | Self::TooMany { .. } => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Unknown(_) | Self::NoIdentity => StatusCode::UNAUTHORIZED,
            Self::Denied(_) => StatusCode::FORBIDDEN,
            Self::Lifecycle(error) => match error {
                LifecycleError::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
                LifecycleError::Denied(_) => StatusCode::FORBIDDEN,
                LifecycleError::Conflict(_) => StatusCode::CONFLICT,
                LifecycleError::Trouble(_) => StatusCode::SERVICE_UNAVAILABLE,
            },
            Self::Busy { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::TooLate(_) => StatusCode::GATEWAY_TIMEOUT,
            Self::NoLegacy | Self::Legacy(_) | Self::Unanswered(_) | Self::Pool(_) => {
                StatusCode::SERVICE_UNAVAILABLE
            }
        }
    }

    /// The answer that it is.
    pub(super) fn respond(&self) -> Response<Body> {
        let status = self.status();
        if status.is_server_error() {
            tracing::warn!(error = %self, request_id = telemetry::request_id(), "a lifecycle request has no answer");
        }
        let mut response = json_response(status, json!({ "message": self.to_string() }).to_string());
        match self {
            Self::Method => {
                response.headers_mut().insert(ALLOW, HeaderValue::from_static("POST"));
            }
            // The rest of the body is not read, and nothing can follow it.
            Self::LargeBody { .. } | Self::SlowBody | Self::BrokenBody => {
                response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
            }
            Self::Busy { retry_after_seconds: Some(seconds), .. } => {
                response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(*seconds));
            }
            _ => {}
        }
        response
    }
}

/// The answer to what was done, or is allowed.
pub(super) fn success(token: &ZedToken) -> Response<Body> {
    with_token(json_response(StatusCode::OK, SUCCESS), token)
}

/// An answer that says at which state it holds.
pub(super) fn with_token(mut response: Response<Body>, token: &ZedToken) -> Response<Body> {
    if let Ok(value) = HeaderValue::from_str(&token.0) {
        response.headers_mut().insert(TOKEN, value);
    }
    response
}

/// An answer of JSON.
pub(super) fn json_response(status: StatusCode, text: impl Into<String>) -> Response<Body> {
    json_body(status, Body::new(text.into()))
}

/// An answer whose body is JSON.
pub(super) fn json_body(status: StatusCode, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, JSON);
    response
}
