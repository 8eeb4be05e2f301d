//! `google.protobuf.Struct` ↔ JSON as text. A Struct's keys are sorted and its numbers are doubles, so that the text
//! of one value is always the same; a whole number is written without a fraction.

use prost_types::value::Kind;
use prost_types::{ListValue, Struct, Value};
use serde_json::Number;

use crate::engine::CaveatContext;

use super::violation::{Path, Violations};

/// Up to here every whole number is a double, and none stands for two.
const WHOLE_MAX: f64 = 9_007_199_254_740_992.0;

/// A Struct as the text of a JSON object. JSON has no word for NaN and infinities: they are refused.
///
/// Recursion is bounded by the wire's decoder, which takes messages nested 100 deep.
pub(in crate::server) fn object(
    structure: Struct,
    path: &Path<'_>,
    violations: &mut Violations,
) -> Option<String> {
    if let Ok(object) = to_object(structure) {
        Some(serde_json::Value::Object(object).to_string())
    } else {
        violations.push(path, "numbers must be finite");
        None
    }
}

/// The context of a question.
pub(in crate::server) fn context(
    structure: Option<Struct>,
    path: &Path<'_>,
    violations: &mut Violations,
) -> Option<CaveatContext> {
    if let Ok(object) = to_object(structure.unwrap_or_default()) {
        Some(CaveatContext::from(object))
    } else {
        violations.push(path, "numbers must be finite");
        None
    }
}

/// A context as the API writes it.
pub(crate) fn context_to_wire(context: CaveatContext) -> Struct {
    from_object(context.into())
}

/// The Struct that a JSON object's text stands for; an empty one for an empty text, as SpiceDB answers it.
pub(in crate::server) fn structure(text: &str) -> Option<Struct> {
    match serde_json::from_str(text) {
        Ok(serde_json::Value::Object(object)) => Some(from_object(object)),
        _ => text.is_empty().then(Struct::default),
    }
}

#[derive(Debug)]
struct NotFinite;

fn to_object(structure: Struct) -> Result<serde_json::Map<String, serde_json::Value>, NotFinite> {
    structure.fields.into_iter().map(|(key, value)| Ok((key, to_value(value)?))).collect()
}

fn to_value(value: Value) -> Result<serde_json::Value, NotFinite> {
    Ok(match value.kind {
        None | Some(Kind::NullValue(_)) => serde_json::Value::Null,
        Some(Kind::BoolValue(value)) => value.into(),
        Some(Kind::StringValue(value)) => value.into(),
        Some(Kind::NumberValue(value)) => serde_json::Value::Number(number(value)?),
        Some(Kind::StructValue(value)) => serde_json::Value::Object(to_object(value)?),
        Some(Kind::ListValue(list)) => {
            serde_json::Value::Array(list.values.into_iter().map(to_value).collect::<Result<_, _>>()?)
        }
    })
}

fn number(value: f64) -> Result<Number, NotFinite> {
    if value.fract() == 0.0 && value.abs() <= WHOLE_MAX {
        #[expect(clippy::cast_possible_truncation, reason = "whole and within ±2^53")]
        return Ok(Number::from(value as i64));
    }
    Number::from_f64(value).ok_or(NotFinite)
}

fn from_object(object: serde_json::Map<String, serde_json::Value>) -> Struct {
    Struct { fields: object.into_iter().map(|(key, value)| (key, from_value(value))).collect() }
}

fn from_value(value: serde_json::Value) -> Value {
    let kind = match value {
        serde_json::Value::Null => Kind::NullValue(0),
        serde_json::Value::Bool(value) => Kind::BoolValue(value),
        serde_json::Value::Number(number) => Kind::NumberValue(number.as_f64().unwrap_or_default()),
        serde_json::Value::String(value) => Kind::StringValue(value),
        serde_json::Value::Array(values) => {
            Kind::ListValue(ListValue { values: values.into_iter().map(from_value).collect() })
        }
        serde_json::Value::Object(object) => Kind::StructValue(from_object(object)),
    };
    Value { kind: Some(kind) }
}
