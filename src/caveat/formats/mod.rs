//! Texts that stand for values: durations, timestamps, addresses, numbers, time zones.
//!
//! What is accepted, what is refused and how values are shown is as in Go, in which SpiceDB and its CEL are written.

mod address;
mod duration;
mod number;
mod timestamp;
mod zone;

use std::fmt::Write;

use super::value::Value;

pub(super) use address::{Address, parse_address, parse_network};
pub(super) use duration::parse_duration;
pub(super) use number::{Decimal, parse_double, show_double, show_short};
pub(super) use timestamp::{Calendar, Timestamp};
pub(super) use zone::zone_offset;

/// A value as `string(value)` shows it, and as error messages do; of what has no such form, its type.
pub(super) fn shown(value: &Value) -> String {
    match value {
        Value::Bool(value) => value.to_string(),
        Value::Int(value) => value.to_string(),
        Value::Uint(value) => value.to_string(),
        Value::Double(value) => show_double(*value),
        Value::String(value) => value.to_string(),
        Value::Duration(nanoseconds) => duration::show_duration(*nanoseconds),
        Value::Timestamp(time) => time.to_string(),
        Value::IpAddress(address) => address.to_string(),
        _ => value.type_name().to_owned(),
    }
}

/// A text in quotes, as Go's `time` puts it into its messages.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            ' '..='~' => quoted.push(character),
            _ => {
                let mut bytes = [0; 4];
                for byte in character.encode_utf8(&mut bytes).bytes() {
                    _ = write!(quoted, "\\x{byte:02x}");
                }
            }
        }
    }
    quoted.push('"');
    quoted
}

/// A text in quotes, as Go's `strconv` does it: what can be seen as it is.
pub(super) fn quoted_unicode(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            '\u{7}' => quoted.push_str("\\a"),
            '\u{8}' => quoted.push_str("\\b"),
            '\u{c}' => quoted.push_str("\\f"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            '\u{b}' => quoted.push_str("\\v"),
            _ if is_printable(character) => quoted.push(character),
            _ => {
                let code = u32::from(character);
                _ = match code {
                    0..0x80 => write!(quoted, "\\x{code:02x}"),
                    0x80..0x1_0000 => write!(quoted, "\\u{code:04x}"),
                    _ => write!(quoted, "\\U{code:08x}"),
                };
            }
        }
    }
    quoted.push('"');
    quoted
}

/// Whether a character can be seen; of spaces, only the common one.
fn is_printable(character: char) -> bool {
    if character.is_ascii() {
        return (' '..='~').contains(&character);
    }
    // Behind another character, accents are not escaped.
    [' ', character].iter().collect::<String>().escape_debug().nth(1) == Some(character)
}
