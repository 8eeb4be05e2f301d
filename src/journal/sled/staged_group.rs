//! The group of one transaction whose changes are staged: read frame by frame while it is written, never held whole.
//!
//! Each frame becomes a transaction of its own in the payload, which goes on in the next.

use postcard::ser_flavors::Size;

use super::super::error::AppendError;
use super::super::staged::{Frame, StagedChanges};
use super::super::transaction::Transaction;
use super::encoding;
use super::fault::Fault;
use super::group::{GOES_ON, LENGTH_BYTES};
use super::record::{PAYLOAD_BYTES_MAX, RECORD_FORMAT_PACKED, Record, RecordKey};
use super::writer::Change;
use crate::relationship::Revision;

/// A transaction and its staged changes.
#[derive(Debug)]
pub(super) struct StagedGroup<'staged> {
    transaction: Transaction,
    staged: &'staged StagedChanges,
    group_bytes: u32,
}

impl<'staged> StagedGroup<'staged> {
    /// Counts the bytes that it takes.
    pub(super) fn new(transaction: Transaction, staged: &'staged StagedChanges) -> Result<Self, AppendError> {
        let mut bytes = 0;
        for frame in staged.frames() {
            let around = encode(&transaction, *frame, &[], true).map_err(|error| storage(&error))?;
            // In `around` the length of no bytes takes one byte.
            let length = postcard::serialize_with_flavor(&frame.bytes, Size::default());
            bytes += around.len() - 1 + length.map_err(|error| storage(&error))? + frame.bytes;
        }
        let group_bytes = u32::try_from(bytes)
            .map_err(|_| AppendError::TooLarge { bytes, bytes_max: u32::MAX as usize })?;
        Ok(Self { transaction, staged, group_bytes })
    }

    /// Bytes of its payload.
    pub(super) fn bytes(&self) -> u64 {
        u64::from(self.group_bytes)
    }

    /// What inserts the group's records, in order. After a fault there are no more.
    pub(super) fn changes(&self) -> impl Iterator<Item = Result<Change, Fault>> {
        let mut cutter = Cutter {
            group: self,
            frames: self.staged.frames().iter(),
            frame_bytes: Vec::new(),
            payload: Vec::new(),
            cut: 0,
            part: 0,
            bytes_before: 0,
        };
        std::iter::from_fn(move || cutter.next().transpose()).fuse()
    }
}

/// Cuts the payload into records while it is being made.
struct Cutter<'group> {
    group: &'group StagedGroup<'group>,
    frames: std::slice::Iter<'group, Frame>,
    frame_bytes: Vec<u8>,
    payload: Vec<u8>,
    /// Bytes of `payload` that are in records already.
    cut: usize,
    part: u32,
    /// Bytes in records, of all payload.
    bytes_before: usize,
}

impl Cutter<'_> {
    fn next(&mut self) -> Result<Option<Change>, Fault> {
        while self.payload.len() - self.cut < PAYLOAD_BYTES_MAX
            && let Some(frame) = self.frames.next()
        {
            let read = self.group.staged.read(*frame, &mut self.frame_bytes);
            read.map_err(|error| Fault::Storage(error.to_string()))?;
            let is_last = self.frames.as_slice().is_empty();
            let encoded = encode(&self.group.transaction, *frame, &self.frame_bytes, is_last);
            self.payload.drain(..self.cut);
            self.cut = 0;
            self.payload.append(&mut encoded.map_err(|error| Fault::Storage(error.to_string()))?);
        }
        let rest = &self.payload[self.cut..];
        let payload = &rest[..rest.len().min(PAYLOAD_BYTES_MAX)];
        if payload.is_empty() {
            return Ok(None);
        }
        let revision: Revision = self.group.transaction.revision;
        let bytes_after = self.bytes_before + payload.len();
        let record = Record {
            key: RecordKey { first_revision: revision, part: self.part },
            format: RECORD_FORMAT_PACKED,
            is_last: bytes_after == self.group.group_bytes as usize,
            last_revision: revision,
            group_bytes: self.group.group_bytes,
            payload,
        };
        let insertion = record.insertion();
        self.cut += payload.len();
        self.part += 1;
        self.bytes_before = bytes_after;
        Ok(Some(insertion))
    }
}

/// One frame as a transaction, after its length.
fn encode(
    transaction: &Transaction,
    frame: Frame,
    bytes: &[u8],
    is_last: bool,
) -> Result<Vec<u8>, postcard::Error> {
    let mut encoded = Vec::with_capacity(LENGTH_BYTES + bytes.len() + LENGTH_BYTES);
    encoded.resize(LENGTH_BYTES, 0);
    encoded = encoding::encode_run(transaction, frame.changes(bytes), encoded)?;
    // Frames are small: a length reaches its highest bit by no means.
    let length = u32::try_from(encoded.len() - LENGTH_BYTES).unwrap_or(GOES_ON - 1);
    let length = if is_last { length } else { length | GOES_ON };
    encoded[..LENGTH_BYTES].copy_from_slice(&length.to_le_bytes());
    Ok(encoded)
}

fn storage(error: &postcard::Error) -> AppendError {
    AppendError::Storage(format!("a transaction cannot be encoded: {error}"))
}
