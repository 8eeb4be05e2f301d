//! `authzed.api.v1.SchemaService`: one file an RPC.

mod read_schema;
mod service;
mod write_schema;

pub(super) use service::Schemas;
