//! What a literal stands for.

use std::ops::Range;
use std::str::Chars;

/// Something wrong inside of a literal.
pub(super) struct BadLiteral {
    pub(super) message: &'static str,
    /// Bytes of the literal's text.
    pub(super) span: Range<usize>,
}

/// One part of a string or bytes.
enum Part {
    Character(char),
    /// From `\x` or an octal escape.
    Byte(u8),
    /// From `\u` or `\U`.
    CodePoint(char),
}

/// The magnitude of a whole number, decimal or `0x…`, without a `u` behind it.
pub(super) fn magnitude(text: &str) -> Option<u64> {
    match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    }
}

/// The text that a string literal stands for, prefix and quotes included in `text`.
pub(super) fn string(text: &str) -> Result<String, BadLiteral> {
    let mut decoded = String::with_capacity(text.len());
    decode(text, |part| {
        decoded.push(match part {
            Part::Character(character) | Part::CodePoint(character) => character,
            Part::Byte(code_point) => char::from(code_point),
        });
        Ok(())
    })?;
    Ok(decoded)
}

/// The bytes that a bytes literal stands for, prefix and quotes included in `text`.
pub(super) fn bytes(text: &str) -> Result<Vec<u8>, BadLiteral> {
    let mut decoded = Vec::with_capacity(text.len());
    decode(text, |part| {
        match part {
            Part::Character(character) => {
                decoded.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
            }
            Part::Byte(byte) => decoded.push(byte),
            Part::CodePoint(_) => return Err("bytes cannot have `\\u` and `\\U` escapes"),
        }
        Ok(())
    })?;
    Ok(decoded)
}

/// Gives the parts of a literal that the lexer has found to be closed. Line breaks of every kind are `\n`.
fn decode(text: &str, mut take: impl FnMut(Part) -> Result<(), &'static str>) -> Result<(), BadLiteral> {
    let letters = text.len() - text.trim_start_matches(['b', 'B', 'r', 'R']).len();
    let (prefix, quoted) = text.split_at(letters);
    let is_raw = prefix.contains(['r', 'R']);
    let is_triple = quoted.len() >= 6 && (quoted.starts_with("\"\"\"") || quoted.starts_with("'''"));
    let quote_length = if is_triple { 3 } else { 1 };
    let content_end = text.len() - quote_length;
    let mut rest = text[letters + quote_length..content_end].chars();
    loop {
        let start = content_end - rest.as_str().len();
        let part = match rest.next() {
            None => return Ok(()),
            Some('\\') if !is_raw => escape(&mut rest),
            Some('\r') => {
                if rest.as_str().starts_with('\n') {
                    rest.next();
                }
                Ok(Part::Character('\n'))
            }
            Some(character) => Ok(Part::Character(character)),
        };
        part.and_then(&mut take).map_err(|message| {
            let end = content_end - rest.as_str().len();
            BadLiteral { message, span: start..end }
        })?;
    }
}

/// What an escape stands for, from the character after the backslash on.
fn escape(rest: &mut Chars<'_>) -> Result<Part, &'static str> {
    let character = match rest.next() {
        Some('a') => '\u{7}',
        Some('b') => '\u{8}',
        Some('f') => '\u{c}',
        Some('n') => '\n',
        Some('r') => '\r',
        Some('t') => '\t',
        Some('v') => '\u{b}',
        Some(itself @ ('\\' | '?' | '"' | '\'' | '`')) => itself,
        Some('x' | 'X') => return byte(rest, 0, 2, 16).ok_or("`\\x` takes two hexadecimal digits"),
        Some('u') => return code_point(rest, 4).ok_or("`\\u` takes four hexadecimal digits"),
        Some('U') => {
            return code_point(rest, 8).ok_or("`\\U` takes eight hexadecimal digits, up to `0010FFFF`");
        }
        Some(first @ '0'..='3') => {
            let upper = first.to_digit(8).unwrap_or(0) << 6;
            return byte(rest, upper, 2, 8).ok_or("an octal escape takes three digits, up to `\\377`");
        }
        Some('4'..='9') => return Err("an octal escape takes three digits, up to `\\377`"),
        _ => return Err("there is no such escape; a backslash is written `\\\\`"),
    };
    Ok(Part::Character(character))
}

fn byte(rest: &mut Chars<'_>, upper: u32, digits: usize, radix: u32) -> Option<Part> {
    let value = upper | number(rest, digits, radix)?;
    u8::try_from(value).ok().map(Part::Byte)
}

/// Half of a surrogate pair stands for the replacement character.
fn code_point(rest: &mut Chars<'_>, digits: usize) -> Option<Part> {
    let value = number(rest, digits, 16)?;
    let is_in_range = value <= u32::from(char::MAX);
    is_in_range.then(|| Part::CodePoint(char::from_u32(value).unwrap_or(char::REPLACEMENT_CHARACTER)))
}

/// Exactly so many digits.
fn number(rest: &mut Chars<'_>, digits: usize, radix: u32) -> Option<u32> {
    let mut value = 0;
    for _ in 0..digits {
        let digit = rest.as_str().chars().next()?.to_digit(radix)?;
        rest.next();
        value = value * radix + digit;
    }
    Some(value)
}
