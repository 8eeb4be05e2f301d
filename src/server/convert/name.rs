//! Strings of the wire → names and ids. Each takes the string and gives it on without a copy.

use crate::relationship::{
    CaveatName, CounterName, DefinitionName, MalformedValue, ObjectId, ObjectIdPrefix, RelationName,
};

use super::rule::{self, Rule};
use super::violation::{Path, Violations};

/// Says that a message is absent which has to be there.
#[cold]
pub(super) fn report_missing(path: &Path<'_>, violations: &mut Violations) {
    violations.push(path, "value is required");
}

/// Keeps a name, or says which rule it breaks.
fn accept<T>(
    name: Result<T, MalformedValue>,
    rule: &Rule,
    path: &Path<'_>,
    violations: &mut Violations,
) -> Option<T> {
    name.map_err(|malformed| rule.report(&malformed.value, path, violations)).ok()
}

/// The same for a field that may be empty: outside whether it is well-formed, inside whether it is given.
#[expect(clippy::option_option, reason = "malformed, absent and present are three different things")]
fn accept_optional<T: TryFrom<String, Error = MalformedValue>>(
    value: String,
    rule: &Rule,
    path: &Path<'_>,
    violations: &mut Violations,
) -> Option<Option<T>> {
    if value.is_empty() {
        return Some(None);
    }
    accept(T::try_from(value), rule, path, violations).map(Some)
}

pub(in crate::server) fn definition(
    value: String,
    path: &Path<'_>,
    violations: &mut Violations,
) -> Option<DefinitionName> {
    accept(DefinitionName::new(value), &rule::TYPE, path, violations)
}

pub(in crate::server) fn relation(
    value: String,
    path: &Path<'_>,
    violations: &mut Violations,
) -> Option<RelationName> {
    accept(RelationName::new(value), &rule::RELATION, path, violations)
}

pub(super) fn object_id(value: String, path: &Path<'_>, violations: &mut Violations) -> Option<ObjectId> {
    accept(ObjectId::new(value), &rule::OBJECT_ID, path, violations)
}

pub(super) fn caveat(value: String, path: &Path<'_>, violations: &mut Violations) -> Option<CaveatName> {
    accept(CaveatName::new(value), &rule::CAVEAT, path, violations)
}

pub(super) fn watched_definition(
    value: String,
    path: &Path<'_>,
    violations: &mut Violations,
) -> Option<DefinitionName> {
    accept(DefinitionName::new(value), &rule::WATCHED_TYPE, path, violations)
}

/// A counter's name, which may be absent as far as its form goes.
#[expect(clippy::option_option, reason = "malformed, absent and present are three different things")]
pub(in crate::server) fn counter(
    value: String,
    path: &Path<'_>,
    violations: &mut Violations,
) -> Option<Option<CounterName>> {
    accept_optional(value, &rule::OPTIONAL_RELATION, path, violations)
}

#[expect(clippy::option_option, reason = "malformed, absent and present are three different things")]
pub(super) fn optional_definition(
    value: String,
    path: &Path<'_>,
    violations: &mut Violations,
) -> Option<Option<DefinitionName>> {
    accept_optional(value, &rule::OPTIONAL_TYPE, path, violations)
}

#[expect(clippy::option_option, reason = "malformed, absent and present are three different things")]
pub(in crate::server) fn optional_relation(
    value: String,
    path: &Path<'_>,
    violations: &mut Violations,
) -> Option<Option<RelationName>> {
    accept_optional(value, &rule::OPTIONAL_RELATION, path, violations)
}

#[expect(clippy::option_option, reason = "malformed, absent and present are three different things")]
pub(super) fn optional_object_id(
    value: String,
    path: &Path<'_>,
    violations: &mut Violations,
) -> Option<Option<ObjectId>> {
    accept_optional(value, &rule::OPTIONAL_OBJECT_ID, path, violations)
}

#[expect(clippy::option_option, reason = "malformed, absent and present are three different things")]
pub(super) fn optional_object_id_prefix(
    value: String,
    path: &Path<'_>,
    violations: &mut Violations,
) -> Option<Option<ObjectIdPrefix>> {
    accept_optional(value, &rule::OPTIONAL_OBJECT_ID, path, violations)
}

#[expect(clippy::option_option, reason = "malformed, absent and present are three different things")]
pub(super) fn optional_subject_id(
    value: String,
    path: &Path<'_>,
    violations: &mut Violations,
) -> Option<Option<ObjectId>> {
    accept_optional(value, &rule::OPTIONAL_SUBJECT_ID, path, violations)
}

/// The permission that is asked for: whatever is no name is merely unknown, but its form is checked.
pub(in crate::server) fn permission(
    value: String,
    path: &Path<'_>,
    violations: &mut Violations,
) -> Option<String> {
    optional_relation(value, path, violations).map(|name| name.map(String::from).unwrap_or_default())
}
