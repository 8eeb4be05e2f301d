//! The command line's own gRPC client: how a server is reached, and what its refusals mean for a command.

mod bulk;
mod calls;
mod connection;
mod consistency;
mod convert;
mod error;
mod filter;
mod health;
mod lifecycle;
mod pages;

pub(super) use bulk::{
    BulkCalls, CreateError, ExportRequest, ExportedPart, SchemaAt, WireRelationship, WriteMode,
    fitting_count, import_messages,
};
pub(super) use calls::{CallFlags, Calls};
pub(super) use connection::{Connection, parse_endpoint};
pub(super) use consistency::{ConsistencyFlags, exactly_at};
pub(super) use convert::{
    RelationshipParts, context_json, context_json_object, context_to_wire, harmless, missing, object_text,
    object_to_wire, relationship_parts, relationship_text, relationship_to_wire, subject_text,
    subject_to_wire,
};
pub(super) use error::{CallError, Refusal};
pub(super) use filter::{Filter, FilterFlags};
pub(super) use health::{health, serving};
pub(super) use lifecycle::{LifecycleCalls, WireDuration, wire_duration};
pub(super) use pages::PageFlags;
