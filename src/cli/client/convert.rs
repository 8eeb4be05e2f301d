//! The wire's messages in words: as text for people, as JSON for programs. Nothing is taken for well-formed that a server
//! sends.

use std::borrow::Cow;

use prost_types::value::Kind;
use prost_types::{Struct, Timestamp, Value};
use serde::Serialize;
use serde_json::Map;

use crate::relationship::Timestamp as Time;
use crate::server::wire::v1;

pub(in crate::cli) use crate::server::{
    context_to_wire, object_to_wire, relationship_to_wire, subject_to_wire,
};

/// A server's text without what a terminal would obey. Lines stay lines.
pub(in crate::cli) fn harmless(text: &str) -> Cow<'_, str> {
    let is_obeyed = |character: char| character.is_control() && !matches!(character, '\n' | '\t');
    if text.contains(is_obeyed) { text.replace(is_obeyed, "\u{fffd}").into() } else { text.into() }
}

/// `agent:planner`.
pub(in crate::cli) fn object_text(object: Option<&v1::ObjectReference>) -> String {
    let text = |object: &v1::ObjectReference| format!("{}:{}", object.object_type, object.object_id);
    object.map(|object| harmless(&text(object)).into_owned()).unwrap_or_default()
}

/// `user:ana`, or `group:eng#member`.
pub(in crate::cli) fn subject_text(subject: Option<&v1::SubjectReference>) -> String {
    let Some(subject) = subject else { return String::new() };
    let object = object_text(subject.object.as_ref());
    match subject.optional_relation.as_str() {
        "" | "..." => object,
        relation => format!("{object}#{}", harmless(relation)),
    }
}

/// The relationship's text form, as it can be read again.
pub(in crate::cli) fn relationship_text(relationship: &v1::Relationship) -> String {
    let caveat = relationship.optional_caveat.as_ref().map(|caveat| {
        let context = caveat.context.as_ref().filter(|context| !context.fields.is_empty());
        let context = context.map(|context| format!(":{}", context_json(context))).unwrap_or_default();
        format!("[{}{context}]", harmless(&caveat.caveat_name))
    });
    let expiration =
        relationship.optional_expires_at.map(|expires_at| format!("[expiration:{}]", time_text(expires_at)));
    format!(
        "{}#{}@{}{}{}",
        object_text(relationship.resource.as_ref()),
        harmless(&relationship.relation),
        subject_text(relationship.subject.as_ref()),
        caveat.unwrap_or_default(),
        expiration.unwrap_or_default()
    )
}

/// A relationship in its parts.
#[derive(Debug, Serialize)]
pub(in crate::cli) struct RelationshipParts {
    resource: String,
    relation: String,
    subject: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    caveat: Option<CaveatParts>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<String>,
}

#[derive(Debug, Serialize)]
struct CaveatParts {
    name: String,
    #[serde(skip_serializing_if = "Map::is_empty")]
    context: Map<String, serde_json::Value>,
}

/// A relationship for programs.
pub(in crate::cli) fn relationship_parts(relationship: v1::Relationship) -> RelationshipParts {
    RelationshipParts {
        resource: object_text(relationship.resource.as_ref()),
        subject: subject_text(relationship.subject.as_ref()),
        relation: relationship.relation,
        caveat: relationship.optional_caveat.map(|caveat| CaveatParts {
            name: caveat.caveat_name,
            context: caveat.context.map(|context| context_json_object(&context)).unwrap_or_default(),
        }),
        expires_at: relationship.optional_expires_at.map(time_text),
    }
}

/// RFC 3339.
fn time_text(time: Timestamp) -> String {
    Time { seconds: time.seconds, nanoseconds: time.nanos.unsigned_abs() }.to_string()
}

/// A Struct as the text of a JSON object.
pub(in crate::cli) fn context_json(context: &Struct) -> String {
    serde_json::Value::Object(context_json_object(context)).to_string()
}

/// A Struct as a JSON object. Recursion is bounded by the decoder, which takes messages nested 100 deep.
pub(in crate::cli) fn context_json_object(context: &Struct) -> Map<String, serde_json::Value> {
    context.fields.iter().map(|(key, value)| (key.clone(), json_value(value))).collect()
}

fn json_value(value: &Value) -> serde_json::Value {
    match &value.kind {
        None | Some(Kind::NullValue(_)) => serde_json::Value::Null,
        Some(Kind::BoolValue(value)) => (*value).into(),
        Some(Kind::StringValue(value)) => value.clone().into(),
        Some(Kind::NumberValue(value)) => number(*value),
        Some(Kind::StructValue(value)) => serde_json::Value::Object(context_json_object(value)),
        Some(Kind::ListValue(list)) => list.values.iter().map(json_value).collect(),
    }
}

/// A number, whole if it is; null if JSON has no word for it.
fn number(value: f64) -> serde_json::Value {
    const WHOLE_MAX: f64 = 9_007_199_254_740_992.0;
    if value.fract() == 0.0 && value.abs() <= WHOLE_MAX {
        #[expect(clippy::cast_possible_truncation, reason = "whole and within ±2^53")]
        return (value as i64).into();
    }
    value.into()
}

/// The values that an answer lacks: `without day, tier`.
pub(in crate::cli) fn missing(info: Option<&v1::PartialCaveatInfo>) -> Vec<String> {
    let mut names = info.map(|info| info.missing_required_context.clone()).unwrap_or_default();
    names.sort_unstable();
    names.dedup();
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_obey_is_not_printed() {
        assert_eq!(harmless("agent:a\nagent:b\té"), "agent:a\nagent:b\té");
        let object =
            v1::ObjectReference { object_type: "agent".to_owned(), object_id: "\u{1b}[2J\u{9b}".to_owned() };
        assert_eq!(object_text(Some(&object)), "agent:\u{fffd}[2J\u{fffd}");
    }
}
