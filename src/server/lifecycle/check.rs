//! `Check`.

use tonic::{Request, Response, Status};

use crate::engine::{CheckPermissionError, Limits};
use crate::evaluate::EvaluateError;
use crate::lifecycle::{LifecycleError, Trouble};
use crate::server::deadline::deadline;
use crate::server::permissions::INLINE_VISITS_MAX;
use crate::server::wire::lifecycle_v1 as v1;

use super::convert;
use super::service::Lifecycles;

pub(super) async fn check(
    service: &Lifecycles,
    request: Request<v1::CheckRequest>,
) -> Result<Response<v1::CheckResponse>, Status> {
    let deadline = deadline(request.metadata());
    let message = request.into_inner();
    let lifecycle = &service.lifecycle;
    let principal = convert::principal(lifecycle, message.principal.as_ref())?;
    let resource = convert::resource(message.resource.as_ref(), "resource")?;
    let question = lifecycle.question(&principal, resource, &message.operation)?;
    let view = lifecycle.view(convert::token(message.at_least_as_fresh.as_ref()))?;

    let checked_at = Some(convert::token_to_wire(view.token()));
    let limits = Limits { visits_max: INLINE_VISITS_MAX.min(view.limits().visits_max), ..view.limits() };
    let decision = match question.ask(&view, limits) {
        Err(error) if is_too_much(&error) => {
            let (view, question) = (view.clone(), question.clone());
            let work = move |cancelled: &_| {
                let limits = Limits { deadline, cancelled: Some(cancelled), ..view.limits() };
                question.ask(&view, limits)
            };
            service.backend.pool.run(work).await??
        }
        decision => decision?,
    };
    lifecycle.log_decision(&principal, resource, &message.operation, (&view, &question, decision));
    let reason = decision.reason.as_str().to_owned();
    Ok(Response::new(v1::CheckResponse { checked_at, allowed: decision.is_allowed, reason }))
}

/// Whether a check ended because of its bound on visits.
fn is_too_much(error: &LifecycleError) -> bool {
    let exceeded = |error: &_| matches!(error, EvaluateError::VisitsExceeded { .. });
    matches!(error, LifecycleError::Trouble(Trouble::Check(CheckPermissionError::Evaluate(error))) if exceeded(error))
}
