//! `authzed.api.v1.SchemaService`: one file an RPC.

mod computable_permissions;
mod dependent_relations;
mod diff_schema;
mod read_schema;
mod reflect_schema;
mod reflection;
mod service;
mod work;
mod write_schema;

pub(super) use computable_permissions::computable_permissions;
pub(super) use dependent_relations::dependent_relations;
pub(super) use diff_schema::diff_schema;
pub(crate) use diff_schema::difference_to_wire;
pub(super) use reflect_schema::reflect_schema;
pub(super) use service::Schemas;
