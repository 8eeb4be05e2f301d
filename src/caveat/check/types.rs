//! The types of CEL expressions.

use std::fmt;
use std::mem::discriminant;
use std::sync::Arc;

use crate::caveat::message::MessageType;
use crate::caveat::types::ParameterType;

/// A type. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) enum Type {
    /// Of something that is already reported; fits everywhere.
    Error,
    /// Known only when it runs; fits everywhere.
    Dynamic,
    Null,
    Bool,
    Int,
    Uint,
    Double,
    String,
    Bytes,
    Timestamp,
    Duration,
    IpAddress,
    List(Arc<Type>),
    Map(Arc<[Type; 2]>),
    /// A value that may be absent.
    Optional(Arc<Type>),
    /// Of the message that stands for values of a type or null. Equal to that type, as it fits wherever that does.
    Wrapper(Arc<Type>),
    Message(MessageType),
    /// Of a type as a value. Every two of them fit each other.
    Metatype(Arc<Type>),
    /// Not known yet; by number.
    Variable(u32),
}

impl Type {
    pub(super) fn list(element: Self) -> Self {
        Self::List(Arc::new(element))
    }

    pub(super) fn optional(value: Self) -> Self {
        Self::Optional(Arc::new(value))
    }

    pub(super) fn map(key: Self, value: Self) -> Self {
        Self::Map(Arc::new([key, value]))
    }

    /// Whether it fits everything.
    pub(super) fn is_wildcard(&self) -> bool {
        matches!(self, Self::Dynamic | Self::Error)
    }

    /// Whether `null` is one of its values.
    pub(super) fn is_nullable(&self) -> bool {
        matches!(
            self,
            Self::Null
                | Self::Timestamp
                | Self::Duration
                | Self::IpAddress
                | Self::Optional(_)
                | Self::Wrapper(_)
                | Self::Message(_)
        )
    }
}

impl Eq for Type {}

impl PartialEq for Type {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Wrapper(inner), other) | (other, Self::Wrapper(inner)) => inner.as_ref() == other,
            (Self::List(left), Self::List(right))
            | (Self::Optional(left), Self::Optional(right))
            | (Self::Metatype(left), Self::Metatype(right)) => left == right,
            (Self::Map(left), Self::Map(right)) => left == right,
            (Self::Message(left), Self::Message(right)) => left == right,
            (Self::Variable(left), Self::Variable(right)) => left == right,
            (left, right) => discriminant(left) == discriminant(right),
        }
    }
}

/// What a parameter is for CEL: whole numbers are `int`, whether or not they may be negative.
impl From<&ParameterType> for Type {
    fn from(kind: &ParameterType) -> Self {
        match kind {
            ParameterType::Any => Self::Dynamic,
            ParameterType::Bool => Self::Bool,
            ParameterType::String => Self::String,
            ParameterType::Int | ParameterType::Uint => Self::Int,
            ParameterType::Double => Self::Double,
            ParameterType::Bytes => Self::Bytes,
            ParameterType::Duration => Self::Duration,
            ParameterType::Timestamp => Self::Timestamp,
            ParameterType::IpAddress => Self::IpAddress,
            ParameterType::List(element) => Self::list(Self::from(element.as_ref())),
            ParameterType::Map(value) => Self::map(Self::String, Self::from(value.as_ref())),
        }
    }
}

/// The type that an expression can name, and its name as a value.
pub(super) fn type_named(name: &str) -> Option<(&'static str, Type)> {
    Some(match name {
        "bool" => ("bool", Type::Bool),
        "int" => ("int", Type::Int),
        "uint" => ("uint", Type::Uint),
        "double" => ("double", Type::Double),
        "string" => ("string", Type::String),
        "bytes" => ("bytes", Type::Bytes),
        "list" => ("list", Type::list(Type::Dynamic)),
        "map" => ("map", Type::map(Type::Dynamic, Type::Dynamic)),
        "null_type" => ("null_type", Type::Null),
        "optional_type" => ("optional_type", Type::optional(Type::Error)),
        "type" => ("type", Type::Metatype(Type::Error.into())),
        "google.protobuf.Timestamp" => ("google.protobuf.Timestamp", Type::Timestamp),
        "google.protobuf.Duration" => ("google.protobuf.Duration", Type::Duration),
        _ => return None,
    })
}

/// As CEL words it, such as `map(string, int)`; with `#`, as it names the type of a result.
impl fmt::Display for Type {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_result = formatter.alternate();
        formatter.write_str(match self {
            Self::Null if is_result => "null_type",
            Self::Timestamp if is_result => "google.protobuf.Timestamp",
            Self::Duration if is_result => "google.protobuf.Duration",
            Self::List(element) if is_result => return write!(formatter, "list({element:#})"),
            Self::Map(entry) if is_result => {
                return write!(formatter, "map({:#}, {:#})", entry[0], entry[1]);
            }
            Self::Optional(value) if **value == Self::Error => "optional_type",
            Self::Optional(value) if is_result => return write!(formatter, "optional_type({value:#})"),
            Self::Wrapper(inner) => return write!(formatter, "wrapper({inner})"),
            Self::Message(message) => message.name(),
            Self::Metatype(inner) if is_result && **inner != Self::Error => {
                return write!(formatter, "type({inner:#})");
            }
            Self::Error => "!error!",
            Self::Dynamic | Self::Variable(_) => "dyn",
            Self::Null => "null",
            Self::Bool => "bool",
            Self::Int => "int",
            Self::Uint => "uint",
            Self::Double => "double",
            Self::String => "string",
            Self::Bytes => "bytes",
            Self::Timestamp => "timestamp",
            Self::Duration => "duration",
            Self::IpAddress => "IPAddress",
            Self::List(element) => return write!(formatter, "list({element})"),
            Self::Map(entry) => return write!(formatter, "map({}, {})", entry[0], entry[1]),
            Self::Optional(value) => return write!(formatter, "optional_type({value})"),
            Self::Metatype(inner) if **inner == Self::Error => "type",
            Self::Metatype(inner) => return write!(formatter, "type({inner})"),
        })
    }
}
