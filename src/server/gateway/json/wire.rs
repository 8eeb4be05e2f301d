//! The wire's encoding, field by field.

use prost::encoding::{WireType, decode_key, decode_varint, encode_key, encode_varint};
use smallvec::SmallVec;

use super::write::Malformed;

const VARINT_BYTES_MAX: usize = 10;

/// A field's value as it lies on the wire.
#[derive(Debug, Clone, Copy)]
pub(super) enum Raw<'wire> {
    Varint(u64),
    Fixed64([u8; 8]),
    /// No message of the API has such a field.
    Fixed32,
    Bytes(&'wire [u8]),
}

/// The fields of one message in their order, each with its number.
pub(super) type Fields<'wire> = SmallVec<[(u32, Raw<'wire>); 8]>;

/// Cuts a message into its fields.
pub(super) fn fields(mut wire: &[u8]) -> Result<Fields<'_>, Malformed> {
    let mut fields = Fields::new();
    while !wire.is_empty() {
        let (number, wire_type) = decode_key(&mut wire).map_err(|_| Malformed)?;
        let raw = match wire_type {
            WireType::Varint => Raw::Varint(decode_varint(&mut wire).map_err(|_| Malformed)?),
            WireType::SixtyFourBit => Raw::Fixed64(*take_array(&mut wire)?),
            WireType::ThirtyTwoBit => {
                take_array::<4>(&mut wire)?;
                Raw::Fixed32
            }
            WireType::LengthDelimited => {
                let length = decode_varint(&mut wire).map_err(|_| Malformed)?;
                let length = usize::try_from(length).map_err(|_| Malformed)?;
                let (bytes, rest) = wire.split_at_checked(length).ok_or(Malformed)?;
                wire = rest;
                Raw::Bytes(bytes)
            }
            WireType::StartGroup | WireType::EndGroup => return Err(Malformed),
        };
        fields.push((number, raw));
    }
    Ok(fields)
}

fn take_array<'wire, const LENGTH: usize>(wire: &mut &'wire [u8]) -> Result<&'wire [u8; LENGTH], Malformed> {
    let (array, rest) = wire.split_first_chunk().ok_or(Malformed)?;
    *wire = rest;
    Ok(array)
}

/// The numbers of a packed list.
pub(super) fn unpack(mut packed: &[u8]) -> Result<Vec<u64>, Malformed> {
    let mut numbers = Vec::new();
    while !packed.is_empty() {
        numbers.push(decode_varint(&mut packed).map_err(|_| Malformed)?);
    }
    Ok(numbers)
}

pub(super) fn put_varint(wire: &mut Vec<u8>, number: u32, value: u64) {
    encode_key(number, WireType::Varint, wire);
    encode_varint(value, wire);
}

/// A signed number, as `int32` and `int64` lie on the wire.
pub(super) fn put_signed(wire: &mut Vec<u8>, number: u32, value: i64) {
    put_varint(wire, number, value.cast_unsigned());
}

pub(super) fn put_double(wire: &mut Vec<u8>, number: u32, value: f64) {
    encode_key(number, WireType::SixtyFourBit, wire);
    wire.extend_from_slice(&value.to_le_bytes());
}

pub(super) fn put_bytes(wire: &mut Vec<u8>, number: u32, bytes: &[u8]) {
    encode_key(number, WireType::LengthDelimited, wire);
    encode_varint(bytes.len() as u64, wire);
    wire.extend_from_slice(bytes);
}

/// Writes a message into a field: first its content, then its length before that.
pub(super) fn put_message<T, E>(
    wire: &mut Vec<u8>,
    number: u32,
    content: impl FnOnce(&mut Vec<u8>) -> Result<T, E>,
) -> Result<T, E> {
    encode_key(number, WireType::LengthDelimited, wire);
    let start = wire.len();
    let result = content(wire)?;
    let mut buffer = [0; VARINT_BYTES_MAX];
    let mut unused = &mut buffer[..];
    encode_varint((wire.len() - start) as u64, &mut unused);
    let length_bytes = VARINT_BYTES_MAX - unused.len();
    wire.splice(start..start, buffer.into_iter().take(length_bytes));
    Ok(result)
}
