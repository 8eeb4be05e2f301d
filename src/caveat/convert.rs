//! From JSON to values of declared types.
//!
//! JSON stands for a `google.protobuf.Struct` here: every number is a double, so that whole numbers beyond 2^53 have
//! to be given as text to be exact. The messages are SpiceDB's, which names types as Go does.

use std::borrow::Cow;
use std::sync::Arc;

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde_json::Value as Json;

use super::caveat::Parameter;
use super::entries::{Entries, MapKey};
use super::error::ConversionError;
use super::formats::{self, Address, Decimal, Timestamp};
use super::types::ParameterType;
use super::value::Value;

/// The value of a parameter that a context gives.
pub(super) fn convert(parameter: &Parameter, value: &Json) -> Result<Value, ConversionError> {
    to_type(&parameter.kind, value).map_err(|problem| ConversionError {
        parameter: parameter.name.clone(),
        expected: parameter.kind.to_string(),
        problem,
    })
}

/// A value of a type, or what is wrong with it.
fn to_type(kind: &ParameterType, value: &Json) -> Result<Value, String> {
    match kind {
        ParameterType::Any => Ok(to_any(value)),
        ParameterType::Bool => match value {
            Json::Bool(value) => Ok(Value::Bool(*value)),
            _ => Err(format!("a bool value is required, but found {}", described(value))),
        },
        ParameterType::String => match value {
            Json::String(value) => Ok(Value::from(value.as_str())),
            _ => Err(format!("a string value is required, but found {}", described(value))),
        },
        ParameterType::Int => to_int(value),
        ParameterType::Uint => to_uint(value),
        ParameterType::Double => to_double(value),
        ParameterType::Bytes => to_bytes(value),
        ParameterType::Duration => to_duration(value),
        ParameterType::Timestamp => to_timestamp(value),
        ParameterType::IpAddress => to_address(value),
        ParameterType::List(element) => to_list(element, value),
        ParameterType::Map(entry) => to_map(entry, value),
    }
}

/// What a number or a text of a context says where a number is expected.
fn to_number(value: &Json, wanted: &str) -> Result<Decimal, String> {
    match value {
        Json::Number(_) => Ok(Decimal::of_double(as_double(value))),
        Json::String(text) => Decimal::parse(text)
            .ok_or_else(|| format!("a {wanted} value is required, but found invalid string value `{text}`")),
        _ => Err(format!("a {wanted} value is required, but found {}", described(value))),
    }
}

/// What is beyond the range is the number at its end.
#[expect(clippy::cast_possible_truncation, reason = "the number is brought into the range first")]
fn to_int(value: &Json) -> Result<Value, String> {
    let number = match to_number(value, "int64")? {
        Decimal::Whole(number) => number,
        Decimal::Double(number) => {
            let shown = formats::show_short(number);
            return Err(format!("a int value is required, but found numeric value `{shown}`"));
        }
    };
    Ok(Value::Int(number.clamp(i128::from(i64::MIN), i128::from(i64::MAX)) as i64))
}

/// What is above the range of an int is the number at its end.
fn to_uint(value: &Json) -> Result<Value, String> {
    let number = match to_number(value, "uint64")? {
        Decimal::Whole(number) => number,
        Decimal::Double(number) => {
            let shown = formats::show_short(number);
            return Err(format!("a uint value is required, but found numeric value `{shown}`"));
        }
    };
    let number = number.min(i128::from(i64::MAX));
    u64::try_from(number)
        .map(Value::Uint)
        .map_err(|_| format!("a uint value is required, but found int64 value `{number}`"))
}

#[expect(clippy::cast_precision_loss, reason = "the double next to the number is meant")]
fn to_double(value: &Json) -> Result<Value, String> {
    if let Json::Number(_) = value {
        return Ok(Value::Double(as_double(value)));
    }
    Ok(Value::Double(match to_number(value, "float64")? {
        Decimal::Double(number) => number,
        Decimal::Whole(number) if number.unsigned_abs() < 1 << 52 => number as f64,
        // Text of many digits is rounded once.
        Decimal::Whole(number) => value.as_str().and_then(|text| text.parse().ok()).unwrap_or(number as f64),
    }))
}

fn to_bytes(value: &Json) -> Result<Value, String> {
    /// As Go's standard encoding: padded, but the last bits before the padding may be anything.
    const BASE64: GeneralPurpose = GeneralPurpose::new(
        &STANDARD,
        GeneralPurposeConfig::new()
            .with_decode_allow_trailing_bits(true)
            .with_decode_padding_mode(DecodePaddingMode::RequireCanonical),
    );
    let Json::String(text) = value else {
        return Err(format!("bytes requires a base64 unicode string, found: {}", described(value)));
    };
    let text: Cow<'_, str> = if text.contains(['\r', '\n']) {
        text.replace(['\r', '\n'], "").into()
    } else {
        text.as_str().into()
    };
    let bytes = BASE64.decode(text.as_bytes()).map_err(|error| {
        let place = match error {
            base64::DecodeError::InvalidByte(place, _) | base64::DecodeError::InvalidLastSymbol(place, _) => {
                place
            }
            _ if text.contains('=') => text.len(),
            _ => text.len() / 4 * 4,
        };
        format!("bytes requires a base64 encoded string: illegal base64 data at input byte {place}")
    })?;
    Ok(Value::Bytes(bytes.into()))
}

fn to_duration(value: &Json) -> Result<Value, String> {
    let Json::String(text) = value else {
        return Err(format!("durations requires a duration string, found: {}", type_name(value)));
    };
    let nanoseconds = formats::parse_duration(text)
        .map_err(|problem| format!("could not parse duration string `{text}`: {problem}"))?;
    Ok(Value::Duration(nanoseconds))
}

fn to_timestamp(value: &Json) -> Result<Value, String> {
    let Json::String(text) = value else {
        let found = described(value);
        return Err(format!("timestamps requires a RFC 3339 formatted timestamp string, found: {found}"));
    };
    let time = Timestamp::parse(text).map_err(|problem| {
        format!("could not parse RFC 3339 formatted timestamp string `{text}`: {problem}")
    })?;
    Ok(Value::Timestamp(time))
}

fn to_address(value: &Json) -> Result<Value, String> {
    let Json::String(text) = value else {
        return Err(format!("ipaddress requires an ipaddress string, found: {}", described(value)));
    };
    match formats::parse_address(text) {
        Ok(Address::Plain(address)) => Ok(Value::IpAddress(address)),
        Ok(Address::Zoned(address, zone)) => Ok(Value::ZonedAddress(Arc::new((address, zone)))),
        Err(problem) => Err(format!("could not parse ip address string `{text}`: {problem}")),
    }
}

fn to_list(kind: &ParameterType, value: &Json) -> Result<Value, String> {
    let Json::Array(elements) = value else {
        return Err(format!("list requires a list, found: {}", type_name(value)));
    };
    let element = |(place, element)| {
        to_type(kind, element).map_err(|problem| {
            format!("found an invalid value for item at index {place}: for {kind}: {problem}")
        })
    };
    elements.iter().enumerate().map(element).collect::<Result<_, _>>().map(Value::List)
}

fn to_map(kind: &ParameterType, value: &Json) -> Result<Value, String> {
    let Json::Object(entries) = value else {
        return Err(format!("map requires a map, found: {}", type_name(value)));
    };
    let entry = |(key, value): (&String, &Json)| {
        let value = to_type(kind, value)
            .map_err(|problem| format!("found an invalid value for key `{key}`: for {kind}: {problem}"))?;
        Ok((MapKey::String(key.as_str().into()), value))
    };
    let entries = entries.iter().map(entry).collect::<Result<Entries, String>>()?;
    Ok(Value::Map(Arc::new(entries)))
}

/// A value of no declared type. JSON is at most 128 deep.
fn to_any(value: &Json) -> Value {
    match value {
        Json::Null => Value::Null,
        Json::Bool(value) => Value::Bool(*value),
        Json::Number(_) => Value::Double(as_double(value)),
        Json::String(value) => Value::from(value.as_str()),
        Json::Array(elements) => Value::List(elements.iter().map(to_any).collect()),
        Json::Object(entries) => {
            let entry = |(key, value): (&String, &Json)| (MapKey::String(key.as_str().into()), to_any(value));
            Value::Map(Arc::new(entries.iter().map(entry).collect()))
        }
    }
}

/// A number as a double; JSON text has no other numbers than doubles can be next to.
fn as_double(value: &Json) -> f64 {
    value.as_f64().unwrap_or(f64::NAN)
}

/// The type of a value in Go.
fn type_name(value: &Json) -> &'static str {
    match value {
        Json::Null => "<nil>",
        Json::Bool(_) => "bool",
        Json::Number(_) => "float64",
        Json::String(_) => "string",
        Json::Array(_) => "[]interface {}",
        Json::Object(_) => "map[string]interface {}",
    }
}

/// The type of a value in Go, and the value as Go shows it.
fn described(value: &Json) -> String {
    let mut shown = String::new();
    show(value, &mut shown);
    format!("{} `{shown}`", type_name(value))
}

fn show(value: &Json, shown: &mut String) {
    match value {
        Json::Null => shown.push_str("<nil>"),
        Json::Bool(value) => shown.push_str(if *value { "true" } else { "false" }),
        Json::Number(_) => shown.push_str(&formats::show_double(as_double(value))),
        Json::String(value) => shown.push_str(value),
        Json::Array(elements) => {
            shown.push('[');
            for (place, element) in elements.iter().enumerate() {
                if place > 0 {
                    shown.push(' ');
                }
                show(element, shown);
            }
            shown.push(']');
        }
        Json::Object(entries) => {
            shown.push_str("map[");
            for (place, (key, value)) in entries.iter().enumerate() {
                if place > 0 {
                    shown.push(' ');
                }
                shown.push_str(key);
                shown.push(':');
                show(value, shown);
            }
            shown.push(']');
        }
    }
}
