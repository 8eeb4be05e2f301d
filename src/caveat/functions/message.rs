//! Messages: what their fields come to.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::super::budget::Budget;
use super::super::entries::{Entries, MapKey};
use super::super::formats::{self, Timestamp};
use super::super::message::{Field, FieldKind, MessageType};
use super::super::stop::Stop;
use super::super::value::{Message, Value};

/// The whole numbers that every reader of JSON understands; others stand as text.
const JSON_INT_MAX: u64 = (1 << 53) - 1;
const SECOND_NANOSECONDS: i64 = 1_000_000_000;

/// The value of a message with some fields, in the order in which they are written.
pub(in super::super) fn construct(
    message: MessageType,
    written: Vec<(Field, Value)>,
    budget: &mut Budget,
) -> Result<Value, Stop> {
    let mut last = Value::Null;
    let mut fields: Vec<(Field, Value)> = Vec::with_capacity(written.len());
    for (field, value) in written {
        let value = convert(message, field, value, budget)?;
        last = value.clone();
        fields.retain(|(other, _)| *other != field);
        fields.push((field, value));
    }
    let get = |name: &str| fields.iter().find(|(field, _)| field.name == name).map(|(_, value)| value);
    let number = |name: &str| match get(name) {
        Some(Value::Int(number)) => *number,
        _ => 0,
    };
    let or = |default: Value| get("value").cloned().unwrap_or(default);
    Ok(match message {
        MessageType::Any => any(get("type_url"), get("value"))?,
        MessageType::BoolValue => or(Value::Bool(false)),
        MessageType::BytesValue => or(Value::Bytes([].into())),
        MessageType::DoubleValue | MessageType::FloatValue => or(Value::Double(0.0)),
        MessageType::Duration => duration(number("seconds"), number("nanos")),
        MessageType::Empty => Value::Message(Arc::new(Message::Empty)),
        MessageType::Int32Value | MessageType::Int64Value => or(Value::Int(0)),
        MessageType::ListValue => get("values").cloned().unwrap_or_else(|| Value::list(Vec::new())),
        MessageType::StringValue => or(Value::from("")),
        MessageType::Struct => get("fields").cloned().unwrap_or_else(|| Value::Map(Arc::default())),
        MessageType::StructEntry => {
            let key = match get("key") {
                Some(Value::String(key)) => Arc::clone(key),
                _ => Arc::from(""),
            };
            Value::Message(Arc::new(Message::StructEntry { key, value: get("value").cloned() }))
        }
        MessageType::Timestamp => Value::Timestamp(Timestamp::from_parts(number("seconds"), number("nanos"))),
        MessageType::UInt32Value | MessageType::UInt64Value => or(Value::Uint(0)),
        MessageType::Value => last,
        MessageType::Null => return Err(Stop::failed("unknown type: null_type")),
    })
}

/// What is packed into an `Any` is looked at only if it is empty.
fn any(type_url: Option<&Value>, value: Option<&Value>) -> Result<Value, Stop> {
    let is_empty = match value {
        Some(Value::Bytes(bytes)) => bytes.is_empty(),
        _ => true,
    };
    let name = match type_url {
        Some(Value::String(url)) => url.rsplit('/').next().and_then(MessageType::named),
        _ => None,
    };
    match name {
        Some(MessageType::Empty) if is_empty => Ok(Value::Message(Arc::new(Message::Empty))),
        _ => Err(Stop::failed("unsupported conversion: the value of a google.protobuf.Any is not known")),
    }
}

/// Seconds and nanoseconds, at most as long as a duration can be.
fn duration(seconds: i64, nanoseconds: i64) -> Value {
    let total = i128::from(seconds) * i128::from(SECOND_NANOSECONDS) + i128::from(nanoseconds);
    let bound = if total < 0 { i64::MIN } else { i64::MAX };
    Value::Duration(i64::try_from(total).unwrap_or(bound))
}

/// The value that a field takes. What it holds counts if it is an optional value.
fn convert(message: MessageType, field: Field, value: Value, budget: &mut Budget) -> Result<Value, Stop> {
    let name = (message.name(), field.name);
    let refuse = |problem: &str| {
        let (message, field) = name;
        Stop::failed(format!("field type conversion error for {message}.{field} value type: {problem}"))
    };
    let value = match value {
        Value::Optional(None) => return Err(refuse("optional.none() dereference")),
        Value::Optional(Some(value)) => value.as_ref().clone(),
        value => value,
    };
    Ok(match (field.kind, value) {
        (FieldKind::Int32, Value::Int(number)) if i32::try_from(number).is_err() => {
            return Err(refuse("integer overflow"));
        }
        (FieldKind::Null, Value::Int(number)) => {
            i32::try_from(number).map_err(|_| refuse("integer overflow"))?;
            Value::Null
        }
        (FieldKind::Uint32, Value::Uint(number)) if u32::try_from(number).is_err() => {
            return Err(refuse("unsigned integer overflow"));
        }
        (FieldKind::Float, Value::Double(number)) => Value::Double(rounded(number)),
        (FieldKind::Bool, value @ Value::Bool(_))
        | (FieldKind::Bytes, value @ Value::Bytes(_))
        | (FieldKind::Double, value @ Value::Double(_))
        | (FieldKind::Int32 | FieldKind::Int64, value @ Value::Int(_))
        | (FieldKind::String, value @ Value::String(_))
        | (FieldKind::Uint32 | FieldKind::Uint64, value @ Value::Uint(_)) => value,
        (FieldKind::List, value @ Value::List(_))
        | (FieldKind::Map, value @ Value::Map(_))
        | (FieldKind::Json, value) => json(&value, budget).map_err(|stop| match stop {
            Stop::Failed(error) => refuse(&error.problem),
            stop => stop,
        })?,
        (_, value) => {
            let found = value.type_name();
            return Err(refuse(&format!("unsupported type conversion from '{found}'")));
        }
    })
}

/// The nearest double of 32 bits.
#[expect(clippy::cast_possible_truncation, reason = "rounding is what it is for")]
fn rounded(number: f64) -> f64 {
    f64::from(number as f32)
}

/// A value as JSON says it: numbers are doubles, and what JSON has no form for is text.
///
/// INVARIANT: its recursion is bounded by the depth that expressions and contexts allow.
fn json(value: &Value, budget: &mut Budget) -> Result<Value, Stop> {
    budget.take(1)?;
    Ok(match value {
        Value::Null | Value::Bool(_) | Value::Double(_) | Value::String(_) => value.clone(),
        Value::Int(number) => json_number(value, number.unsigned_abs()),
        Value::Uint(number) => json_number(value, *number),
        Value::Bytes(bytes) => {
            budget.take_text(bytes.len())?;
            Value::from(STANDARD.encode(bytes))
        }
        Value::Duration(_) | Value::Timestamp(_) => Value::from(formats::shown(value)),
        Value::List(elements) => {
            Value::list(elements.iter().map(|element| json(element, budget)).collect::<Result<_, _>>()?)
        }
        Value::Map(entries) => {
            let entry = |(key, value): (&MapKey, &Value)| match key {
                MapKey::String(_) => Ok((key.clone(), json(value, budget)?)),
                _ => Err(Stop::failed("unsupported type conversion of a key to string")),
            };
            Value::Map(Arc::new(entries.iter().map(entry).collect::<Result<Entries, Stop>>()?))
        }
        Value::Optional(Some(value)) => json(value, budget)?,
        Value::Optional(None) => return Err(Stop::failed("optional.none() dereference")),
        Value::Message(message) => {
            let fields = message.set_fields().into_iter();
            let entries = fields.map(|(name, value)| (MapKey::String(name.into()), value));
            Value::Map(Arc::new(entries.collect()))
        }
        Value::IpAddress(_) | Value::ZonedAddress(_) | Value::Type(_) => {
            return Err(Stop::failed(format!("type conversion error from '{}'", value.type_name())));
        }
    })
}

#[expect(clippy::cast_precision_loss, reason = "larger numbers are text")]
fn json_number(value: &Value, magnitude: u64) -> Value {
    match value {
        _ if magnitude > JSON_INT_MAX => Value::from(formats::shown(value)),
        Value::Int(number) => Value::Double(*number as f64),
        _ => Value::Double(magnitude as f64),
    }
}
