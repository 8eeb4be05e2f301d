//! `ExperimentalCountRelationships`: counted in the pool, each time anew.

use std::sync::Arc;

use tonic::{Request, Response, Status};

use crate::evaluate::Limits;
use crate::relationship::CounterName;
use crate::server::backend::Backend;
use crate::server::convert::{self, InvalidFields, Path, Violations};
use crate::server::deadline::deadline;
use crate::server::status;
use crate::server::wire::v1;
use crate::server::wire::v1::experimental_count_relationships_response::CounterResult;

pub(super) async fn count_relationships(
    backend: &Backend,
    request: Request<v1::ExperimentalCountRelationshipsRequest>,
) -> Result<Response<v1::ExperimentalCountRelationshipsResponse>, Status> {
    let deadline = deadline(request.metadata());
    let name = counter_name(request.into_inner().name)?;
    let engine = Arc::clone(&backend.engine);
    let count = backend.pool.run(move |cancelled| {
        let limits = Limits { deadline, cancelled: Some(cancelled), ..engine.count_limits() };
        engine.count_relationships(&name, limits)
    });
    let counted = count.await??;
    let value = v1::ReadCounterValue {
        relationship_count: counted.count,
        read_at: Some(v1::ZedToken { token: counted.read_at.0 }),
    };
    let counter_result = Some(CounterResult::ReadCounterValue(value));
    Ok(Response::new(v1::ExperimentalCountRelationshipsResponse { counter_result }))
}

/// The name of a counter that should be there.
pub(super) fn counter_name(name: String) -> Result<CounterName, Status> {
    let mut violations = Violations::default();
    let name = convert::counter(name, &Path::of("name"), &mut violations);
    violations.check()?;
    let name = name.ok_or_else(InvalidFields::unexplained)?;
    name.ok_or_else(status::no_counter_name)
}
