//! `ReadSchema`: the newest schema.

use tonic::{Response, Status};

use crate::engine::Consistency;
use crate::server::backend::Backend;
use crate::server::status;
use crate::server::wire::v1;

pub(super) fn read_schema(backend: &Backend) -> Result<Response<v1::ReadSchemaResponse>, Status> {
    let view = backend.engine.at(&Consistency::FullyConsistent)?;
    let schema_text = view.read_schema().ok_or_else(status::no_schema)?.to_owned();
    let read_at = Some(v1::ZedToken { token: view.token().0 });
    Ok(Response::new(v1::ReadSchemaResponse { schema_text, read_at }))
}
