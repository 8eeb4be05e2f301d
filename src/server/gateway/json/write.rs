//! The wire → JSON, every field written, as grpc-gateway does: null for messages that are absent, empty arrays, names of
//! enums, 64-bit numbers as strings.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use prost_reflect::{DescriptorPool, FieldDescriptor, Kind, MessageDescriptor};

use super::number::double_text;
use super::time::{duration_text, timestamp_text};
use super::wire::{Fields, Raw, fields, unpack};

/// Bytes that are no message of this kind, or hold what JSON cannot say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a message cannot be written as JSON")]
pub(in crate::server::gateway) struct Malformed;

/// Writes a message behind what is there already.
pub(in crate::server::gateway) fn write(
    descriptor: &MessageDescriptor,
    wire: &[u8],
    json: &mut Vec<u8>,
) -> Result<(), Malformed> {
    let given = fields(wire)?;
    match descriptor.full_name() {
        "google.protobuf.Struct" => write_struct(descriptor, &given, json),
        "google.protobuf.Value" => write_value(descriptor, &given, json),
        "google.protobuf.ListValue" => {
            let values = descriptor.get_field(1).ok_or(Malformed)?;
            write_list(&values, &given, json)
        }
        "google.protobuf.Timestamp" => write_time(&given, timestamp_text, json),
        "google.protobuf.Duration" => write_time(&given, duration_text, json),
        "google.protobuf.Any" => write_any(descriptor.parent_pool(), &given, json),
        _ => {
            json.push(b'{');
            write_members(descriptor, &given, json)?;
            json.push(b'}');
            Ok(())
        }
    }
}

fn write_members(
    descriptor: &MessageDescriptor,
    given: &Fields<'_>,
    json: &mut Vec<u8>,
) -> Result<(), Malformed> {
    let mut is_first = json.last() == Some(&b'{');
    for field in descriptor.fields() {
        let is_choice = field.containing_oneof().is_some();
        if is_choice && last(given, field.number()).is_none() {
            continue;
        }
        if !is_first {
            json.push(b',');
        }
        is_first = false;
        write_string(field.json_name(), json)?;
        json.push(b':');
        if field.is_map() {
            write_map(&field, given, json)?;
        } else if field.is_list() {
            write_list(&field, given, json)?;
        } else {
            write_one(&field, last(given, field.number()), json)?;
        }
    }
    Ok(())
}

/// The value of a field; if it was given more than once, the last.
fn last<'wire>(given: &Fields<'wire>, number: u32) -> Option<Raw<'wire>> {
    given.iter().rev().find(|(given, _)| *given == number).map(|(_, raw)| *raw)
}

fn all<'wire>(given: &Fields<'wire>, number: u32) -> impl Iterator<Item = Raw<'wire>> {
    given.iter().filter(move |(given, _)| *given == number).map(|(_, raw)| *raw)
}

fn write_one(field: &FieldDescriptor, raw: Option<Raw<'_>>, json: &mut Vec<u8>) -> Result<(), Malformed> {
    let kind = field.kind();
    let raw = match (raw, &kind) {
        (Some(raw), _) => raw,
        (None, Kind::Message(_)) => {
            json.extend_from_slice(b"null");
            return Ok(());
        }
        (None, Kind::String | Kind::Bytes) => Raw::Bytes(&[]),
        (None, Kind::Double) => Raw::Fixed64([0; 8]),
        (None, _) => Raw::Varint(0),
    };
    write_scalar(&kind, raw, json)
}

fn write_list(field: &FieldDescriptor, given: &Fields<'_>, json: &mut Vec<u8>) -> Result<(), Malformed> {
    let kind = field.kind();
    let is_packable = !matches!(kind, Kind::String | Kind::Bytes | Kind::Message(_));
    json.push(b'[');
    let mut is_first = true;
    let mut write_element = |raw, json: &mut Vec<u8>| {
        if !std::mem::take(&mut is_first) {
            json.push(b',');
        }
        write_scalar(&kind, raw, json)
    };
    for raw in all(given, field.number()) {
        match raw {
            Raw::Bytes(packed) if is_packable => {
                unpack(packed)?.into_iter().try_for_each(|value| write_element(Raw::Varint(value), json))?;
            }
            raw => write_element(raw, json)?,
        }
    }
    json.push(b']');
    Ok(())
}

/// A map with text as keys, sorted by them.
fn write_map(field: &FieldDescriptor, given: &Fields<'_>, json: &mut Vec<u8>) -> Result<(), Malformed> {
    let Kind::Message(entry) = field.kind() else { return Err(Malformed) };
    let value_field = entry.map_entry_value_field();
    let mut entries = Vec::new();
    for raw in all(given, field.number()) {
        let Raw::Bytes(wire) = raw else { return Err(Malformed) };
        let entry = fields(wire)?;
        let Raw::Bytes(name) = last(&entry, 1).unwrap_or(Raw::Bytes(&[])) else { return Err(Malformed) };
        entries.push((std::str::from_utf8(name).map_err(|_| Malformed)?, last(&entry, 2)));
    }
    entries.sort_by_key(|(name, _)| *name);
    // Of those with one name, the last counts.
    let is_last = |at: usize| entries.get(at + 1).is_none_or(|(next, _)| *next != entries[at].0);
    let mut is_first = true;
    json.push(b'{');
    for (_, (name, value)) in entries.iter().enumerate().filter(|(at, _)| is_last(*at)) {
        if !std::mem::take(&mut is_first) {
            json.push(b',');
        }
        write_string(name, json)?;
        json.push(b':');
        // A value that is absent from an entry is an empty one.
        let empty = matches!(value_field.kind(), Kind::Message(_)).then_some(Raw::Bytes(&[]));
        write_one(&value_field, value.or(empty), json)?;
    }
    json.push(b'}');
    Ok(())
}

fn write_struct(
    descriptor: &MessageDescriptor,
    given: &Fields<'_>,
    json: &mut Vec<u8>,
) -> Result<(), Malformed> {
    write_map(&descriptor.get_field(1).ok_or(Malformed)?, given, json)
}

/// Whichever of its fields a `Value` has; null if it has none.
fn write_value(
    descriptor: &MessageDescriptor,
    given: &Fields<'_>,
    json: &mut Vec<u8>,
) -> Result<(), Malformed> {
    let chosen = given.iter().rev().find_map(|(number, raw)| Some((descriptor.get_field(*number)?, *raw)));
    match chosen {
        Some((field, raw)) if field.name() != "null_value" => write_scalar(&field.kind(), raw, json),
        _ => {
            json.extend_from_slice(b"null");
            Ok(())
        }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "an `int32` is cut to its 32 bits by every reader")]
fn write_time(
    given: &Fields<'_>,
    text: fn(i64, i32) -> Option<String>,
    json: &mut Vec<u8>,
) -> Result<(), Malformed> {
    let number = |number| match last(given, number) {
        Some(Raw::Varint(value)) => value.cast_signed(),
        _ => 0,
    };
    write_string(&text(number(1), number(2) as i32).ok_or(Malformed)?, json)
}

/// A message with its type beside its members; as base64 if the type is not known.
fn write_any(pool: &DescriptorPool, given: &Fields<'_>, json: &mut Vec<u8>) -> Result<(), Malformed> {
    let bytes = |number| match last(given, number) {
        Some(Raw::Bytes(bytes)) => bytes,
        _ => &[],
    };
    let (url, content) = (std::str::from_utf8(bytes(1)).map_err(|_| Malformed)?, bytes(2));
    json.extend_from_slice(b"{\"@type\":");
    write_string(url, json)?;
    let name = url.rsplit_once('/').map_or(url, |(_, name)| name);
    if let Some(descriptor) = pool.get_message_by_name(name) {
        write_members(&descriptor, &fields(content)?, json)?;
    } else {
        json.extend_from_slice(b",\"value\":");
        write_string(&STANDARD.encode(content), json)?;
    }
    json.push(b'}');
    Ok(())
}

/// One value that is there.
#[expect(clippy::cast_possible_truncation, reason = "32-bit numbers are cut to their bits by every reader")]
fn write_scalar(kind: &Kind, raw: Raw<'_>, json: &mut Vec<u8>) -> Result<(), Malformed> {
    match (kind, raw) {
        (Kind::Message(descriptor), Raw::Bytes(wire)) => return write(descriptor, wire, json),
        (Kind::String, Raw::Bytes(text)) => {
            return write_string(std::str::from_utf8(text).map_err(|_| Malformed)?, json);
        }
        (Kind::Bytes, Raw::Bytes(bytes)) => return write_string(&STANDARD.encode(bytes), json),
        (Kind::Bool, Raw::Varint(value)) => {
            json.extend_from_slice(if value == 0 { b"false" } else { b"true" });
        }
        (Kind::Enum(names), Raw::Varint(value)) => {
            let number = value as i32;
            if let Some(value) = names.get_value(number) {
                return write_string(value.name(), json);
            }
            json.extend_from_slice(number.to_string().as_bytes());
        }
        (Kind::Uint32, Raw::Varint(value)) => json.extend_from_slice((value as u32).to_string().as_bytes()),
        (Kind::Int32, Raw::Varint(value)) => json.extend_from_slice((value as i32).to_string().as_bytes()),
        (Kind::Uint64, Raw::Varint(value)) => return write_string(&value.to_string(), json),
        (Kind::Int64, Raw::Varint(value)) => return write_string(&value.cast_signed().to_string(), json),
        (Kind::Double, Raw::Fixed64(bytes)) => {
            let value = f64::from_le_bytes(bytes);
            if !value.is_finite() {
                return Err(Malformed);
            }
            json.extend_from_slice(double_text(value).as_bytes());
        }
        _ => return Err(Malformed),
    }
    Ok(())
}

fn write_string(text: &str, json: &mut Vec<u8>) -> Result<(), Malformed> {
    serde_json::to_writer(json, text).map_err(|_| Malformed)
}
