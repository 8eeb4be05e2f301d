//! JSON → the wire.
//!
//! Members are found by their JSON name or by the name in the schema; those that are unknown are passed over, as
//! grpc-gateway does. A member given twice, a second member of one choice, and an unknown value of an enum are errors.

use std::fmt;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor};
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use smallvec::SmallVec;

use super::number::Number;
use super::time::parse_timestamp;
use super::wire::{put_bytes, put_double, put_message, put_signed, put_varint};

/// Messages that have to say something: an empty one, or an empty field of one, is a mistake of the client, which an
/// RPC would report as its own.
const NEVER_EMPTY: [&str; 2] = ["authzed.api.v1.Consistency", "authzed.api.v1.Cursor"];

/// Messages within messages, as the wire counts them. The wire's own readers refuse a hundred.
const DEPTH_MAX: u32 = 90;

/// Fields of the messages that have a form of their own in JSON.
mod field {
    pub(super) const SECONDS: u32 = 1;
    pub(super) const NANOS: u32 = 2;
    pub(super) const KEY: u32 = 1;
    pub(super) const VALUE: u32 = 2;
    pub(super) const FIELDS: u32 = 1;
    pub(super) const VALUES: u32 = 1;
    pub(super) const NULL: u32 = 1;
    pub(super) const NUMBER: u32 = 2;
    pub(super) const STRING: u32 = 3;
    pub(super) const BOOL: u32 = 4;
    pub(super) const STRUCT: u32 = 5;
    pub(super) const LIST: u32 = 6;
}

/// Reads one text as a message, and gives its bytes on the wire. No text at all is an empty message.
pub(in crate::server::gateway) fn read(
    descriptor: &MessageDescriptor,
    json: &[u8],
) -> Result<Vec<u8>, serde_json::Error> {
    let mut wire = Vec::new();
    if json.trim_ascii().is_empty() {
        return Ok(wire);
    }
    let mut text = serde_json::Deserializer::from_slice(json);
    text.deserialize_map(Members { descriptor, wire: &mut wire, depth: 1 })?;
    text.end()?;
    Ok(wire)
}

/// The members of an object as the fields of a message.
struct Members<'a> {
    descriptor: &'a MessageDescriptor,
    wire: &'a mut Vec<u8>,
    depth: u32,
}

impl<'json> Visitor<'json> for Members<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "an object ({})", self.descriptor.full_name())
    }

    fn visit_map<A: MapAccess<'json>>(self, mut members: A) -> Result<(), A::Error> {
        let mut seen = SmallVec::<[u32; 16]>::new();
        let mut chosen = SmallVec::<[String; 2]>::new();
        let mut says_something = !NEVER_EMPTY.contains(&self.descriptor.full_name());
        while let Some(name) = members.next_key::<String>()? {
            let field = self.descriptor.get_field_by_json_name(&name);
            let Some(field) = field.or_else(|| self.descriptor.get_field_by_name(&name)) else {
                members.next_value::<IgnoredAny>()?;
                continue;
            };
            if seen.contains(&field.number()) {
                return Err(A::Error::custom(format_args!("duplicate field \"{name}\"")));
            }
            seen.push(field.number());
            let start = self.wire.len();
            let is_given =
                members.next_value_seed(Member { field: &field, wire: self.wire, depth: self.depth })?;
            // An empty value ends in a zero: its length, or itself.
            let is_empty = self.wire[start..].ends_with(&[0]);
            says_something |= is_given && !is_empty;
            let Some(choice) = field.containing_oneof().filter(|_| is_given) else { continue };
            if chosen.iter().any(|name| name == choice.name()) {
                return Err(A::Error::custom(format_args!("oneof {} is already set", choice.full_name())));
            }
            chosen.push(choice.name().to_owned());
        }
        if !says_something {
            let name = self.descriptor.name();
            return Err(A::Error::custom(format_args!("{name} must have a field that is not empty")));
        }
        Ok(())
    }
}

/// The value of a member. Whether it is given: null is as good as nothing.
struct Member<'a> {
    field: &'a FieldDescriptor,
    wire: &'a mut Vec<u8>,
    depth: u32,
}

impl<'json> DeserializeSeed<'json> for Member<'_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'json>>(self, value: D) -> Result<bool, D::Error> {
        let kind = self.field.kind();
        let element =
            Element { kind: &kind, number: self.field.number(), wire: self.wire, depth: self.depth };
        if self.field.is_map() {
            return Err(D::Error::custom("fields that are maps are not read"));
        }
        if self.field.is_list() {
            value.deserialize_any(Elements(element))
        } else {
            element.deserialize(value)
        }
    }
}

/// A list of values of one field.
struct Elements<'a>(Element<'a>);

impl<'json> Visitor<'json> for Elements<'_> {
    type Value = bool;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an array")
    }

    fn visit_unit<E: Error>(self) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_seq<A: SeqAccess<'json>>(mut self, mut elements: A) -> Result<bool, A::Error> {
        while let Some(is_given) = elements.next_element_seed(self.0.again())? {
            if !is_given {
                return Err(A::Error::custom("an array cannot hold null"));
            }
        }
        Ok(true)
    }
}

/// One value, to be written as a field.
struct Element<'a> {
    kind: &'a Kind,
    number: u32,
    wire: &'a mut Vec<u8>,
    depth: u32,
}

/// What a message's value looks like in JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Object,
    Struct,
    Value,
    ListValue,
    Timestamp,
}

/// The message that is wanted and its form; none if a scalar is.
fn message(kind: &Kind) -> Option<(&MessageDescriptor, Form)> {
    let Kind::Message(descriptor) = kind else { return None };
    Some((descriptor, form(descriptor)))
}

fn form(descriptor: &MessageDescriptor) -> Form {
    match descriptor.full_name() {
        "google.protobuf.Struct" => Form::Struct,
        "google.protobuf.Value" => Form::Value,
        "google.protobuf.ListValue" => Form::ListValue,
        "google.protobuf.Timestamp" => Form::Timestamp,
        _ => Form::Object,
    }
}

impl Element<'_> {
    fn again(&mut self) -> Element<'_> {
        Element { kind: self.kind, number: self.number, wire: self.wire, depth: self.depth }
    }

    fn is_form(&self, wanted: Form) -> bool {
        message(self.kind).is_some_and(|(_, form)| form == wanted)
    }

    fn check_depth<E: Error>(&self) -> Result<(), E> {
        if self.depth < DEPTH_MAX { Ok(()) } else { Err(E::custom("the message is nested too deeply")) }
    }

    fn put_number<E: Error>(self, value: Number) -> Result<bool, E> {
        let in_range = |least: i64, most: u64| {
            let whole = value.whole()?;
            (i128::from(least)..=i128::from(most)).contains(&whole).then_some(whole)
        };
        let out_of_range = || E::custom(format_args!("{value:?} is no value of this field"));
        // In range, so that nothing is lost.
        #[expect(clippy::cast_possible_truncation, reason = "the range has been checked")]
        match self.kind {
            Kind::Uint32 | Kind::Uint64 => {
                let most = if *self.kind == Kind::Uint32 { u32::MAX.into() } else { u64::MAX };
                let whole = in_range(0, most).ok_or_else(out_of_range)?;
                put_varint(self.wire, self.number, whole.unsigned_abs() as u64);
            }
            Kind::Int32 | Kind::Int64 | Kind::Enum(_) => {
                let (least, most) = match self.kind {
                    Kind::Int64 => (i64::MIN, i64::MAX.unsigned_abs()),
                    _ => (i32::MIN.into(), i32::MAX.unsigned_abs().into()),
                };
                let whole = in_range(least, most).ok_or_else(out_of_range)? as i64;
                if let Kind::Enum(names) = self.kind
                    && names.get_value(whole as i32).is_none()
                {
                    return Err(out_of_range());
                }
                put_signed(self.wire, self.number, whole);
            }
            Kind::Double => put_double(self.wire, self.number, value.double()),
            _ if self.is_form(Form::Value) => {
                put_message(self.wire, self.number, |wire| {
                    put_double(wire, field::NUMBER, value.double());
                    Ok::<_, E>(())
                })?;
            }
            _ => return Err(E::invalid_type(serde::de::Unexpected::Other("number"), &self)),
        }
        Ok(true)
    }

    fn put_text<E: Error>(self, text: &str) -> Result<bool, E> {
        match self.kind {
            Kind::String => put_bytes(self.wire, self.number, text.as_bytes()),
            Kind::Bytes => {
                let bytes = bytes(text).ok_or_else(|| E::custom("invalid base64"))?;
                put_bytes(self.wire, self.number, &bytes);
            }
            Kind::Enum(names) => {
                let value = names.get_value_by_name(text).ok_or_else(|| {
                    E::custom(format_args!("\"{text}\" is no value of {}", names.full_name()))
                })?;
                put_signed(self.wire, self.number, value.number().into());
            }
            Kind::Message(_) if self.is_form(Form::Value) => {
                put_message(self.wire, self.number, |wire| {
                    put_bytes(wire, field::STRING, text.as_bytes());
                    Ok::<_, E>(())
                })?;
            }
            Kind::Message(_) if self.is_form(Form::Timestamp) => {
                let (seconds, nanos) =
                    parse_timestamp(text).ok_or_else(|| E::custom("invalid google.protobuf.Timestamp"))?;
                put_message(self.wire, self.number, |wire| {
                    put_signed(wire, field::SECONDS, seconds);
                    put_signed(wire, field::NANOS, nanos.into());
                    Ok::<_, E>(())
                })?;
            }
            Kind::Message(_) | Kind::Bool => {
                return Err(E::invalid_type(serde::de::Unexpected::Str(text), &self));
            }
            _ => {
                let number = Number::parse(text)
                    .ok_or_else(|| E::invalid_type(serde::de::Unexpected::Str(text), &self))?;
                return self.put_number(number);
            }
        }
        Ok(true)
    }
}

impl<'json> DeserializeSeed<'json> for Element<'_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'json>>(self, value: D) -> Result<bool, D::Error> {
        value.deserialize_any(self)
    }
}

impl<'json> Visitor<'json> for Element<'_> {
    type Value = bool;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            Kind::Message(message) => write!(formatter, "a {}", message.full_name()),
            Kind::Enum(names) => write!(formatter, "a {}", names.full_name()),
            kind => write!(formatter, "a {kind:?}"),
        }
    }

    fn visit_unit<E: Error>(self) -> Result<bool, E> {
        if !self.is_form(Form::Value) {
            return Ok(false);
        }
        put_message(self.wire, self.number, |wire| {
            put_varint(wire, field::NULL, 0);
            Ok(true)
        })
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<bool, E> {
        if *self.kind == Kind::Bool {
            put_varint(self.wire, self.number, value.into());
        } else if self.is_form(Form::Value) {
            put_message(self.wire, self.number, |wire| {
                put_varint(wire, field::BOOL, value.into());
                Ok::<_, E>(())
            })?;
        } else {
            return Err(E::invalid_type(serde::de::Unexpected::Bool(value), &self));
        }
        Ok(true)
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<bool, E> {
        self.put_number(Number::Unsigned(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<bool, E> {
        self.put_number(Number::Signed(value))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<bool, E> {
        self.put_number(Number::Float(value))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<bool, E> {
        self.put_text(value)
    }

    fn visit_seq<A: SeqAccess<'json>>(self, elements: A) -> Result<bool, A::Error> {
        self.check_depth()?;
        let depth = self.depth + 1;
        let Some((descriptor, form)) = message(self.kind) else {
            return Err(A::Error::invalid_type(serde::de::Unexpected::Seq, &self));
        };
        let kind = Kind::Message(descriptor.clone());
        match form {
            Form::Value => put_message(self.wire, self.number, |wire| {
                put_message(wire, field::LIST, |wire| values(&kind, wire, depth + 1, elements))
            })?,
            Form::ListValue => {
                let value = value_kind(descriptor, field::VALUES).map_err(A::Error::custom)?;
                put_message(self.wire, self.number, |wire| values(&value, wire, depth, elements))?;
            }
            _ => return Err(A::Error::invalid_type(serde::de::Unexpected::Seq, &self)),
        }
        Ok(true)
    }

    fn visit_map<A: MapAccess<'json>>(self, members: A) -> Result<bool, A::Error> {
        self.check_depth()?;
        let depth = self.depth + 1;
        let Some((descriptor, form)) = message(self.kind) else {
            return Err(A::Error::invalid_type(serde::de::Unexpected::Map, &self));
        };
        match form {
            Form::Object => put_message(self.wire, self.number, |wire| {
                Members { descriptor, wire, depth }.visit_map(members)
            })?,
            Form::Value => {
                let value = Kind::Message(descriptor.clone());
                put_message(self.wire, self.number, |wire| {
                    put_message(wire, field::STRUCT, |wire| entries(&value, wire, depth + 1, members))
                })?;
            }
            Form::Struct => {
                let entry = value_kind(descriptor, field::FIELDS).map_err(A::Error::custom)?;
                let Kind::Message(entry) = entry else {
                    return Err(A::Error::custom("a struct has no entries"));
                };
                let value = value_kind(&entry, field::VALUE).map_err(A::Error::custom)?;
                put_message(self.wire, self.number, |wire| entries(&value, wire, depth, members))?;
            }
            Form::ListValue | Form::Timestamp => {
                return Err(A::Error::invalid_type(serde::de::Unexpected::Map, &self));
            }
        }
        Ok(true)
    }
}

/// The kind of a field of a message that is known by heart.
fn value_kind(descriptor: &MessageDescriptor, number: u32) -> Result<Kind, &'static str> {
    Ok(descriptor.get_field(number).ok_or("a well-known message lacks a field")?.kind())
}

/// The elements of a `ListValue`.
fn values<'json, A: SeqAccess<'json>>(
    kind: &Kind,
    wire: &mut Vec<u8>,
    depth: u32,
    mut elements: A,
) -> Result<(), A::Error> {
    loop {
        let element = Element { kind, number: field::VALUES, wire, depth };
        if elements.next_element_seed(element)?.is_none() {
            return Ok(());
        }
    }
}

/// The members of a `Struct`; of those with one name, the last counts.
fn entries<'json, A: MapAccess<'json>>(
    kind: &Kind,
    wire: &mut Vec<u8>,
    depth: u32,
    mut members: A,
) -> Result<(), A::Error> {
    while let Some(name) = members.next_key::<String>()? {
        put_message(wire, field::FIELDS, |wire| {
            put_bytes(wire, field::KEY, name.as_bytes());
            members.next_value_seed(Element { kind, number: field::VALUE, wire, depth: depth + 1 })
        })?;
    }
    Ok(())
}

/// The bytes of a text in base64 of either alphabet, with or without padding.
fn bytes(text: &str) -> Option<Vec<u8>> {
    let config = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let is_url_safe = text.contains(['-', '_']);
    let alphabet = if is_url_safe { alphabet::URL_SAFE } else { alphabet::STANDARD };
    GeneralPurpose::new(&alphabet, config).decode(text).ok()
}
