//! What a client is told of a lifecycle call that was refused, or failed.

use std::fmt::Display;

use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt as _};

use crate::lifecycle::{Conflict, Denial, InvalidRequest, LifecycleError, Trouble};
use crate::server::fitting;
use crate::server::lifecycle::LifecycleRequestError;
use crate::server::telemetry;

/// Who defines the reasons.
const DOMAIN: &str = "arrowroot";

impl From<LifecycleError> for Status {
    fn from(error: LifecycleError) -> Self {
        match error {
            LifecycleError::Invalid(invalid) => invalid.into(),
            LifecycleError::Denied(denial) => {
                let reason = match &denial {
                    Denial::NotRegistered { .. } => "NOT_REGISTERED",
                    Denial::NotOwner { .. } => "NOT_OWNER",
                    Denial::Parent { .. } => "NO_PERMISSION_ON_PARENT",
                    Denial::OwnParent { .. } => "OWN_PARENT",
                    Denial::OtherAccount => "OTHER_ACCOUNT",
                };
                informed(Code::PermissionDenied, reason, denial)
            }
            LifecycleError::Conflict(conflict) => {
                let reason = match &conflict {
                    Conflict::Registered { .. } => "REGISTERED_OTHERWISE",
                    Conflict::Deregistered { .. } => "DEREGISTERED",
                    Conflict::Related { .. } => "HAS_RELATIONSHIPS",
                };
                informed(Code::AlreadyExists, reason, conflict)
            }
            LifecycleError::Trouble(trouble) => trouble.into(),
        }
    }
}

impl From<InvalidRequest> for Status {
    fn from(invalid: InvalidRequest) -> Self {
        match invalid {
            InvalidRequest::Token(error) => error.into(),
            InvalidRequest::Cursor(error) => error.into(),
            invalid => informed(Code::InvalidArgument, "INVALID_REQUEST", invalid),
        }
    }
}

impl From<Trouble> for Status {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Unwritable(error) => error.into(),
            Trouble::Check(error) => error.into(),
            Trouble::Lookup(error) => error.into(),
            Trouble::Contended => informed(Code::Unavailable, "CONTENDED", trouble),
            Trouble::Schema(_) => {
                tracing::error!(%trouble, request_id = telemetry::request_id(), "a lifecycle call has no answer");
                informed(Code::Unavailable, "PROFILE_DOES_NOT_FIT", trouble)
            }
        }
    }
}

impl From<LifecycleRequestError> for Status {
    fn from(error: LifecycleRequestError) -> Self {
        match error {
            LifecycleRequestError::Missing { .. }
            | LifecycleRequestError::TooMany { .. }
            | LifecycleRequestError::NegativeDuration { .. }
            | LifecycleRequestError::Order
            | LifecycleRequestError::TooMuchLives { .. } => {
                informed(Code::InvalidArgument, "INVALID_REQUEST", error)
            }
            LifecycleRequestError::TooManyLists { .. } => Self::resource_exhausted(error.to_string()),
            LifecycleRequestError::TooSlow { .. } => Self::deadline_exceeded(error.to_string()),
        }
    }
}

fn informed(code: Code, reason: &'static str, message: impl Display) -> Status {
    let mut message = message.to_string();
    shorten(&mut message);
    Status::with_error_details(code, message, ErrorDetails::with_error_info(reason, DOMAIN, []))
}

/// Cuts a message that says more than fits into an error.
pub(in crate::server) fn shorten(message: &mut String) {
    fitting::fit(message, &mut []);
}
