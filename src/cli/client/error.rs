//! Why a call has no answer.

use std::error::Error;
use std::fmt;
use std::path::PathBuf;

use prost::Message as _;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use crate::cli::contexts::ContextsError;

use super::convert::harmless;

/// The reason by which a server says that a page is too large, and where it says how large one may be.
const LIMIT_REASON: &str = "ERROR_REASON_EXCEEDS_MAXIMUM_ALLOWABLE_LIMIT";
const LIMIT_METADATA: &str = "maximum_limit_allowed";

/// What is found where a handshake gets an answer that is none.
const ANSWERED_WITHOUT_TLS: &str = "corrupt message of type InvalidContentType";
/// What is found where an answer is an alert of TLS, read as a frame of HTTP/2.
const ANSWERED_WITH_TLS: &str = "frame with invalid size";

/// A call without an answer.
#[derive(Debug, thiserror::Error)]
pub(in crate::cli) enum CallError {
    /// The address is not one.
    #[error(
        "`{endpoint}` is no address of a server: write it as `http://127.0.0.1:50051`, `https://host:port` or `host:port`"
    )]
    Endpoint {
        /// What was given.
        endpoint: String,
    },
    /// The key cannot be sent.
    #[error("the preshared key has characters that cannot be sent")]
    Key,
    /// A key, and a file with a key.
    #[error(
        "there is both a preshared key and a file with one: give --preshared-key or --preshared-key-file"
    )]
    TwoKeys,
    /// A file cannot be used.
    #[error("{}: {problem}", .file.display())]
    File {
        /// The file.
        file: PathBuf,
        /// What is wrong.
        problem: String,
    },
    /// There are settings for an encrypted connection, and it is none.
    #[error("certificates and server names are for https, but the server is at `{endpoint}`")]
    Plain {
        /// Where the server is.
        endpoint: String,
    },
    /// A certificate without its key, or a key without its certificate.
    #[error("--client-cert and --client-key belong together: one of them is missing")]
    HalfIdentity,
    /// What the files hold makes no encrypted connection.
    #[error("TLS cannot be set up: {0}")]
    Tls(String),
    /// There is no such context, or contexts cannot be read.
    #[error(transparent)]
    Contexts(#[from] ContextsError),
    /// There is an answer that means nothing.
    #[error("the server's answer cannot be used: {0}")]
    Answer(&'static str),
    /// There is an answer that cannot be read.
    #[error("the server sends a relationship that cannot be read: {0}")]
    Malformed(String),
    /// There is no answer now; the same call may have one later.
    #[error("{} does not answer: {refusal}", server(.endpoint.as_deref()))]
    Unavailable {
        /// Where the server is, if that is known.
        endpoint: Option<String>,
        /// What was said instead.
        refusal: Refusal,
    },
    /// There is no answer to this call.
    #[error("the server refuses: {0}")]
    Refused(Refusal),
}

/// What a server says instead of an answer.
#[derive(Debug, Clone)]
pub(in crate::cli) struct Refusal {
    /// The code, by its name in the protocol.
    pub(in crate::cli) code: &'static str,
    message: String,
    reason: Option<String>,
    limit_max: Option<u32>,
}

/// `INVALID_ARGUMENT: the limit is too large (ERROR_REASON_EXCEEDS_MAXIMUM_ALLOWABLE_LIMIT)`.
impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { code, message, reason, limit_max: _ } = self;
        write!(formatter, "{code}: {message}")?;
        reason.as_ref().map_or(Ok(()), |reason| write!(formatter, " ({reason})"))
    }
}

impl Refusal {
    /// A refusal that is part of an answer.
    pub(in crate::cli) fn of_message(message: &tonic_types::Status) -> Self {
        let details = message.encode_to_vec().into();
        Self::new(&Status::with_details(Code::from_i32(message.code), message.message.clone(), details))
    }

    fn new(status: &Status) -> Self {
        let info = status.get_details_error_info();
        let limit_max = info.as_ref().filter(|info| info.reason == LIMIT_REASON);
        let limit_max = limit_max.and_then(|info| info.metadata.get(LIMIT_METADATA)?.parse().ok());
        let harmless_reason = |reason: String| harmless(&reason).into_owned();
        let is_specified = |reason: &String| !reason.is_empty() && !reason.ends_with("_UNSPECIFIED");
        let reason = info.map(|info| info.reason).filter(is_specified).map(harmless_reason);
        Self { code: code_name(status), message: message(status), reason, limit_max }
    }
}

fn server(endpoint: Option<&str>) -> String {
    endpoint.map_or_else(|| "the server".to_owned(), |endpoint| format!("the server at {endpoint}"))
}

impl CallError {
    /// The error of a call to a server.
    pub(super) fn at(endpoint: &str, status: &Status) -> Self {
        match Self::from(status) {
            Self::Unavailable { refusal, .. } => {
                Self::Unavailable { endpoint: Some(endpoint.to_owned()), refusal }
            }
            refused => refused,
        }
    }

    pub(super) fn tls(error: &tonic::transport::Error) -> Self {
        Self::Tls(chain(error))
    }

    /// Whether the same call may be answered later.
    pub(in crate::cli) fn is_temporary(&self) -> bool {
        matches!(self, Self::Unavailable { .. })
    }

    /// How many answers a page may have, if that is what the server has said.
    pub(super) fn limit_max(&self) -> Option<u32> {
        match self {
            Self::Refused(refusal) => refusal.limit_max,
            _ => None,
        }
    }

    /// Whether the server does not know the call.
    pub(in crate::cli) fn is_unimplemented(&self) -> bool {
        matches!(self, Self::Refused(refusal) if refusal.code == "UNIMPLEMENTED")
    }
}

impl From<&Status> for CallError {
    fn from(status: &Status) -> Self {
        let refusal = Refusal::new(status);
        match status.code() {
            // What a connection that breaks is told as differs from case to case.
            Code::Unavailable
            | Code::Unknown
            | Code::Cancelled
            | Code::Aborted
            | Code::DeadlineExceeded
            | Code::Internal => Self::Unavailable { endpoint: None, refusal },
            _ => Self::Refused(refusal),
        }
    }
}

impl From<Status> for CallError {
    fn from(status: Status) -> Self {
        Self::from(&status)
    }
}

/// The name of a status' code, as the protocol has it. A deadline that passes on this side is one, too.
fn code_name(status: &Status) -> &'static str {
    if is_timeout(status) {
        return "DEADLINE_EXCEEDED";
    }
    match status.code() {
        Code::Ok => "OK",
        Code::Cancelled => "CANCELLED",
        Code::Unknown => "UNKNOWN",
        Code::InvalidArgument => "INVALID_ARGUMENT",
        Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
        Code::NotFound => "NOT_FOUND",
        Code::AlreadyExists => "ALREADY_EXISTS",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
        Code::FailedPrecondition => "FAILED_PRECONDITION",
        Code::Aborted => "ABORTED",
        Code::OutOfRange => "OUT_OF_RANGE",
        Code::Unimplemented => "UNIMPLEMENTED",
        Code::Internal => "INTERNAL",
        Code::Unavailable => "UNAVAILABLE",
        Code::DataLoss => "DATA_LOSS",
        Code::Unauthenticated => "UNAUTHENTICATED",
    }
}

fn is_timeout(status: &Status) -> bool {
    let mut source = status.source();
    while let Some(error) = source {
        if error.is::<tonic::TimeoutExpired>() {
            return true;
        }
        source = error.source();
    }
    false
}

/// What a status says, and what that comes from where this side found it.
fn message(status: &Status) -> String {
    match (status.message(), status.source()) {
        (_, _) if is_timeout(status) => "no answer came in time".to_owned(),
        ("", None) => status.code().description().to_owned(),
        (message, None) => harmless(message).into_owned(),
        (_, Some(source)) => hinted(chain(source)),
    }
}

/// With what is probably wrong where one side speaks TLS and the other does not.
fn hinted(text: String) -> String {
    if text.contains(ANSWERED_WITHOUT_TLS) {
        format!("{text}; if the server speaks no TLS, its address begins with http://")
    } else if text.contains(ANSWERED_WITH_TLS) {
        format!("{text}; if the server speaks TLS, its address begins with https://")
    } else {
        text
    }
}

/// An error and what it comes from, without what is said twice.
fn chain(error: &dyn Error) -> String {
    let mut text = String::new();
    let mut next = Some(error);
    while let Some(error) = next {
        let part = error.to_string();
        // What tonic puts around every error says nothing.
        if part != "transport error" && !text.ends_with(&part) {
            if !text.is_empty() {
                text.push_str(": ");
            }
            text.push_str(&part);
        }
        next = error.source();
    }
    text
}
