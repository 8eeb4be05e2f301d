//! Why a call has no answer.

use tonic::{Code, Status};

/// A call without an answer.
#[derive(Debug, thiserror::Error)]
pub(in crate::cli) enum CallError {
    /// The address is not one.
    #[error("`{endpoint}` is no address of a server: write it as `http://127.0.0.1:50051`")]
    Endpoint {
        /// What was given.
        endpoint: String,
    },
    /// The key cannot be sent.
    #[error("the preshared key has characters that cannot be sent")]
    Key,
    /// There is no answer now; the same call may have one later.
    #[error("the server does not answer: {0}")]
    Unavailable(String),
    /// There is no answer to this call.
    #[error("the server refuses: {0}")]
    Refused(String),
}

impl CallError {
    /// Whether the same call may be answered later.
    pub(in crate::cli) fn is_temporary(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }
}

impl From<Status> for CallError {
    fn from(status: Status) -> Self {
        let message = match status.message() {
            "" => status.code().description().to_owned(),
            message => message.to_owned(),
        };
        match status.code() {
            // What a connection that breaks is told as differs from case to case.
            Code::Unavailable
            | Code::Unknown
            | Code::Cancelled
            | Code::Aborted
            | Code::DeadlineExceeded
            | Code::Internal => Self::Unavailable(message),
            _ => Self::Refused(message),
        }
    }
}
