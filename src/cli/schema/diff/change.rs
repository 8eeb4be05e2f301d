//! One difference of two schemas, in words.

use std::fmt;

use serde::Serialize;

use crate::cli::output::styles;
use crate::server::wire::v1;
use crate::server::wire::v1::reflection_schema_diff::Diff;
use crate::server::wire::v1::reflection_type_reference::Typeref;

/// One difference.
#[derive(Debug, Serialize)]
pub(super) struct Change {
    /// What kind of change it is, as the API calls it.
    kind: &'static str,
    /// What it is about: `agent`, `agent#owner` or `in_tier`.
    name: String,
    /// What more there is to say.
    #[serde(skip_serializing_if = "String::is_empty")]
    detail: String,
}

impl Change {
    pub(super) fn of(difference: v1::ReflectionSchemaDiff) -> Self {
        let (kind, (name, detail)) = match difference.diff {
            Some(Diff::DefinitionAdded(it)) => ("definition_added", definition(it)),
            Some(Diff::DefinitionRemoved(it)) => ("definition_removed", definition(it)),
            Some(Diff::DefinitionDocCommentChanged(it)) => ("definition_comment_changed", definition(it)),
            Some(Diff::RelationAdded(it)) => ("relation_added", relation(&it)),
            Some(Diff::RelationRemoved(it)) => ("relation_removed", relation(&it)),
            Some(Diff::RelationDocCommentChanged(it)) => {
                ("relation_comment_changed", (relation(&it).0, String::new()))
            }
            Some(Diff::RelationSubjectTypeAdded(it)) => ("relation_subject_added", subject(&it)),
            Some(Diff::RelationSubjectTypeRemoved(it)) => ("relation_subject_removed", subject(&it)),
            Some(Diff::PermissionAdded(it)) => ("permission_added", permission(&it)),
            Some(Diff::PermissionRemoved(it)) => ("permission_removed", permission(&it)),
            Some(Diff::PermissionDocCommentChanged(it)) => ("permission_comment_changed", permission(&it)),
            Some(Diff::PermissionExprChanged(it)) => ("permission_expression_changed", permission(&it)),
            Some(Diff::CaveatAdded(it)) => ("caveat_added", (it.name, String::new())),
            Some(Diff::CaveatRemoved(it)) => ("caveat_removed", (it.name, String::new())),
            Some(Diff::CaveatDocCommentChanged(it)) => ("caveat_comment_changed", (it.name, String::new())),
            Some(Diff::CaveatExprChanged(it)) => ("caveat_expression_changed", (it.name, it.expression)),
            Some(Diff::CaveatParameterAdded(it)) => ("caveat_parameter_added", parameter(it)),
            Some(Diff::CaveatParameterRemoved(it)) => ("caveat_parameter_removed", parameter(it)),
            Some(Diff::CaveatParameterTypeChanged(it)) => {
                let (caveat, now) = it.parameter.map(parameter).unwrap_or_default();
                ("caveat_parameter_type_changed", (caveat, format!("{now}, before {}", it.previous_type)))
            }
            None => ("unknown", (String::new(), "of a kind that this version does not know".to_owned())),
        };
        Self { kind, name, detail }
    }
}

fn definition(definition: v1::ReflectionDefinition) -> (String, String) {
    (definition.name, String::new())
}

fn relation(relation: &v1::ReflectionRelation) -> (String, String) {
    let subjects: Vec<_> = relation.subject_types.iter().map(subject_type).collect();
    (format!("{}#{}", relation.parent_definition_name, relation.name), subjects.join(" | "))
}

fn subject(change: &v1::ReflectionRelationSubjectTypeChange) -> (String, String) {
    let (name, _) = change.relation.as_ref().map(relation).unwrap_or_default();
    (name, change.changed_subject_type.as_ref().map(subject_type).unwrap_or_default())
}

/// `group#member with in_tier`.
fn subject_type(reference: &v1::ReflectionTypeReference) -> String {
    let form = match &reference.typeref {
        Some(Typeref::OptionalRelationName(relation)) => format!("#{relation}"),
        Some(Typeref::IsPublicWildcard(_)) => ":*".to_owned(),
        Some(Typeref::IsTerminalSubject(_)) | None => String::new(),
    };
    let caveat = match reference.optional_caveat_name.as_str() {
        "" => String::new(),
        caveat => format!(" with {caveat}"),
    };
    format!("{}{form}{caveat}", reference.subject_definition_name)
}

fn permission(permission: &v1::ReflectionPermission) -> (String, String) {
    (format!("{}#{}", permission.parent_definition_name, permission.name), String::new())
}

fn parameter(parameter: v1::ReflectionCaveatParameter) -> (String, String) {
    (parameter.parent_caveat_name, format!("{} {}", parameter.name, parameter.r#type))
}

/// `+ relation agent#owner: user | group#member`, with styles.
impl fmt::Display for Change {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, name, detail } = self;
        let (mark, style, words) = if let Some(what) = kind.strip_suffix("_added") {
            ('+', styles::GRANTED, what)
        } else if let Some(what) = kind.strip_suffix("_removed") {
            ('-', styles::DENIED, what)
        } else {
            ('~', styles::CONDITIONAL, kind.strip_suffix("_changed").unwrap_or(kind))
        };
        write!(formatter, "{style}{mark}{style:#} {} {name}", words.replace('_', " "))?;
        if detail.is_empty() { Ok(()) } else { write!(formatter, ": {detail}") }
    }
}
