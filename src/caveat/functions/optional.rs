//! Values that may be absent.

use std::sync::Arc;

use super::super::entries::MapKey;
use super::super::stop::Stop;
use super::super::value::Value;
use super::collection;

/// `optional.of(value)`.
pub(in super::super) fn of(value: Value) -> Value {
    Value::Optional(Some(Arc::new(value)))
}

/// `optional.ofNonZeroValue(value)`: absent if the value is null, false, zero or empty.
pub(super) fn of_non_zero(value: &Value) -> Value {
    let is_zero = match value {
        Value::Null => true,
        Value::Bool(value) => !value,
        Value::Int(value) | Value::Duration(value) => *value == 0,
        Value::Uint(value) => *value == 0,
        Value::Double(value) => *value == 0.0,
        Value::String(value) => value.is_empty(),
        Value::Bytes(value) => value.is_empty(),
        Value::List(elements) => elements.is_empty(),
        Value::Map(entries) => entries.len() == 0,
        Value::Timestamp(time) => time.is_first(),
        Value::Message(message) => message.set_fields().is_empty(),
        Value::IpAddress(_) | Value::ZonedAddress(_) | Value::Type(_) | Value::Optional(_) => false,
    };
    if is_zero { Value::Optional(None) } else { of(value.clone()) }
}

/// `optional.value()`.
pub(super) fn value(operand: &Value) -> Result<Value, Stop> {
    match operand {
        Value::Optional(Some(value)) => Ok(value.as_ref().clone()),
        Value::Optional(None) => Err(Stop::failed("optional.none() dereference")),
        _ => Err(Stop::no_function("value", &[operand])),
    }
}

/// `optional.hasValue()`.
pub(super) fn has_value(operand: &Value) -> Result<Value, Stop> {
    match operand {
        Value::Optional(value) => Ok(Value::Bool(value.is_some())),
        _ => Err(Stop::no_function("hasValue", &[operand])),
    }
}

/// `value.?field`, or `value.field` of a value that may be absent itself.
pub(in super::super) fn select(value: &Value, field: &str) -> Result<Value, Stop> {
    inside(value, |value| collection::find(value, field))
}

/// `value[?key]`, or `value[key]` of a value that may be absent itself.
pub(in super::super) fn index(value: &Value, key: &Value) -> Result<Value, Stop> {
    if MapKey::of(key).is_none() && !matches!(key, Value::Double(_)) {
        return Err(Stop::failed(format!("invalid qualifier type: {}", key.type_name())));
    }
    inside(value, |value| match value {
        Value::Map(entries) => Ok(MapKey::of(key).and_then(|key| entries.get(&key)).cloned()),
        Value::List(elements) => {
            let place = collection::place(key)?;
            Ok(usize::try_from(place).ok().and_then(|place| elements.get(place)).cloned())
        }
        Value::Message(_) => match key {
            Value::String(field) => collection::find(value, field),
            _ => Err(Stop::no_overload()),
        },
        _ => Ok(None),
    })
}

/// What is found in a value, or in what it holds if that is a value that may be absent.
fn inside(value: &Value, find: impl FnOnce(&Value) -> Result<Option<Value>, Stop>) -> Result<Value, Stop> {
    let value = match value {
        Value::Optional(None) => return Ok(Value::Optional(None)),
        Value::Optional(Some(value)) => value.as_ref(),
        value => value,
    };
    Ok(Value::Optional(find(value)?.map(Arc::new)))
}
