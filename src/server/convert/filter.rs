//! Filters and preconditions of the wire → domain, and the text in which SpiceDB quotes them.

use std::fmt::Write as _;

use crate::relationship::{
    Precondition, PreconditionOperation, RelationshipFilter, SubjectFilter, SubjectIdFilter,
    SubjectRelationFilter,
};
use crate::server::wire::v1;

use super::name;
use super::object::WILDCARD;
use super::relationship::{UNKNOWN_ENUM, UNSPECIFIED_ENUM};
use super::violation::{MisplacedWildcard, Path, Violations};

/// Whether the rules between the fields of a subject filter are checked: `ReadRelationships` leaves them to the schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::server) enum WildcardRule {
    /// A wildcard with a relation is refused.
    Checked,
    /// It is passed on.
    Unchecked,
}

/// A filter.
pub(in crate::server) fn filter(
    message: Option<v1::RelationshipFilter>,
    wildcards: WildcardRule,
    path: &Path<'_>,
    violations: &mut Violations,
) -> Option<RelationshipFilter> {
    let Some(message) = message else {
        name::report_missing(path, violations);
        return None;
    };
    let definition =
        name::optional_definition(message.resource_type, &path.field("resource_type"), violations);
    let id = name::optional_object_id(
        message.optional_resource_id,
        &path.field("optional_resource_id"),
        violations,
    );
    let prefix = name::optional_object_id_prefix(
        message.optional_resource_id_prefix,
        &path.field("optional_resource_id_prefix"),
        violations,
    );
    let relation =
        name::optional_relation(message.optional_relation, &path.field("optional_relation"), violations);
    let subject = match message.optional_subject_filter {
        Some(message) => {
            subject_filter(message, wildcards, &path.field("optional_subject_filter"), violations).map(Some)
        }
        None => Some(None),
    };
    Some(RelationshipFilter {
        resource_definition: definition?,
        resource_id: id?,
        resource_id_prefix: prefix?,
        relation: relation?,
        subject: subject?,
    })
}

fn subject_filter(
    message: v1::SubjectFilter,
    wildcards: WildcardRule,
    path: &Path<'_>,
    violations: &mut Violations,
) -> Option<SubjectFilter> {
    let definition = name::definition(message.subject_type, &path.field("subject_type"), violations);
    let is_wildcard = message.optional_subject_id == WILDCARD;
    let id = if is_wildcard {
        Some(Some(SubjectIdFilter::Wildcard))
    } else {
        let path = path.field("optional_subject_id");
        name::optional_subject_id(message.optional_subject_id, &path, violations)
            .map(|id| id.map(SubjectIdFilter::Object))
    };
    let relation = match message.optional_relation {
        Some(message) => {
            let path = path.field("optional_relation");
            let relation = name::optional_relation(message.relation, &path.field("relation"), violations);
            relation.map(|name| name.map_or(SubjectRelationFilter::Ellipsis, SubjectRelationFilter::Named))
        }
        None => Some(SubjectRelationFilter::Any),
    };
    let is_named = matches!(relation, Some(SubjectRelationFilter::Named(_)));
    if is_wildcard && is_named && wildcards == WildcardRule::Checked {
        violations.misplace(MisplacedWildcard::UsersetFilter);
    }
    Some(SubjectFilter { definition: definition?, id: id?, relation: relation? })
}

/// A precondition.
pub(in crate::server) fn precondition(
    message: v1::Precondition,
    path: &Path<'_>,
    violations: &mut Violations,
) -> Option<Precondition> {
    use v1::precondition::Operation;

    let operation_path = path.field("operation");
    let operation = match Operation::try_from(message.operation) {
        Ok(Operation::MustMatch) => Some(PreconditionOperation::MustMatch),
        Ok(Operation::MustNotMatch) => Some(PreconditionOperation::MustNotMatch),
        Ok(Operation::Unspecified) => {
            violations.push(&operation_path, UNSPECIFIED_ENUM);
            None
        }
        Err(_) => {
            violations.push(&operation_path, UNKNOWN_ENUM);
            None
        }
    };
    let filter = filter(message.filter, WildcardRule::Checked, &path.field("filter"), violations);
    Some(Precondition { operation: operation?, filter: filter? })
}

/// The name of a precondition's operation in the API.
pub(in crate::server) fn operation_name(operation: PreconditionOperation) -> &'static str {
    use v1::precondition::Operation;

    match operation {
        PreconditionOperation::MustMatch => Operation::MustMatch.as_str_name(),
        PreconditionOperation::MustNotMatch => Operation::MustNotMatch.as_str_name(),
    }
}

/// A filter in protobuf's text form, such as `resource_type:"doc" optional_resource_id:"1"`. Names and ids hold
/// nothing that would need an escape.
pub(in crate::server) fn filter_text(filter: &RelationshipFilter) -> String {
    let mut text = String::new();
    append(&mut text, "resource_type", filter.resource_definition.as_ref());
    append(&mut text, "optional_resource_id", filter.resource_id.as_ref());
    append(&mut text, "optional_resource_id_prefix", filter.resource_id_prefix.as_ref());
    append(&mut text, "optional_relation", filter.relation.as_ref());
    if let Some(subject) = &filter.subject {
        let mut inner = String::new();
        append(&mut inner, "subject_type", Some(&subject.definition));
        append(&mut inner, "optional_subject_id", subject_id(subject).as_ref());
        if let Some(relation) = subject_relation(subject) {
            let mut innermost = String::new();
            append(&mut innermost, "relation", Some(relation).filter(|name| !name.is_empty()).as_ref());
            append_message(&mut inner, "optional_relation", &innermost);
        }
        append_message(&mut text, "optional_subject_filter", &inner);
    }
    text
}

/// A precondition in protobuf's text form.
pub(in crate::server) fn precondition_text(precondition: &Precondition) -> String {
    let operation = operation_name(precondition.operation);
    format!("operation:{operation} filter:{{{}}}", filter_text(&precondition.filter))
}

/// The id that a subject filter gives, `*` for the wildcard.
pub(in crate::server) fn subject_id(subject: &SubjectFilter) -> Option<&str> {
    match &subject.id {
        Some(SubjectIdFilter::Object(id)) => Some(id.as_str()),
        Some(SubjectIdFilter::Wildcard) => Some(WILDCARD),
        None => None,
    }
}

/// The relation that a subject filter gives, empty for subjects without one.
pub(in crate::server) fn subject_relation(subject: &SubjectFilter) -> Option<&str> {
    match &subject.relation {
        SubjectRelationFilter::Any => None,
        SubjectRelationFilter::Ellipsis => Some(""),
        SubjectRelationFilter::Named(relation) => Some(relation.as_str()),
    }
}

fn append<T: AsRef<str>>(text: &mut String, field: &str, value: Option<&T>) {
    if let Some(value) = value {
        let separator = if text.is_empty() { "" } else { " " };
        // Writing to a string cannot fail.
        let _ = write!(text, "{separator}{field}:\"{}\"", value.as_ref());
    }
}

fn append_message(text: &mut String, field: &str, message: &str) {
    let separator = if text.is_empty() { "" } else { " " };
    // Writing to a string cannot fail.
    let _ = write!(text, "{separator}{field}:{{{message}}}");
}
