//! The values that an expression computes with.

use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;

use super::entries::Entries;
use super::formats::Timestamp;

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
