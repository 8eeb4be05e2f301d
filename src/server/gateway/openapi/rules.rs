//! What the fields of requests have to hold beyond their types, for the document. `convert` is what enforces it.

use serde_json::{Value, json};

use crate::server::convert::rule::{
    CAVEAT, OBJECT_ID, OPTIONAL_OBJECT_ID, OPTIONAL_RELATION, OPTIONAL_SUBJECT_ID, OPTIONAL_TYPE, RELATION,
    Rule, TYPE, WATCHED_TYPE,
};

/// What a field has to hold.
#[derive(Debug, Clone, Copy)]
pub(super) enum Constraint {
    /// A text of this form.
    Text(Rule),
    /// A text of at least and at most so many bytes.
    Bytes(usize, usize),
    /// A message, or a value of an enum that is not its first.
    Given,
    /// An object that is not everyone of its type.
    Resource,
    /// At most this number.
    Most(u32),
    /// `true`.
    True,
}

/// The fields that are held to something: message, field, and to what.
const CONSTRAINTS: &[(&str, &str, Constraint)] = &[
    ("ObjectReference", "object_type", Constraint::Text(TYPE)),
    ("ObjectReference", "object_id", Constraint::Text(OBJECT_ID)),
    ("SubjectReference", "object", Constraint::Given),
    ("SubjectReference", "optional_relation", Constraint::Text(OPTIONAL_RELATION)),
    ("Relationship", "resource", Constraint::Resource),
    ("Relationship", "relation", Constraint::Text(RELATION)),
    ("Relationship", "subject", Constraint::Given),
    ("ContextualizedCaveat", "caveat_name", Constraint::Text(CAVEAT)),
    ("ZedToken", "token", Constraint::Bytes(1, usize::MAX)),
    ("Cursor", "token", Constraint::Bytes(1, 102_400)),
    ("Consistency", "minimize_latency", Constraint::True),
    ("Consistency", "fully_consistent", Constraint::True),
    ("RelationshipUpdate", "operation", Constraint::Given),
    ("RelationshipUpdate", "relationship", Constraint::Given),
    ("Precondition", "operation", Constraint::Given),
    ("Precondition", "filter", Constraint::Given),
    ("SubjectFilter", "subject_type", Constraint::Text(TYPE)),
    ("SubjectFilter", "optional_subject_id", Constraint::Text(OPTIONAL_SUBJECT_ID)),
    ("RelationFilter", "relation", Constraint::Text(OPTIONAL_RELATION)),
    ("RelationshipFilter", "resource_type", Constraint::Text(OPTIONAL_TYPE)),
    ("RelationshipFilter", "optional_resource_id", Constraint::Text(OPTIONAL_OBJECT_ID)),
    ("RelationshipFilter", "optional_resource_id_prefix", Constraint::Text(OPTIONAL_OBJECT_ID)),
    ("RelationshipFilter", "optional_relation", Constraint::Text(OPTIONAL_RELATION)),
    ("ReadRelationshipsRequest", "relationship_filter", Constraint::Given),
    ("ReadRelationshipsRequest", "optional_limit", Constraint::Most(1000)),
    ("DeleteRelationshipsRequest", "relationship_filter", Constraint::Given),
    ("DeleteRelationshipsRequest", "optional_limit", Constraint::Most(1000)),
    ("CheckPermissionRequest", "resource", Constraint::Resource),
    ("CheckPermissionRequest", "permission", Constraint::Text(OPTIONAL_RELATION)),
    ("CheckPermissionRequest", "subject", Constraint::Given),
    ("CheckBulkPermissionsRequestItem", "resource", Constraint::Given),
    ("CheckBulkPermissionsRequestItem", "permission", Constraint::Text(OPTIONAL_RELATION)),
    ("CheckBulkPermissionsRequestItem", "subject", Constraint::Given),
    ("BulkCheckPermissionRequestItem", "resource", Constraint::Given),
    ("BulkCheckPermissionRequestItem", "permission", Constraint::Text(OPTIONAL_RELATION)),
    ("BulkCheckPermissionRequestItem", "subject", Constraint::Given),
    ("ExpandPermissionTreeRequest", "resource", Constraint::Resource),
    ("ExpandPermissionTreeRequest", "permission", Constraint::Text(OPTIONAL_RELATION)),
    ("LookupResourcesRequest", "resource_object_type", Constraint::Text(TYPE)),
    ("LookupResourcesRequest", "permission", Constraint::Text(RELATION)),
    ("LookupResourcesRequest", "subject", Constraint::Given),
    ("LookupResourcesRequest", "optional_limit", Constraint::Most(1000)),
    ("LookupSubjectsRequest", "resource", Constraint::Resource),
    ("LookupSubjectsRequest", "permission", Constraint::Text(OPTIONAL_RELATION)),
    ("LookupSubjectsRequest", "subject_object_type", Constraint::Text(TYPE)),
    ("LookupSubjectsRequest", "optional_subject_relation", Constraint::Text(OPTIONAL_RELATION)),
    ("ExportBulkRelationshipsRequest", "optional_limit", Constraint::Most(10_000)),
    ("BulkExportRelationshipsRequest", "optional_limit", Constraint::Most(10_000)),
    ("WatchRequest", "optional_object_types", Constraint::Text(WATCHED_TYPE)),
    ("WriteSchemaRequest", "schema", Constraint::Bytes(0, 4 << 20)),
    ("ExperimentalRegisterRelationshipCounterRequest", "name", Constraint::Text(OPTIONAL_RELATION)),
    ("ExperimentalRegisterRelationshipCounterRequest", "relationship_filter", Constraint::Given),
    ("ExperimentalCountRelationshipsRequest", "name", Constraint::Text(OPTIONAL_RELATION)),
    ("ExperimentalUnregisterRelationshipCounterRequest", "name", Constraint::Text(OPTIONAL_RELATION)),
];

/// Messages of which exactly one field has to be given.
const CHOICES: &[&str] = &["Consistency"];

/// Messages whose fields exclude each other, as JSON schemas of what may not be.
pub(super) fn excluded(message: &str) -> Option<Value> {
    let everyone = json!({"const": "*"});
    let some_text = json!({"type": "string", "minLength": 1});
    match message {
        // Everyone of a type has no relation.
        "SubjectReference" => Some(json!({
            "properties": {
                "object": {"type": "object", "properties": {"objectId": everyone}, "required": ["objectId"]},
                "optionalRelation": some_text,
            },
            "required": ["object", "optionalRelation"],
        })),
        "SubjectFilter" => Some(json!({
            "properties": {
                "optionalSubjectId": everyone,
                "optionalRelation":
                    {"type": "object", "properties": {"relation": some_text}, "required": ["relation"]},
            },
            "required": ["optionalSubjectId", "optionalRelation"],
        })),
        _ => None,
    }
}

/// What a field of a message is held to.
pub(super) fn constraint(message: &str, field: &str) -> Option<Constraint> {
    let found = CONSTRAINTS.iter().find(|(of, name, _)| *of == message && *name == field);
    found.map(|(_, _, constraint)| *constraint)
}

/// Whether exactly one field of a message has to be given.
pub(super) fn is_choice(message: &str) -> bool {
    CHOICES.contains(&message)
}

#[cfg(test)]
pub(super) fn all() -> impl Iterator<Item = (&'static str, &'static str)> {
    CONSTRAINTS.iter().map(|(message, field, _)| (*message, *field))
}
