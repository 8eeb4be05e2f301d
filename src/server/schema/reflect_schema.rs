//! `ReflectSchema`.

use tonic::{Request, Response, Status};

use crate::schema::SchemaFilter;
use crate::server::backend::Backend;
use crate::server::convert;
use crate::server::wire::v1;

use super::{reflection, work};

pub(in crate::server) async fn reflect_schema(
    backend: &Backend,
    request: Request<v1::ReflectSchemaRequest>,
) -> Result<Response<v1::ReflectSchemaResponse>, Status> {
    let v1::ReflectSchemaRequest { consistency, optional_filters } = request.into_inner();
    let view = backend.engine.at(&convert::consistency(consistency)?)?;
    let filters: Vec<SchemaFilter> = optional_filters.into_iter().map(convert::schema_filter).collect();
    let bytes = view.schema_bytes().saturating_mul(filters.len().max(1));
    let answer = work::run(backend, bytes, move || {
        let reflected = view.reflect_schema(&filters)?;
        Ok::<_, Status>(v1::ReflectSchemaResponse {
            definitions: reflected.definitions.into_iter().map(reflection::definition).collect(),
            caveats: reflected.caveats.into_iter().map(reflection::caveat).collect(),
            read_at: Some(v1::ZedToken { token: view.token().0 }),
        })
    });
    Ok(Response::new(answer.await??))
}
