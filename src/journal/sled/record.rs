//! Keys and values in sled: a record is one part of a group of transactions, with a format, a checksum and enough
//! redundancy to notice when another part is missing.
//!
//! ```text
//! key:   b't'  first revision of the group, u64 BE  part, u32 BE
//! value: format u8  is last u8  last revision of the group u64 LE  bytes of the group u32 LE  payload  CRC-32 LE
//! ```

use super::super::error::{Corruption, Defect};
use super::writer::Change;
use crate::relationship::Revision;

/// The oldest format that this version reads. The records themselves are alike; the transactions in them are not.
pub(super) const RECORD_FORMAT_MIN: u8 = 1;
/// The format of records whose transactions list their changes one by one.
pub(super) const RECORD_FORMAT_PLAIN: u8 = 2;
/// The format of records whose transactions have their changes packed, the newest that this version reads.
pub(super) const RECORD_FORMAT_PACKED: u8 = 3;

/// Bytes of a value, at most. A leaf of sled's tree holds up to 17 values; see `store::SEGMENT_BYTES` for why it
/// matters how large a leaf can become.
pub(super) const VALUE_BYTES_MAX: usize = 16 * 1024 - 1;

/// Bytes of payload in one record, at most.
pub(super) const PAYLOAD_BYTES_MAX: usize = VALUE_BYTES_MAX - HEADER_BYTES - CHECKSUM_BYTES;

/// What keys of records begin with. Other kinds of keys have other first bytes.
const KEY_KIND: u8 = b't';
const KEY_BYTES: usize = 1 + 8 + 4;
const HEADER_BYTES: usize = 1 + 1 + 8 + 4;
const CHECKSUM_BYTES: usize = 4;

/// Where a record stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct RecordKey {
    /// The first revision of the group that the record belongs to.
    pub(super) first_revision: Revision,
    /// The record's number within the group, from 0.
    pub(super) part: u32,
}

impl RecordKey {
    /// The greatest key of all.
    pub(super) const LAST: Self = Self { first_revision: Revision(u64::MAX), part: u32::MAX };

    /// The least key of a group.
    pub(super) fn first_of(first_revision: Revision) -> Self {
        Self { first_revision, part: 0 }
    }

    /// The greatest key that a group can have.
    pub(super) fn last_of(first_revision: Revision) -> Self {
        Self { first_revision, part: u32::MAX }
    }

    /// Bytes that sort as the keys do.
    pub(super) fn to_bytes(self) -> [u8; KEY_BYTES] {
        let mut bytes = [KEY_KIND; KEY_BYTES];
        bytes[1..9].copy_from_slice(&self.first_revision.0.to_be_bytes());
        bytes[9..].copy_from_slice(&self.part.to_be_bytes());
        bytes
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (kind, bytes) = bytes.split_first()?;
        let (first_revision, part) = bytes.split_first_chunk()?;
        (*kind == KEY_KIND).then_some(Self {
            first_revision: Revision(u64::from_be_bytes(*first_revision)),
            part: u32::from_be_bytes(part.try_into().ok()?),
        })
    }
}

/// One part of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Record<'bytes> {
    /// Where it stands.
    pub(super) key: RecordKey,
    /// How the transactions of the group are encoded.
    pub(super) format: u8,
    /// Whether the group ends with it. A group without its last record was never acknowledged.
    pub(super) is_last: bool,
    /// The last revision of the group.
    pub(super) last_revision: Revision,
    /// Bytes of the payloads of all the group's records together.
    pub(super) group_bytes: u32,
    /// This part's share of them.
    pub(super) payload: &'bytes [u8],
}

impl<'bytes> Record<'bytes> {
    /// The value under which the record is stored.
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut value = Vec::with_capacity(HEADER_BYTES + self.payload.len() + CHECKSUM_BYTES);
        value.push(self.format);
        value.push(u8::from(self.is_last));
        value.extend_from_slice(&self.last_revision.0.to_le_bytes());
        value.extend_from_slice(&self.group_bytes.to_le_bytes());
        value.extend_from_slice(self.payload);
        let checksum = checksum(&self.key.to_bytes(), &value);
        value.extend_from_slice(&checksum.to_le_bytes());
        debug_assert!(value.len() <= VALUE_BYTES_MAX, "a record of {} bytes", value.len());
        value
    }

    /// The change that stores the record.
    pub(super) fn insertion(&self) -> Change {
        (self.key.to_bytes().to_vec(), Some(self.encode()))
    }

    /// The record under a key, or what is wrong with it.
    pub(super) fn decode(key: &[u8], value: &'bytes [u8]) -> Result<Self, Corruption> {
        let revision = RecordKey::from_bytes(key).map_or(Revision::ZERO, |key| key.first_revision);
        Self::decode_or_defect(key, value).map_err(|defect| Corruption { revision, defect })
    }

    fn decode_or_defect(key_bytes: &[u8], value: &'bytes [u8]) -> Result<Self, Defect> {
        let key = RecordKey::from_bytes(key_bytes).ok_or(Defect::Inconsistent)?;
        // The checksum first: a flipped bit in the format byte is damage, not a newer format.
        let (checked, stored) = value.split_last_chunk().ok_or(Defect::Checksum)?;
        if checksum(key_bytes, checked) != u32::from_le_bytes(*stored) {
            return Err(Defect::Checksum);
        }
        let (format, rest) = checked.split_first().ok_or(Defect::Inconsistent)?;
        if !(RECORD_FORMAT_MIN..=RECORD_FORMAT_PACKED).contains(format) {
            return Err(Defect::UnknownFormat { format: *format, supported: RECORD_FORMAT_PACKED });
        }
        let (is_last, rest) = rest.split_first().ok_or(Defect::Inconsistent)?;
        let (last_revision, rest) = rest.split_first_chunk().ok_or(Defect::Inconsistent)?;
        let (group_bytes, payload) = rest.split_first_chunk().ok_or(Defect::Inconsistent)?;
        Ok(Self {
            key,
            format: *format,
            is_last: *is_last != 0,
            last_revision: Revision(u64::from_le_bytes(*last_revision)),
            group_bytes: u32::from_le_bytes(*group_bytes),
            payload,
        })
    }
}

/// Covers the key too, so that a record cannot pass for another one.
pub(super) fn checksum(key: &[u8], checked: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(key);
    hasher.update(checked);
    hasher.finalize()
}
