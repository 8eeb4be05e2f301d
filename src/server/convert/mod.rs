//! The wire's messages → the domain's values and back.
//!
//! Each conversion takes its message and gives its strings on without a copy. The domain's names check themselves
//! while they are made; what they refuse is collected as violations, so that a client sees all of them at once.

mod consistency;
mod filter;
mod json;
mod name;
mod object;
mod relationship;
pub(super) mod rule;
mod schema_filter;
mod violation;
mod watch;

pub(super) use consistency::consistency;
pub(super) use filter::{
    WildcardRule, filter, filter_text, operation_name, precondition, precondition_text, subject_id,
    subject_relation,
};
pub(crate) use json::context_to_wire;
pub(super) use json::{context, object as json_object, structure as json_structure};
pub(super) use name::{counter, definition, optional_relation, permission, relation};
pub(crate) use object::{object_to_wire, subject_to_wire};
pub(super) use object::{resource, stand_in, subject};
pub(super) use relationship::{relationship, update, update_to_wire, wire_bytes};
pub(crate) use relationship::{relationship_from_wire, relationship_to_wire};
pub(super) use schema_filter::{given, schema_filter, schema_filter_text};
pub(super) use violation::{InvalidFields, Path, Violations};
pub(super) use watch::watch;

#[cfg(test)]
mod tests;
