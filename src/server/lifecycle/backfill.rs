//! `Backfill`: many resources at once, each with a result of its own.

use futures_util::future::join_all;
use tonic::{Request, Response, Status};

use crate::lifecycle::{Backfilled, Existing, Lifecycle, LifecycleError};
use crate::server::status;
use crate::server::wire::lifecycle_v1 as v1;
use crate::server::wire::lifecycle_v1::backfill_result::Outcome;

use super::convert;
use super::service::Lifecycles;

/// Resources in one request.
const RESOURCES_MAX: usize = 1000;

/// All resources are written at once, so that they are made durable together.
pub(super) async fn backfill(
    service: &Lifecycles,
    request: Request<v1::BackfillRequest>,
) -> Result<Response<v1::BackfillResponse>, Status> {
    let v1::BackfillRequest { resources, dry_run } = request.into_inner();
    convert::check_count("resources", resources.len(), RESOURCES_MAX)?;
    let results = resources.iter().map(|resource| backfill_one(&service.lifecycle, resource, dry_run));
    let results: Result<Vec<_>, Status> = join_all(results).await.into_iter().collect();
    Ok(Response::new(v1::BackfillResponse { results: results? }))
}

/// What one request means nothing by spoils no other; what is no answer is none for all.
async fn backfill_one(
    lifecycle: &Lifecycle,
    message: &v1::ExistingResource,
    is_dry_run: bool,
) -> Result<v1::BackfillResult, Status> {
    let result = async {
        let owner = convert::principal(lifecycle, message.owner.as_ref())?;
        let resource = convert::resource(message.resource.as_ref(), "resource")?;
        let parent = message.parent.as_ref().map(convert::name);
        let existing = Existing { owner: &owner, resource, parent };
        lifecycle.backfill(existing, is_dry_run).await.map_err(Refused::from)
    };
    match result.await {
        Ok(backfilled) => Ok(told(&backfilled)),
        Err(Refused::Invalid(message)) => Ok(outcome(Outcome::Invalid, message)),
        Err(Refused::Trouble(error)) => Err(error.into()),
    }
}

/// Why there is no result.
enum Refused {
    Invalid(String),
    Trouble(LifecycleError),
}

impl From<LifecycleError> for Refused {
    fn from(error: LifecycleError) -> Self {
        match error {
            LifecycleError::Invalid(invalid) => Self::Invalid(invalid.to_string()),
            error => Self::Trouble(error),
        }
    }
}

impl From<super::error::LifecycleRequestError> for Refused {
    fn from(error: super::error::LifecycleRequestError) -> Self {
        Self::Invalid(error.to_string())
    }
}

fn told(backfilled: &Backfilled) -> v1::BackfillResult {
    match backfilled {
        Backfilled::Registered => outcome(Outcome::Registered, String::new()),
        Backfilled::Unchanged => outcome(Outcome::Unchanged, String::new()),
        Backfilled::Kept(conflict) => outcome(Outcome::Kept, conflict.to_string()),
        Backfilled::Deregistered => outcome(Outcome::Deregistered, "it was deregistered".to_owned()),
        Backfilled::Refused(denial) => outcome(Outcome::Refused, denial.to_string()),
    }
}

fn outcome(outcome: Outcome, mut message: String) -> v1::BackfillResult {
    status::shorten(&mut message);
    v1::BackfillResult { outcome: outcome.into(), message }
}
