//! How large a stored caveat is as a protobuf message, which is how its bound is counted.

use serde_json::{Map, Value};

use crate::relationship::ContextualizedCaveat;

/// Bytes of a `ContextualizedCaveat` message: its name and its context.
pub fn wire_bytes(caveat: &ContextualizedCaveat) -> usize {
    let ContextualizedCaveat { name, context_json } = caveat;
    let context = match serde_json::from_str(context_json) {
        Ok(Value::Object(fields)) => field(structure(&fields)),
        // Not a context: it has no such size, and is refused for what it is.
        Ok(_) | Err(_) => context_json.len(),
    };
    field(name.as_str().len()) + context
}

/// A `google.protobuf.Struct`: a map from names to values.
fn structure(fields: &Map<String, Value>) -> usize {
    fields.iter().map(|(name, content)| field(field(name.len()) + field(value(content)))).sum()
}

/// A `google.protobuf.Value`.
fn value(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(_) => 2,
        Value::Number(_) => 9,
        Value::String(text) => field(text.len()),
        Value::Array(elements) => field(elements.iter().map(|element| field(self::value(element))).sum()),
        Value::Object(fields) => field(structure(fields)),
    }
}

/// A field of some bytes: tag, length, content. All fields here have numbers below 16.
fn field(bytes: usize) -> usize {
    let length_bits = usize::BITS - (bytes | 1).leading_zeros();
    1 + length_bits.div_ceil(7) as usize + bytes
}
