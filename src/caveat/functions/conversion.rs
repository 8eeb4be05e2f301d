//! From one type to another.

use std::sync::Arc;

use super::super::budget::Budget;
use super::super::formats::{self, Timestamp};
use super::super::stop::Stop;
use super::super::value::Value;

/// The first doubles above the ranges of `i64` and `u64`.
const INT_END: f64 = 9_223_372_036_854_775_808.0;
const UINT_END: f64 = 18_446_744_073_709_551_616.0;

/// `bool(value)`.
pub(super) fn to_bool(value: &Value) -> Result<Value, Stop> {
    match value {
        Value::Bool(_) => Ok(value.clone()),
        Value::String(text) => match text.as_ref() {
            "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(Value::Bool(true)),
            "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(Value::Bool(false)),
            _ => Err(no_conversion(value, "bool")),
        },
        _ => Err(Stop::no_function("bool", &[value])),
    }
}

/// `int(value)`: a double towards zero, a timestamp in seconds, a duration in nanoseconds.
#[expect(clippy::cast_possible_truncation, reason = "the range is looked at first")]
pub(super) fn to_int(value: &Value) -> Result<Value, Stop> {
    let overflow = || Stop::failed("integer overflow");
    match value {
        Value::Int(_) => Ok(value.clone()),
        Value::Uint(number) => i64::try_from(*number).map(Value::Int).map_err(|_| overflow()),
        Value::Double(number) if *number > -INT_END && *number < INT_END => Ok(Value::Int(*number as i64)),
        Value::Double(_) => Err(overflow()),
        Value::String(text) => text.parse().map(Value::Int).map_err(|_| no_conversion(value, "int")),
        Value::Timestamp(time) => Ok(Value::Int(time.seconds())),
        Value::Duration(nanoseconds) => Ok(Value::Int(*nanoseconds)),
        _ => Err(Stop::no_function("int", &[value])),
    }
}

/// `uint(value)`: a double towards zero.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range is looked at first")]
pub(super) fn to_uint(value: &Value) -> Result<Value, Stop> {
    let overflow = || Stop::failed("unsigned integer overflow");
    match value {
        Value::Uint(_) => Ok(value.clone()),
        Value::Int(number) => u64::try_from(*number).map(Value::Uint).map_err(|_| overflow()),
        Value::Double(number) if *number >= 0.0 && *number < UINT_END => Ok(Value::Uint(*number as u64)),
        Value::Double(_) => Err(overflow()),
        Value::String(text) if !text.starts_with('+') => {
            text.parse().map(Value::Uint).map_err(|_| no_conversion(value, "uint"))
        }
        Value::String(_) => Err(no_conversion(value, "uint")),
        _ => Err(Stop::no_function("uint", &[value])),
    }
}

/// `double(value)`.
#[expect(clippy::cast_precision_loss, reason = "the double next to a whole number is meant")]
pub(super) fn to_double(value: &Value) -> Result<Value, Stop> {
    match value {
        Value::Double(_) => Ok(value.clone()),
        Value::Int(number) => Ok(Value::Double(*number as f64)),
        Value::Uint(number) => Ok(Value::Double(*number as f64)),
        Value::String(text) => {
            formats::parse_double(text).map(Value::Double).ok_or_else(|| no_conversion(value, "double"))
        }
        _ => Err(Stop::no_function("double", &[value])),
    }
}

/// `string(value)`.
pub(super) fn to_string(value: &Value, budget: &mut Budget) -> Result<Value, Stop> {
    match value {
        Value::String(_) => Ok(value.clone()),
        Value::Bool(_)
        | Value::Int(_)
        | Value::Uint(_)
        | Value::Double(_)
        | Value::Duration(_)
        | Value::Timestamp(_) => Ok(Value::from(formats::shown(value))),
        Value::Bytes(bytes) => {
            budget.take_text(bytes.len())?;
            let text = std::str::from_utf8(bytes);
            text.map(Value::from)
                .map_err(|_| Stop::failed("invalid UTF-8 in bytes, cannot convert to string"))
        }
        _ => Err(Stop::no_function("string", &[value])),
    }
}

/// `bytes(value)`.
pub(super) fn to_bytes(value: &Value, budget: &mut Budget) -> Result<Value, Stop> {
    match value {
        Value::Bytes(_) => Ok(value.clone()),
        Value::String(text) => {
            budget.take_text(text.len())?;
            Ok(Value::Bytes(Arc::from(text.as_bytes())))
        }
        _ => Err(Stop::no_function("bytes", &[value])),
    }
}

/// `timestamp(value)`: of RFC 3339 text, or of seconds since 1970.
pub(super) fn to_timestamp(value: &Value) -> Result<Value, Stop> {
    let overflow = || Stop::failed("timestamp overflow");
    match value {
        Value::Timestamp(_) => Ok(value.clone()),
        Value::Int(seconds) => Timestamp::from_seconds(*seconds).map(Value::Timestamp).ok_or_else(overflow),
        Value::String(text) => {
            let time =
                Timestamp::parse(text).map_err(|_| no_conversion(value, "google.protobuf.Timestamp"))?;
            if time.is_in_range() { Ok(Value::Timestamp(time)) } else { Err(overflow()) }
        }
        _ => Err(Stop::no_function("timestamp", &[value])),
    }
}

/// `duration(value)`: of text such as `1h30m`.
pub(super) fn to_duration(value: &Value) -> Result<Value, Stop> {
    let no_conversion = || no_conversion(value, "google.protobuf.Duration");
    match value {
        Value::Duration(_) => Ok(value.clone()),
        Value::String(text) => {
            formats::parse_duration(text).map(Value::Duration).map_err(|_| no_conversion())
        }
        Value::Int(_) => Err(no_conversion()),
        _ => Err(Stop::no_function("duration", &[value])),
    }
}

#[cold]
fn no_conversion(value: &Value, to: &str) -> Stop {
    Stop::failed(format!("type conversion error from '{}' to '{to}'", value.type_name()))
}
