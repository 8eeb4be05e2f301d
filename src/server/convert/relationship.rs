//! Relationships and updates, in both directions.

use prost::Message as _;

use crate::relationship::{
    ContextualizedCaveat, Relationship, RelationshipUpdate, Timestamp, UpdateOperation,
};
use crate::server::wire::v1;

use super::violation::{Path, Violations};
use super::{json, name, object};

const NANOSECONDS_PER_SECOND: i32 = 1_000_000_000;

/// One update of a write.
pub(in crate::server) fn update(
    message: v1::RelationshipUpdate,
    path: &Path<'_>,
    violations: &mut Violations,
) -> Option<RelationshipUpdate> {
    let operation = operation(message.operation, &path.field("operation"), violations);
    let path = path.field("relationship");
    if message.relationship.is_none() {
        name::report_missing(&path, violations);
    }
    let relationship = message.relationship.and_then(|message| relationship(message, &path, violations));
    Some(RelationshipUpdate { operation: operation?, relationship: relationship? })
}

fn operation(value: i32, path: &Path<'_>, violations: &mut Violations) -> Option<UpdateOperation> {
    use v1::relationship_update::Operation;

    match Operation::try_from(value) {
        Ok(Operation::Create) => Some(UpdateOperation::Create),
        Ok(Operation::Touch) => Some(UpdateOperation::Touch),
        Ok(Operation::Delete) => Some(UpdateOperation::Delete),
        Ok(Operation::Unspecified) => {
            violations.push(path, UNSPECIFIED_ENUM);
            None
        }
        Err(_) => {
            violations.push(path, UNKNOWN_ENUM);
            None
        }
    }
}

/// What is said of an enum field that has its zero value.
pub(super) const UNSPECIFIED_ENUM: &str = "must not be in list [0]";
/// What is said of an enum field with a number that has no name.
pub(super) const UNKNOWN_ENUM: &str = "value must be one of the defined enum values";

/// A relationship.
pub(in crate::server) fn relationship(
    message: v1::Relationship,
    path: &Path<'_>,
    violations: &mut Violations,
) -> Option<Relationship> {
    let resource = object::resource(message.resource, &path.field("resource"), violations);
    let relation = name::relation(message.relation, &path.field("relation"), violations);
    let subject = object::subject(message.subject, &path.field("subject"), violations);
    let caveat = match message.optional_caveat {
        Some(message) => caveat(message, &path.field("optional_caveat"), violations).map(Some),
        None => Some(None),
    };
    Some(Relationship {
        resource: resource?,
        relation: relation?,
        subject: subject?,
        caveat: caveat?,
        expires_at: message.optional_expires_at.map(timestamp),
    })
}

/// A relationship as a server sent it, or what is wrong with it.
pub(crate) fn relationship_from_wire(message: v1::Relationship) -> Result<Relationship, String> {
    let mut violations = Violations::default();
    let found = relationship(message, &Path::of("relationship"), &mut violations);
    violations.check().map_err(|invalid| invalid.to_string())?;
    found.ok_or_else(|| "a field is missing".to_owned())
}

fn caveat(
    message: v1::ContextualizedCaveat,
    path: &Path<'_>,
    violations: &mut Violations,
) -> Option<ContextualizedCaveat> {
    let name = name::caveat(message.caveat_name, &path.field("caveat_name"), violations);
    let context_json = match message.context {
        Some(context) if !context.fields.is_empty() => {
            json::object(context, &path.field("context"), violations)
        }
        _ => Some(String::new()),
    };
    Some(ContextualizedCaveat { name: name?, context_json: context_json? })
}

/// A time; nanoseconds outside of the second move the seconds.
fn timestamp(message: prost_types::Timestamp) -> Timestamp {
    let carried = message.nanos.div_euclid(NANOSECONDS_PER_SECOND);
    let nanoseconds = message.nanos.rem_euclid(NANOSECONDS_PER_SECOND);
    Timestamp {
        seconds: message.seconds.saturating_add(carried.into()),
        nanoseconds: nanoseconds.unsigned_abs(),
    }
}

/// Bytes of a relationship on the wire.
pub(in crate::server) fn wire_bytes(relationship: &Relationship) -> usize {
    relationship_to_wire(relationship.clone()).encoded_len()
}

/// An update as the API writes it.
pub(in crate::server) fn update_to_wire(update: RelationshipUpdate) -> v1::RelationshipUpdate {
    use v1::relationship_update::Operation;

    let operation = match update.operation {
        UpdateOperation::Create => Operation::Create,
        UpdateOperation::Touch => Operation::Touch,
        UpdateOperation::Delete => Operation::Delete,
    };
    let relationship = Some(relationship_to_wire(update.relationship));
    v1::RelationshipUpdate { operation: operation.into(), relationship }
}

/// A relationship as the API writes it.
pub(crate) fn relationship_to_wire(relationship: Relationship) -> v1::Relationship {
    v1::Relationship {
        resource: Some(object::object_to_wire(relationship.resource)),
        relation: relationship.relation.into(),
        subject: Some(object::subject_to_wire(relationship.subject)),
        optional_caveat: relationship.caveat.map(|caveat| v1::ContextualizedCaveat {
            caveat_name: caveat.name.into(),
            context: json::structure(&caveat.context_json),
        }),
        optional_expires_at: relationship.expires_at.map(|expires_at| prost_types::Timestamp {
            seconds: expires_at.seconds,
            nanos: expires_at.nanoseconds.cast_signed(),
        }),
    }
}
