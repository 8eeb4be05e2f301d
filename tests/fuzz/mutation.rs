//! Inputs out of other inputs: cut, joined, flipped, and changed where their form has its joints.

use crate::number::Random;
use crate::targets::{Form, Target};
use crate::wire_format::{self, Field, Value};

/// Bytes of an input, at most.
pub(crate) const INPUT_BYTES_MAX: usize = 16 << 10;

/// Changes made to one input, at most.
const CHANGES_MAX: usize = 6;
/// Messages within messages that are changed or made.
const DEPTH_MAX: usize = 200;

/// Numbers at which something may be different.
const NUMBERS: &[u64] = &[
    0,
    1,
    2,
    3,
    127,
    128,
    255,
    1000,
    1001,
    10_000,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_ffff,
    0x1_0000_0000,
    253_402_300_799,
    253_402_300_800,
    0x7fff_ffff_ffff_ffff,
    0x8000_0000_0000_0000,
    0xffff_ffff_ffff_ffff,
];

/// Changes an input of a target. `others` are inputs to take parts from.
pub(crate) fn mutate(target: &Target, input: &[u8], others: &[Vec<u8>], random: &mut Random) -> Vec<u8> {
    let mut input = input.to_vec();
    for _ in 0..=random.below(CHANGES_MAX) {
        match target.form {
            Form::Bytes => change(&mut input, others, target.words, random),
            Form::Message { head } => change_message(&mut input, head, others, target.words, random),
            Form::Chunks => change_chunks(&mut input, others, target.words, random),
        }
        input.truncate(INPUT_BYTES_MAX);
    }
    input
}

/// One change that knows of no form.
fn change(input: &mut Vec<u8>, others: &[Vec<u8>], words: &[&str], random: &mut Random) {
    let place = random.below(input.len() + 1);
    let length_bits = random.below(8);
    let end = (place + 1 + random.below(1 << length_bits)).min(input.len());
    match random.below(14) {
        0 => {
            if let Some(byte) = input.get_mut(place) {
                *byte ^= 1 << random.below(8);
            }
        }
        1 => {
            if let Some(byte) = input.get_mut(place) {
                *byte = random.next().to_le_bytes()[0];
            }
        }
        2 if place < end => drop(input.drain(place..end)),
        3 if place < end => {
            let copy = input[place..end].to_vec();
            insert(input, random.below(input.len() + 1), &copy);
        }
        4 => input.truncate(place),
        5 if !others.is_empty() => {
            let other = random.pick(others);
            let from = random.below(other.len() + 1);
            input.truncate(place);
            input.extend_from_slice(&other[from..]);
        }
        6 if !others.is_empty() => {
            let other = random.pick(others);
            let from = random.below(other.len() + 1);
            let to = (from + random.below(64)).min(other.len());
            insert(input, place, &other[from..to]);
        }
        7 => {
            let number = random.pick(NUMBERS).to_string();
            insert(input, place, number.as_bytes());
        }
        8 => {
            let number = random.pick(NUMBERS).to_le_bytes();
            let length = 1 << random.below(4);
            let to = (place + length).min(input.len());
            input.splice(place..to, number[..length].iter().copied());
        }
        9 if place < end => {
            let copy = input[place..end].repeat(2 + random.below(50));
            insert(input, place, &copy);
        }
        10 | 11 if !words.is_empty() => drop(input.splice(place..end, random.pick(words).bytes())),
        _ if !words.is_empty() => insert(input, place, random.pick(words).as_bytes()),
        _ => {}
    }
}

fn insert(input: &mut Vec<u8>, place: usize, bytes: &[u8]) {
    input.splice(place..place, bytes.iter().copied());
}

/// Changes what follows a head as a message of Protocol Buffers, mostly.
fn change_message(input: &mut Vec<u8>, head: usize, others: &[Vec<u8>], words: &[&str], random: &mut Random) {
    let parsed = input.split_at_checked(head).and_then(|(_, message)| wire_format::parse(message));
    match parsed {
        Some(mut fields) if random.is(85) => {
            let known: Vec<_> =
                others.iter().filter_map(|other| wire_format::parse(other.get(head..)?)).collect();
            change_fields(&mut fields, &known, words, DEPTH_MAX, random);
            input.truncate(head);
            input.extend_from_slice(&wire_format::print(&fields));
        }
        _ => change(input, others, words, random),
    }
}

fn change_fields(
    fields: &mut Vec<Field>,
    others: &[Vec<Field>],
    words: &[&str],
    depth: usize,
    random: &mut Random,
) {
    let place = random.below(fields.len() + 1);
    let Some(field) = fields.get_mut(place) else {
        let made = match random.below(4) {
            0 => Value::Varint(*random.pick(NUMBERS)),
            1 => Value::Bytes(random.pick(words).as_bytes().to_vec()),
            2 => match others.get(random.below(others.len() + 1)).and_then(|other| other.first()) {
                Some(field) => field.value.clone(),
                None => Value::Bytes(Vec::new()),
            },
            _ => Value::Fixed64(random.next().to_le_bytes()),
        };
        let number = 1 + random.next() % 10;
        return fields.push(Field { number, value: made });
    };
    match (random.below(12), &mut field.value) {
        (0, _) => drop(fields.remove(place)),
        (1, _) => {
            let copy = field.clone();
            let count = if random.is(10) { 1 + random.below(300) } else { 1 };
            fields.splice(place..place, std::iter::repeat_n(copy, count));
        }
        (2, _) => field.number = if random.is(90) { 1 + random.next() % 12 } else { random.next() >> 35 },
        (3, Value::Bytes(bytes)) => {
            // As deep as decoders go, or deeper.
            for _ in 0..random.below(depth + 1) {
                *bytes =
                    wire_format::print(&[Field { number: field.number, value: Value::Bytes(bytes.clone()) }]);
            }
        }
        (4, _) => field.value = Value::Varint(*random.pick(NUMBERS)),
        (_, Value::Varint(number)) => *number = *random.pick(NUMBERS),
        (_, Value::Bytes(bytes)) => match wire_format::parse(bytes).filter(|inner| !inner.is_empty()) {
            Some(mut inner) if depth > 0 && random.is(80) => {
                change_fields(&mut inner, others, words, depth - 1, random);
                *bytes = wire_format::print(&inner);
            }
            _ if random.is(30) => *bytes = random.pick(words).as_bytes().to_vec(),
            _ => {
                change(bytes, &[], words, random);
                // Most texts are to be texts, so that more than their encoding is looked at.
                if random.is(80) {
                    *bytes = String::from_utf8_lossy(bytes).into_owned().into_bytes();
                }
            }
        },
        (_, Value::Fixed64(bytes)) => *bytes = random.next().to_le_bytes(),
        (_, Value::Fixed32(bytes)) => *bytes = [0xff; 4],
    }
}

/// Changes one chunk, or which chunks there are.
fn change_chunks(input: &mut Vec<u8>, others: &[Vec<u8>], words: &[&str], random: &mut Random) {
    let mut chunks: Vec<Vec<u8>> = chunks(input).map(<[u8]>::to_vec).collect();
    let place = random.below(chunks.len() + 1);
    match random.below(20) {
        0 if place < chunks.len() => drop(chunks.remove(place)),
        1 if place < chunks.len() => {
            let copy = chunks[place].clone();
            chunks.insert(random.below(chunks.len() + 1), copy);
        }
        2 if !others.is_empty() => {
            let other = random.pick(others);
            if let Some(chunk) = self::chunks(other).nth(random.below(4)) {
                chunks.insert(place, chunk.to_vec());
            }
        }
        _ => match chunks.get_mut(place) {
            // Its first byte says what it is, and mostly stays.
            Some(chunk) if !chunk.is_empty() && random.is(95) => {
                let mut rest = chunk.split_off(1);
                change(&mut rest, &[], words, random);
                chunk.append(&mut rest);
            }
            Some(chunk) => change(chunk, &[], words, random),
            None => {}
        },
    }
    *input = join_chunks(&chunks);
}

/// Inputs of several parts: each with its length before it, as u16 LE. Lengths that are wrong are taken for less.
pub(crate) fn chunks(input: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = input;
    std::iter::from_fn(move || {
        let (length, after) = rest.split_first_chunk()?;
        let length = usize::from(u16::from_le_bytes(*length)).min(after.len());
        let (chunk, after) = after.split_at(length);
        rest = after;
        Some(chunk)
    })
}

/// The input of some parts.
pub(crate) fn join_chunks<C: AsRef<[u8]>>(chunks: &[C]) -> Vec<u8> {
    let mut input = Vec::new();
    for chunk in chunks {
        let chunk = chunk.as_ref();
        let length = u16::try_from(chunk.len()).unwrap_or(u16::MAX);
        input.extend_from_slice(&length.to_le_bytes());
        input.extend_from_slice(&chunk[..usize::from(length)]);
    }
    input
}
