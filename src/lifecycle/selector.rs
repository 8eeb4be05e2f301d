//! What clients call their resources, accounts and people ⇄ object ids.
//!
//! An id keeps the bytes that object ids may have. Every other byte, and `%`, is written `%` and two hexadecimal
//! digits, as in a URL, so that each text is one id and comes back as it was.

use std::fmt::Write as _;

use crate::relationship::ObjectId;

/// Bytes that an encoded id may have, at most: with a definition's name before it, it has to be an object id again.
const ENCODED_BYTES_MAX: usize = 1024 - 129;

/// A text that is no id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidId {
    /// It is empty.
    #[error("must not be empty")]
    Empty,
    /// It is too long.
    #[error(
        "must not be longer than {ENCODED_BYTES_MAX} bytes, with three for each that object ids cannot have"
    )]
    TooLong,
}

/// The object id of a text.
pub(super) fn encode(text: &str) -> Result<ObjectId, InvalidId> {
    if text.is_empty() {
        return Err(InvalidId::Empty);
    }
    if text.len() > ENCODED_BYTES_MAX {
        return Err(InvalidId::TooLong);
    }
    let id = if text.bytes().all(is_kept) { text.to_owned() } else { escape(text) };
    if id.len() > ENCODED_BYTES_MAX {
        return Err(InvalidId::TooLong);
    }
    // What remains of what an id may be is its length, which is right.
    ObjectId::new(id).map_err(|_| InvalidId::TooLong)
}

/// The text whose object id this is; none if it is no text's, since it was not written here.
pub(super) fn decode_exactly(id: &str) -> Option<String> {
    let text = decode(id);
    let is_exact = !id.contains('%') || encode(&text).is_ok_and(|encoded| encoded.as_str() == id);
    is_exact.then_some(text)
}

/// The text of an object id. What no text has as its id, since it was not written here, stands for itself.
pub(super) fn decode(id: &str) -> String {
    if !id.contains('%') {
        return id.to_owned();
    }
    let mut bytes = Vec::with_capacity(id.len());
    let mut rest = id.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        let escaped = (*first == b'%').then(|| after.split_first_chunk::<2>()).flatten();
        match escaped.and_then(|(digits, after)| Some((byte_of(*digits)?, after))) {
            Some((byte, after)) => {
                bytes.push(byte);
                rest = after;
            }
            None => bytes.push(*first),
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| id.to_owned())
}

fn is_kept(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"/_|-=+.:@~,".contains(&byte)
}

fn escape(text: &str) -> String {
    let mut id = String::with_capacity(text.len() * 3);
    for byte in text.bytes() {
        if is_kept(byte) {
            id.push(char::from(byte));
        } else {
            // Writing to a string does not fail.
            let _ = write!(id, "%{byte:02X}");
        }
    }
    id
}

fn byte_of([high, low]: [u8; 2]) -> Option<u8> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    };
    Some(digit(high)? << 4 | digit(low)?)
}

#[cfg(test)]
mod tests;
