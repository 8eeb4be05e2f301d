//! `ExperimentalRegisterRelationshipCounter`.

use tonic::{Request, Response, Status};

use crate::engine::RegisterCounter;
use crate::server::backend::Backend;
use crate::server::convert::{self, InvalidFields, Path, Violations, WildcardRule};
use crate::server::status;
use crate::server::wire::v1;

pub(super) async fn register_relationship_counter(
    backend: &Backend,
    request: Request<v1::ExperimentalRegisterRelationshipCounterRequest>,
) -> Result<Response<v1::ExperimentalRegisterRelationshipCounterResponse>, Status> {
    let message = request.into_inner();
    let mut violations = Violations::default();
    let name = convert::counter(message.name, &Path::of("name"), &mut violations);
    let path = Path::of("relationship_filter");
    let filter =
        convert::filter(message.relationship_filter, WildcardRule::Unchecked, &path, &mut violations);
    violations.check()?;
    let (Some(name), Some(filter)) = (name, filter) else {
        return Err(InvalidFields::unexplained().into());
    };
    let name = name.ok_or_else(status::no_counter_name)?;
    backend.engine.register_counter_async(RegisterCounter { name, filter }).await?;
    Ok(Response::new(v1::ExperimentalRegisterRelationshipCounterResponse {}))
}
