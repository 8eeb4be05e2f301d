//! The values that an expression computes with.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

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
    Duration(jiff::SignedDuration),
    Timestamp(jiff::Timestamp),
    IpAddress(IpAddr),
    List(Arc<[Value]>),
    Map(Arc<BTreeMap<MapKey, Value>>),
    /// A type as a value, as `type(x)` gives it: its name in CEL.
    Type(&'static str),
}

/// What a map is keyed by. Whole numbers are one key whatever their type, as CEL has them equal.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum MapKey {
    Bool(bool),
    Int(i64),
    /// Only above the range of `Int`.
    Uint(u64),
    String(Arc<str>),
}
