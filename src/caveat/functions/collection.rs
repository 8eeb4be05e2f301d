//! Lists, maps and their parts.

use super::super::budget::Budget;
use super::super::entries::MapKey;
use super::super::formats;
use super::super::stop::Stop;
use super::super::value::{Message, Value};
use super::comparison::is_same;

/// `value.field`.
pub(in super::super) fn select<'v>(value: &'v Value, field: &str) -> Result<&'v Value, Stop> {
    match value {
        Value::Map(entries) => entries.get_text(field).ok_or_else(|| no_such_key(field)),
        Value::List(_) => Err(Stop::failed("unsupported index type 'string' in list")),
        _ => Err(no_such_key(field)),
    }
}

/// `has(value.field)`.
pub(in super::super) fn has(value: &Value, field: &str) -> Result<bool, Stop> {
    match value {
        Value::Optional(None) => Ok(false),
        Value::Optional(Some(value)) => is_found(value, field),
        value => is_found(value, field),
    }
}

fn is_found(value: &Value, field: &str) -> Result<bool, Stop> {
    match value {
        Value::Map(entries) => Ok(entries.get_text(field).is_some()),
        _ => find(value, field).map(|found| found.is_some()),
    }
}

/// A field of a message: its value, or its default.
pub(in super::super) fn field(message: &Message, field: &str) -> Result<Value, Stop> {
    message.get(field).ok_or_else(|| no_such_field(field))
}

/// A field that may be absent.
pub(super) fn find(value: &Value, field: &str) -> Result<Option<Value>, Stop> {
    match value {
        Value::Map(entries) => Ok(entries.get_text(field).cloned()),
        Value::List(_) => Err(Stop::failed("unsupported index type 'string' in list")),
        Value::Message(message) => match message.get(field) {
            Some(value) => Ok(message.has(field).then_some(value)),
            None => Err(no_such_field(field)),
        },
        _ => Ok(None),
    }
}

/// `value[key]`.
pub(in super::super) fn index<'v>(value: &'v Value, key: &Value) -> Result<&'v Value, Stop> {
    match value {
        Value::Map(entries) => {
            let found = MapKey::of(key).and_then(|key| entries.get(&key));
            found.ok_or_else(|| no_such_key(&formats::shown(key)))
        }
        Value::List(elements) => {
            let place = place(key)?;
            let element = usize::try_from(place).ok().and_then(|place| elements.get(place));
            element.ok_or_else(|| Stop::failed(format!("index out of bounds: {place}")))
        }
        _ => Err(no_such_key(&formats::shown(key))),
    }
}

/// The place in a list that a key means.
pub(super) fn place(key: &Value) -> Result<i128, Stop> {
    match MapKey::of(key) {
        Some(MapKey::Int(place)) => Ok(i128::from(place)),
        Some(MapKey::Uint(place)) => Ok(i128::from(place)),
        _ => Err(unsupported_index(key)),
    }
}

#[cold]
fn no_such_field(field: &str) -> Stop {
    Stop::failed(format!("no such field '{field}'"))
}

#[cold]
fn no_such_key(key: &str) -> Stop {
    Stop::failed(format!("no such key: {key}"))
}

#[cold]
fn unsupported_index(key: &Value) -> Stop {
    Stop::failed(match key {
        Value::Double(_) => format!("unsupported index value {} in list", formats::shown(key)),
        _ => format!("unsupported index type '{}' in list", key.type_name()),
    })
}

/// `element in container`: among the elements of a list, or the keys of a map.
pub(super) fn is_in(element: &Value, container: &Value, budget: &mut Budget) -> Result<bool, Stop> {
    match container {
        Value::List(elements) => {
            for candidate in elements.iter() {
                budget.take(1)?;
                if is_same(element, candidate, budget)? {
                    return Ok(true);
                }
            }
            Ok(false)
        }
        Value::Map(entries) => Ok(MapKey::of(element).is_some_and(|key| entries.get(&key).is_some())),
        _ => Err(Stop::no_overload()),
    }
}

/// `size(value)`: code points of text, bytes, elements or keys.
pub(super) fn size(value: &Value, budget: &mut Budget) -> Result<Value, Stop> {
    let size = match value {
        Value::String(text) => {
            budget.take_text(text.len())?;
            text.chars().count()
        }
        Value::Bytes(bytes) => bytes.len(),
        Value::List(elements) => elements.len(),
        Value::Map(entries) => entries.len(),
        _ => return Err(Stop::no_function("size", &[value])),
    };
    Ok(Value::Int(i64::try_from(size).unwrap_or(i64::MAX)))
}
