//! The values that an expression computes with.

use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;

use super::entries::Entries;
use super::formats::Timestamp;
use super::message::MessageType;

/// One value. Cheap to clone: what is large is shared.
#[derive(Debug, Clone)]
pub(super) enum Value {
    Null,
    Bool(bool),
    Int(i64),
    Uint(u64),
    Double(f64),
    String(Arc<str>),
    Bytes(Arc<[u8]>),
    /// Nanoseconds: 292 years in either direction.
    Duration(i64),
    Timestamp(Timestamp),
    IpAddress(IpAddr),
    /// An IPv6 address of one network interface, such as `fe80::1%eth0`. No CIDR contains it.
    ZonedAddress(Arc<(Ipv6Addr, Box<str>)>),
    List(Arc<[Value]>),
    Map(Arc<Entries>),
    /// A type as a value, as `type(x)` gives it: its name in CEL.
    Type(&'static str),
    /// A value that may be absent.
    Optional(Option<Arc<Value>>),
    Message(Arc<Message>),
}

/// A message that stands for no other value.
#[derive(Debug, Clone)]
pub(super) enum Message {
    Empty,
    /// One field of a `Struct`.
    StructEntry {
        key: Arc<str>,
        value: Option<Value>,
    },
}

impl Message {
    /// Its type.
    pub(super) fn kind(&self) -> MessageType {
        match self {
            Self::Empty => MessageType::Empty,
            Self::StructEntry { .. } => MessageType::StructEntry,
        }
    }

    /// A field, or its default; nothing if there is no such field.
    pub(super) fn get(&self, field: &str) -> Option<Value> {
        match (self, field) {
            (Self::StructEntry { key, .. }, "key") => Some(Value::String(Arc::clone(key))),
            (Self::StructEntry { value, .. }, "value") => Some(value.clone().unwrap_or(Value::Null)),
            _ => None,
        }
    }

    /// Whether a field is set. Empty text counts as not set.
    pub(super) fn has(&self, field: &str) -> bool {
        match (self, field) {
            (Self::StructEntry { key, .. }, "key") => !key.is_empty(),
            (Self::StructEntry { value, .. }, "value") => value.is_some(),
            _ => false,
        }
    }

    /// The fields that are set, with their names.
    pub(super) fn set_fields(&self) -> Vec<(&'static str, Value)> {
        let names = self.kind().fields().iter().map(|field| field.name);
        names.filter(|name| self.has(name)).filter_map(|name| Some((name, self.get(name)?))).collect()
    }
}

impl Value {
    /// A list of values.
    pub(super) fn list(elements: Vec<Value>) -> Self {
        Self::List(elements.into())
    }

    /// The name of its type in CEL.
    pub(super) fn type_name(&self) -> &'static str {
        match self {
            Self::Null => "null_type",
            Self::Bool(_) => "bool",
            Self::Int(_) => "int",
            Self::Uint(_) => "uint",
            Self::Double(_) => "double",
            Self::String(_) => "string",
            Self::Bytes(_) => "bytes",
            Self::Duration(_) => "google.protobuf.Duration",
            Self::Timestamp(_) => "google.protobuf.Timestamp",
            Self::IpAddress(_) | Self::ZonedAddress(_) => "IPAddress",
            Self::List(_) => "list",
            Self::Map(_) => "map",
            Self::Type(_) => "type",
            Self::Optional(_) => "optional_type",
            Self::Message(message) => message.kind().name(),
        }
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::String(value.into())
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Self::String(value.into())
    }
}
