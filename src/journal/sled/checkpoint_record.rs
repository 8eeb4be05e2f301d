//! Keys and values of a checkpoint in sled: its segments in parts, and its head, which is written last.
//!
//! ```text
//! part:  key    b'c'  segment, u32 BE  part, u32 BE
//!        value  format u8  is last u8  bytes of the segment u32 LE  payload  CRC-32 LE of key and value before it
//! head:  key    b"m/checkpoint"
//!        value  format u8  revision u64 LE  trimmed to u64 LE  segments u32 LE  bytes of all segments u64 LE
//!               bytes of transactions u64 LE  CRC-32 LE of key and value before it
//! ```

use super::super::error::{Corruption, Defect};
use super::fault::Fault;
use super::record::{VALUE_BYTES_MAX, checksum};
use super::writer::Change;
use crate::relationship::Revision;

/// The format of checkpoints that this version writes, and the only one that it reads. What is in a segment has a
/// format of its own.
const CHECKPOINT_FORMAT: u8 = 1;

/// Bytes of one segment, at most.
pub(super) const SEGMENT_BYTES_MAX: usize = 1 << 30;

/// Bytes of a segment in one value, at most.
pub(super) const PART_BYTES_MAX: usize = VALUE_BYTES_MAX - PART_HEADER_BYTES - CHECKSUM_BYTES;

const HEAD_KEY: &[u8] = b"m/checkpoint";
const PART_KEY_KIND: u8 = b'c';
const PART_KEY_BYTES: usize = 1 + 4 + 4;
const PART_HEADER_BYTES: usize = 1 + 1 + 4;
const CHECKSUM_BYTES: usize = 4;

/// What a checkpoint has, and what is kept beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct CheckpointHead {
    /// The revision whose state it has.
    pub(super) revision: Revision,
    /// The transactions up to here are forgotten.
    pub(super) trimmed_to: Revision,
    /// How many segments it has.
    pub(super) segment_count: u32,
    /// Bytes of all of them.
    pub(super) segment_bytes: u64,
    /// Bytes of the groups that are kept and end at or before its revision.
    pub(super) transaction_bytes: u64,
}

impl CheckpointHead {
    /// The key that it stands under.
    pub(super) const KEY: &'static [u8] = HEAD_KEY;

    /// What inserts it.
    pub(super) fn insertion(&self) -> Change {
        let Self { revision, trimmed_to, segment_count, segment_bytes, transaction_bytes } = self;
        let mut value = vec![CHECKPOINT_FORMAT];
        value.extend_from_slice(&revision.0.to_le_bytes());
        value.extend_from_slice(&trimmed_to.0.to_le_bytes());
        value.extend_from_slice(&segment_count.to_le_bytes());
        value.extend_from_slice(&segment_bytes.to_le_bytes());
        value.extend_from_slice(&transaction_bytes.to_le_bytes());
        let checksum = checksum(HEAD_KEY, &value);
        value.extend_from_slice(&checksum.to_le_bytes());
        (HEAD_KEY.to_vec(), Some(value))
    }

    /// What a value under its key says.
    pub(super) fn decode(value: &[u8]) -> Result<Self, Fault> {
        let defective = || Fault::Damage("the record of its checkpoint is not as it was written".to_owned());
        let (checked, stored) = value.split_last_chunk().ok_or_else(defective)?;
        if checksum(HEAD_KEY, checked) != u32::from_le_bytes(*stored) {
            return Err(defective());
        }
        let (format, rest) = checked.split_first().ok_or_else(defective)?;
        if *format != CHECKPOINT_FORMAT {
            return Err(Fault::Damage(format!(
                "its checkpoint has format {format}, which this arrowroot does not read"
            )));
        }
        let mut fields = Fields { rest };
        let head = Self {
            revision: Revision(fields.u64().ok_or_else(defective)?),
            trimmed_to: Revision(fields.u64().ok_or_else(defective)?),
            segment_count: fields.u32().ok_or_else(defective)?,
            segment_bytes: fields.u64().ok_or_else(defective)?,
            transaction_bytes: fields.u64().ok_or_else(defective)?,
        };
        (fields.rest.is_empty() && head.trimmed_to <= head.revision).then_some(head).ok_or_else(defective)
    }
}

/// Takes numbers off the front of bytes.
struct Fields<'bytes> {
    rest: &'bytes [u8],
}

impl Fields<'_> {
    fn u32(&mut self) -> Option<u32> {
        let (bytes, rest) = self.rest.split_first_chunk()?;
        self.rest = rest;
        Some(u32::from_le_bytes(*bytes))
    }

    fn u64(&mut self) -> Option<u64> {
        let (bytes, rest) = self.rest.split_first_chunk()?;
        self.rest = rest;
        Some(u64::from_le_bytes(*bytes))
    }
}

/// Where a part of a segment stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct PartKey {
    /// The segment's number, from 0.
    pub(super) segment: u32,
    /// The part's number within the segment, from 0.
    pub(super) part: u32,
}

impl PartKey {
    /// Bytes that sort as the keys do.
    pub(super) fn to_bytes(self) -> [u8; PART_KEY_BYTES] {
        let mut bytes = [PART_KEY_KIND; PART_KEY_BYTES];
        bytes[1..5].copy_from_slice(&self.segment.to_be_bytes());
        bytes[5..].copy_from_slice(&self.part.to_be_bytes());
        bytes
    }
}

/// What inserts a segment, in order. It is not longer than [`SEGMENT_BYTES_MAX`].
pub(super) fn segment_insertions(number: u32, segment: &[u8]) -> impl Iterator<Item = Change> {
    debug_assert!(segment.len() <= SEGMENT_BYTES_MAX, "a segment of {} bytes", segment.len());
    let count = segment.len().div_ceil(PART_BYTES_MAX).max(1);
    let bytes = u32::try_from(segment.len()).unwrap_or(u32::MAX);
    (0..count).map(move |position| {
        let start = position * PART_BYTES_MAX;
        let payload = &segment[start..segment.len().min(start + PART_BYTES_MAX)];
        // A segment has fewer parts than bytes.
        let key = PartKey { segment: number, part: u32::try_from(position).unwrap_or(u32::MAX) }.to_bytes();
        let mut value = Vec::with_capacity(PART_HEADER_BYTES + payload.len() + CHECKSUM_BYTES);
        value.push(CHECKPOINT_FORMAT);
        value.push(u8::from(position + 1 == count));
        value.extend_from_slice(&bytes.to_le_bytes());
        value.extend_from_slice(payload);
        let checksum = checksum(&key, &value);
        value.extend_from_slice(&checksum.to_le_bytes());
        (key.to_vec(), Some(value))
    })
}

/// Puts a segment together from its parts, which come in order, and notices whatever is not as written.
#[derive(Debug)]
pub(super) struct SegmentAssembler {
    revision: Revision,
    next: PartKey,
    is_complete: bool,
    bytes: Vec<u8>,
}

impl SegmentAssembler {
    /// Expects the parts of this segment of the checkpoint at this revision.
    pub(super) fn new(revision: Revision, segment: u32) -> Self {
        Self { revision, next: PartKey { segment, part: 0 }, is_complete: false, bytes: Vec::new() }
    }

    /// Takes the next part.
    pub(super) fn push(&mut self, key: &[u8], value: &[u8]) -> Result<(), Corruption> {
        let PartKey { segment, part } = self.next;
        if key != self.next.to_bytes() || self.is_complete {
            return Err(self.corruption(Defect::MissingSegmentPart { segment, part }));
        }
        let Some((checked, stored)) = value.split_last_chunk() else {
            return Err(self.corruption(Defect::SegmentChecksum { segment }));
        };
        if checksum(key, checked) != u32::from_le_bytes(*stored) {
            return Err(self.corruption(Defect::SegmentChecksum { segment }));
        }
        let Some(([format, is_last, segment_bytes @ ..], payload)) =
            checked.split_first_chunk::<PART_HEADER_BYTES>()
        else {
            return Err(self.corruption(Defect::Inconsistent));
        };
        if *format != CHECKPOINT_FORMAT {
            let defect = Defect::UnknownFormat { format: *format, supported: CHECKPOINT_FORMAT };
            return Err(self.corruption(defect));
        }
        self.bytes.extend_from_slice(payload);
        self.is_complete = *is_last != 0;
        self.next.part = part.saturating_add(1);
        let bytes = u32::from_le_bytes(*segment_bytes) as usize;
        if self.bytes.len() > bytes || self.is_complete != (self.bytes.len() == bytes) {
            return Err(self.corruption(Defect::Inconsistent));
        }
        Ok(())
    }

    /// The segment.
    pub(super) fn finish(self) -> Result<Vec<u8>, Corruption> {
        if self.is_complete {
            return Ok(self.bytes);
        }
        let PartKey { segment, part } = self.next;
        Err(self.corruption(Defect::MissingSegmentPart { segment, part }))
    }

    fn corruption(&self, defect: Defect) -> Corruption {
        Corruption { revision: self.revision, defect }
    }
}
