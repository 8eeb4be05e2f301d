//! Names and ids as types of their own, each checked when it is made.
//!
//! The rules are those of `authzed.api.v1`, with one difference on purpose: object ids also take `. : @ % ~ ,`,
//! so that e-mail addresses and composite keys need no encoding.

use std::fmt;

use serde::{Deserialize, Serialize, Serializer};

use super::error::{MalformedValue, NameKind};

/// Bytes that an object id may have, at most.
const OBJECT_ID_BYTES_MAX: usize = 1024;
/// Bytes that a definition's name may have with all its prefixes, at most.
const DEFINITION_BYTES_MAX: usize = 128;

macro_rules! string_newtype {
    ($(#[$doc:meta])* $name:ident, $kind:expr, $accepts:path) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
        #[serde(try_from = "String")]
        pub struct $name(String);

        impl $name {
            /// Takes a string that keeps the rule of its kind.
            pub fn new(value: impl Into<String>) -> Result<Self, MalformedValue> {
                let value = value.into();
                if $accepts(&value) { Ok(Self(value)) } else { Err(MalformedValue { kind: $kind, value }) }
            }

            /// The string itself.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        /// As the string, without the copy that a conversion would make.
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl TryFrom<String> for $name {
            type Error = MalformedValue;

            fn try_from(value: String) -> Result<Self, MalformedValue> {
                Self::new(value)
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.0
            }
        }

        impl std::str::FromStr for $name {
            type Err = MalformedValue;

            fn from_str(value: &str) -> Result<Self, MalformedValue> {
                Self::new(value)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(formatter, "{:?}", self.0)
            }
        }
    };
}

string_newtype! {
    /// The name of a definition (an object type), such as `agent` or `acme/agent`. At most 128 bytes.
    DefinitionName, NameKind::Definition, is_definition_name
}
string_newtype! {
    /// The name of a relation or permission, such as `owner`. 3 to 64 bytes.
    RelationName, NameKind::Relation, is_relation_name
}
string_newtype! {
    /// The name of a caveat. 1 to 128 bytes.
    CaveatName, NameKind::Caveat, is_caveat_name
}
string_newtype! {
    /// The id of one object within its definition. 1 to 1024 bytes; never the wildcard `*`.
    ObjectId, NameKind::ObjectId, is_object_id
}
string_newtype! {
    /// What object ids begin with, in a filter. At most 1024 bytes, possibly empty.
    ObjectIdPrefix, NameKind::ObjectIdPrefix, is_object_id_prefix
}
string_newtype! {
    /// The name of a counter of relationships. 3 to 64 bytes.
    CounterName, NameKind::Counter, is_relation_name
}

impl From<ObjectId> for ObjectIdPrefix {
    fn from(id: ObjectId) -> Self {
        Self(id.0)
    }
}

fn is_definition_name(value: &str) -> bool {
    let mut segments = value.split('/');
    let last_is_name = segments.next_back().is_some_and(|last| is_segment(last, 64));
    value.len() <= DEFINITION_BYTES_MAX && last_is_name && segments.all(|prefix| is_segment(prefix, 63))
}

fn is_relation_name(value: &str) -> bool {
    is_segment(value, 64)
}

/// `[a-z][a-z0-9_]*[a-z0-9]` of 3 to `bytes_max` bytes.
fn is_segment(value: &str, bytes_max: usize) -> bool {
    let bytes = value.as_bytes();
    let is_inner = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || *byte == b'_';
    (3..=bytes_max).contains(&bytes.len())
        && bytes[0].is_ascii_lowercase()
        && bytes.iter().all(is_inner)
        && bytes[bytes.len() - 1] != b'_'
}

fn is_caveat_name(value: &str) -> bool {
    let bytes = value.as_bytes();
    let is_inner = |byte: &u8| byte.is_ascii_alphanumeric() || b"/_|-".contains(byte);
    (1..=128).contains(&bytes.len())
        && (bytes[0].is_ascii_alphanumeric() || bytes[0] == b'_')
        && bytes.iter().all(is_inner)
}

fn is_object_id(value: &str) -> bool {
    !value.is_empty() && is_object_id_prefix(value)
}

fn is_object_id_prefix(value: &str) -> bool {
    value.len() <= OBJECT_ID_BYTES_MAX && value.bytes().all(|byte| IS_ID_BYTE[byte as usize])
}

/// Which bytes an object id may have, as a table: ids are checked on every request.
static IS_ID_BYTE: [bool; 256] = {
    let allowed = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/_|-=+.:@%~,";
    let mut table = [false; 256];
    let mut place = 0;
    while place < allowed.len() {
        table[allowed[place] as usize] = true;
        place += 1;
    }
    table
};
