//! The types that a caveat's parameter may have.

use std::fmt;

/// The declared type of a parameter.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ParameterType {
    /// Anything that JSON can say; checked when it is used.
    Any,
    /// `true` or `false`.
    Bool,
    /// Text.
    String,
    /// A whole number of 64 bits.
    Int,
    /// A whole number of 64 bits that is not negative.
    Uint,
    /// A number of 64 bits with a fraction.
    Double,
    /// Bytes, base64 in JSON.
    Bytes,
    /// A length of time, such as `1h30m`.
    Duration,
    /// A point in time, RFC 3339 in JSON.
    Timestamp,
    /// An IPv4 or IPv6 address.
    IpAddress,
    /// A list of values of one type.
    List(Box<ParameterType>),
    /// Values of one type by text.
    Map(Box<ParameterType>),
}

/// As it is written in a schema, such as `list<string>`.
impl fmt::Display for ParameterType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Any => "any",
            Self::Bool => "bool",
            Self::String => "string",
            Self::Int => "int",
            Self::Uint => "uint",
            Self::Double => "double",
            Self::Bytes => "bytes",
            Self::Duration => "duration",
            Self::Timestamp => "timestamp",
            Self::IpAddress => "ipaddress",
            Self::List(element) => return write!(formatter, "list<{element}>"),
            Self::Map(value) => return write!(formatter, "map<{value}>"),
        })
    }
}
