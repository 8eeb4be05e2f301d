//! Protocol Buffers without descriptors: fields by number, to be changed, and a short notation to write them in.

/// One field of a message.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Field {
    pub(crate) number: u64,
    pub(crate) value: Value,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    Varint(u64),
    Fixed64([u8; 8]),
    Bytes(Vec<u8>),
    Fixed32([u8; 4]),
}

/// The fields of a message, if it is one.
pub(crate) fn parse(mut bytes: &[u8]) -> Option<Vec<Field>> {
    let mut fields = Vec::new();
    while !bytes.is_empty() {
        let tag = varint(&mut bytes)?;
        let value = match tag & 7 {
            0 => Value::Varint(varint(&mut bytes)?),
            1 => Value::Fixed64(*take(&mut bytes, 8)?.first_chunk()?),
            2 => {
                let length = usize::try_from(varint(&mut bytes)?).ok()?;
                Value::Bytes(take(&mut bytes, length)?.to_vec())
            }
            5 => Value::Fixed32(*take(&mut bytes, 4)?.first_chunk()?),
            _ => return None,
        };
        fields.push(Field { number: tag >> 3, value });
    }
    Some(fields)
}

/// The message of some fields.
pub(crate) fn print(fields: &[Field]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for Field { number, value } in fields {
        let (kind, content): (u64, &[u8]) = match value {
            Value::Varint(_) => (0, &[]),
            Value::Fixed64(content) => (1, content),
            Value::Bytes(content) => (2, content),
            Value::Fixed32(content) => (5, content),
        };
        put_varint(&mut bytes, number << 3 | kind);
        match value {
            Value::Varint(value) => put_varint(&mut bytes, *value),
            Value::Bytes(content) => put_varint(&mut bytes, content.len() as u64),
            Value::Fixed64(_) | Value::Fixed32(_) => {}
        }
        bytes.extend_from_slice(content);
    }
    bytes
}

/// Every text in a message and in the messages within it.
pub(crate) fn texts(bytes: &[u8]) -> Vec<String> {
    let mut texts: Vec<String> = std::str::from_utf8(bytes).map(str::to_owned).into_iter().collect();
    for Field { value, .. } in parse(bytes).unwrap_or_default() {
        if let Value::Bytes(inner) = value {
            texts.append(&mut self::texts(&inner));
        }
    }
    texts
}

/// A message in a short notation: a number, and what the field of this number has: a number, `"text"`, `{message}`, a
/// double as `~1.5`, or `$` for a text that is given; without one, neither the field is there nor messages of which it is
/// all. As in `2{1"doc" 2"a"} 3"view" 6 1`.
pub(crate) fn message(notation: &str, given: Option<&[u8]>) -> Vec<u8> {
    let mut rest = notation;
    let fields = fields(&mut rest, given);
    assert!(rest.is_empty(), "`{rest}` is left of `{notation}`");
    print(&fields)
}

fn fields(rest: &mut &str, given: Option<&[u8]>) -> Vec<Field> {
    let mut fields = Vec::new();
    loop {
        *rest = rest.trim_start();
        if rest.is_empty() || rest.starts_with('}') {
            return fields;
        }
        let number = number(rest);
        *rest = rest.trim_start();
        let value = if let Some(text) = rest.strip_prefix('"') {
            let (text, after) = text.split_once('"').expect("a text ends");
            *rest = after;
            Value::Bytes(text.replace("\\n", "\n").into_bytes())
        } else if let Some(inner) = rest.strip_prefix('{') {
            *rest = inner;
            let inner = self::fields(rest, given);
            *rest = rest.strip_prefix('}').expect("a message ends");
            if given.is_none() && inner.is_empty() {
                continue;
            }
            Value::Bytes(print(&inner))
        } else if let Some(after) = rest.strip_prefix('$') {
            *rest = after;
            let Some(given) = given else { continue };
            Value::Bytes(given.to_vec())
        } else if let Some(double) = rest.strip_prefix('~') {
            let end = double.find([' ', '}']).unwrap_or(double.len());
            let (double, after) = double.split_at(end);
            *rest = after;
            Value::Fixed64(double.parse::<f64>().expect("a double").to_le_bytes())
        } else {
            Value::Varint(self::number(rest))
        };
        fields.push(Field { number, value });
    }
}

fn number(rest: &mut &str) -> u64 {
    let end = rest.find(|character: char| !character.is_ascii_digit()).unwrap_or(rest.len());
    let (digits, after) = rest.split_at(end);
    *rest = after;
    digits.parse().unwrap_or_else(|_| panic!("a number before `{after}`"))
}

fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u64::from(byte & 0x7f) << shift;
        if byte >> 7 == 0 {
            return Some(number);
        }
    }
    None
}

fn put_varint(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 1 << 7 {
        bytes.push((number & 0x7f | 0x80).to_le_bytes()[0]);
        number >>= 7;
    }
    bytes.push(number.to_le_bytes()[0]);
}

fn take<'bytes>(bytes: &mut &'bytes [u8], count: usize) -> Option<&'bytes [u8]> {
    let (taken, rest) = bytes.split_at_checked(count)?;
    *bytes = rest;
    Some(taken)
}
