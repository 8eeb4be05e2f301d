//! `WriteSchema`.

use std::sync::Arc;

use tonic::{Request, Response, Status};

use crate::server::backend::Backend;
use crate::server::trailers::Operations;
use crate::server::wire::v1;

/// Compiling a large text takes a while, so it is done in the pool.
pub(super) async fn write_schema(
    backend: &Backend,
    request: Request<v1::WriteSchemaRequest>,
) -> Result<Response<v1::WriteSchemaResponse>, Status> {
    let text = request.into_inner().schema;
    let engine = Arc::clone(&backend.engine);
    let written = backend.pool.run(move |_| engine.write_schema(&text)).await??;
    let written_at = Some(v1::ZedToken { token: written.written_at.0 });
    let mut response = Response::new(v1::WriteSchemaResponse { written_at });
    response.extensions_mut().insert(Operations(written.declarations_touched));
    Ok(response)
}
