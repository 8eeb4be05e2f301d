//! `CheckPermission`.

use prost::Message as _;
use tonic::{Request, Response, Status};

use crate::engine::{CheckPermission, CheckPermissionError, Permissionship, View};
use crate::evaluate::{EvaluateError, Limits};
use crate::server::backend::Backend;
use crate::server::convert::{self, InvalidFields, Path, Violations};
use crate::server::deadline::deadline;
use crate::server::error::RequestError;
use crate::server::telemetry;
use crate::server::wire::v1;

use super::debug_trace;

/// Visits that a check may make on the thread that also serves others: about a millisecond's worth. What needs more
/// starts again in the pool.
pub(in crate::server) const INLINE_VISITS_MAX: u64 = 20_000;

pub(super) async fn check_permission(
    backend: &Backend,
    request: Request<v1::CheckPermissionRequest>,
) -> Result<Response<v1::CheckPermissionResponse>, Status> {
    let deadline = deadline(request.metadata());
    let is_traced = debug_trace::is_requested(request.metadata()) || request.get_ref().with_tracing;
    let mut message = request.into_inner();
    let consistency = convert::consistency(message.consistency.take())?;
    let view = backend.engine.at(&consistency)?;
    let context_bytes = message.context.as_ref().map(prost_types::Struct::encoded_len);
    let question = question(message)?;
    check_context(context_bytes, backend.limits.caveat_context_bytes_max)?;

    let checked_at = view.token();
    let limits = Limits { visits_max: INLINE_VISITS_MAX.min(view.limits().visits_max), ..view.limits() };
    let part = telemetry::part("evaluate");
    let inline = if is_traced { None } else { Some(view.check_permission(&question, limits)) };
    drop(part);
    let (answer, debug_trace) = match inline {
        Some(Err(error)) if !is_too_much(&error) => return Err(error.into()),
        Some(Ok(answer)) => (answer, None),
        Some(Err(_)) | None => {
            let work = move |cancelled: &_| {
                let limits = Limits { deadline, cancelled: Some(cancelled), ..view.limits() };
                check_fully(&view, &question, limits, is_traced)
            };
            backend.pool.run(work).await??
        }
    };
    Ok(Response::new(v1::CheckPermissionResponse {
        checked_at: Some(v1::ZedToken { token: checked_at.0 }),
        permissionship: permissionship(&answer).into(),
        partial_caveat_info: partial_caveat_info(&answer),
        debug_trace,
        optional_expires_at: None,
    }))
}

fn question(message: v1::CheckPermissionRequest) -> Result<CheckPermission, Status> {
    let mut violations = Violations::default();
    let resource = convert::resource(message.resource, &Path::of("resource"), &mut violations);
    let permission = convert::permission(message.permission, &Path::of("permission"), &mut violations);
    let subject = convert::subject(message.subject, &Path::of("subject"), &mut violations);
    let context = convert::context(message.context, &Path::of("context"), &mut violations);
    violations.check()?;
    match (resource, permission, subject, context) {
        (Some(resource), Some(permission), Some(subject), Some(context)) => {
            Ok(CheckPermission { resource, permission, subject, context })
        }
        _ => Err(InvalidFields::unexplained().into()),
    }
}

/// Caveats are evaluated with this much context at the most.
pub(super) fn check_context(bytes: Option<usize>, bytes_max: usize) -> Result<(), RequestError> {
    match bytes {
        Some(bytes) if bytes > bytes_max && bytes_max > 0 => {
            Err(RequestError::ContextTooLarge { bytes, bytes_max })
        }
        _ => Ok(()),
    }
}

/// Whether a check ended because of its bound on visits.
pub(super) fn is_too_much(error: &CheckPermissionError) -> bool {
    matches!(error, CheckPermissionError::Evaluate(EvaluateError::VisitsExceeded { .. }))
}

fn check_fully(
    view: &View,
    question: &CheckPermission,
    limits: Limits<'_>,
    is_traced: bool,
) -> Result<debug_trace::Answer, CheckPermissionError> {
    if is_traced {
        debug_trace::check(view, question, limits, debug_trace::BYTES_MAX)
    } else {
        Ok((view.check_permission(question, limits)?, None))
    }
}

pub(super) fn permissionship(
    permissionship: &Permissionship,
) -> v1::check_permission_response::Permissionship {
    match permissionship {
        Permissionship::HasPermission => v1::check_permission_response::Permissionship::HasPermission,
        Permissionship::NoPermission => v1::check_permission_response::Permissionship::NoPermission,
        Permissionship::ConditionalPermission { .. } => {
            v1::check_permission_response::Permissionship::ConditionalPermission
        }
    }
}

/// What a conditional answer depends on.
pub(super) fn partial_caveat_info(permissionship: &Permissionship) -> Option<v1::PartialCaveatInfo> {
    let Permissionship::ConditionalPermission { missing } = permissionship else { return None };
    let missing_required_context = missing.iter().map(ToString::to_string).collect();
    Some(v1::PartialCaveatInfo { missing_required_context })
}
