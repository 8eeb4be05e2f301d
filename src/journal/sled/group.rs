//! Groups: the transactions of one append, as records and back.
//!
//! A group is appended whole or not at all. Its payload is each transaction in postcard, preceded by its length
//! as u32 LE; the payload is cut into records regardless of where transactions end, so that many small
//! transactions share a record and one large transaction spans many. A group with a large transaction has its changes
//! packed. One with staged changes is several times there,
//! each time with the next of its changes, and all its lengths but the last have the highest bit set (`staged_group`).

use std::collections::VecDeque;

use super::super::error::{AppendError, Corruption, Defect};
use super::super::packed::Packer;
use super::super::transaction::{Transaction, TransactionPart};
use super::encoding;
use super::record::{PAYLOAD_BYTES_MAX, RECORD_FORMAT_PACKED, RECORD_FORMAT_PLAIN, Record, RecordKey};
use super::writer::Change;
use crate::relationship::Revision;

/// Bytes of one group when encoded, at most.
pub(super) const GROUP_BYTES_MAX: usize = 1 << 30;

pub(super) const LENGTH_BYTES: usize = 4;
/// Set in the length of a transaction that goes on in the next one. Lengths stay below it.
pub(super) const GOES_ON: u32 = 1 << 31;

/// The transactions of one append, encoded.
#[derive(Debug)]
pub(super) struct EncodedGroup {
    format: u8,
    first_revision: Revision,
    last_revision: Revision,
    group_bytes: u32,
    payload: Vec<u8>,
}

/// Bytes of one transaction from which on its group is packed.
const PACKED_FROM_BYTES: usize = 16 << 10;

impl EncodedGroup {
    /// Encodes transactions whose revisions follow one another; `None` if there are none.
    pub(super) fn encode(transactions: &[Transaction]) -> Result<Option<Self>, AppendError> {
        let (Some(first), Some(last)) = (transactions.first(), transactions.last()) else {
            return Ok(None);
        };
        let (mut payload, longest) = payload_of(transactions, encoding::encode)?;
        let format = if longest < PACKED_FROM_BYTES { RECORD_FORMAT_PLAIN } else { RECORD_FORMAT_PACKED };
        if format == RECORD_FORMAT_PACKED {
            let mut packer = Packer::default();
            let encode =
                |transaction: &Transaction, bytes| encoding::encode_packed(transaction, bytes, &mut packer);
            (payload, _) = payload_of(transactions, encode)?;
        }
        Ok(Some(Self {
            format,
            first_revision: first.revision,
            last_revision: last.revision,
            group_bytes: length_as_u32(payload.len()),
            payload,
        }))
    }

    /// The journal's head once the group is appended.
    pub(super) fn last_revision(&self) -> Revision {
        self.last_revision
    }

    /// Bytes of its payload.
    pub(super) fn bytes(&self) -> u64 {
        u64::from(self.group_bytes)
    }

    /// What inserts the group's records, in order.
    pub(super) fn changes(&self) -> impl Iterator<Item = Change> {
        self.records().map(|record| record.insertion())
    }

    /// The group's records in order.
    pub(super) fn records(&self) -> impl Iterator<Item = Record<'_>> {
        let count = self.payload.len().div_ceil(PAYLOAD_BYTES_MAX);
        let parts = (0u32..).zip(self.payload.chunks(PAYLOAD_BYTES_MAX));
        parts.enumerate().map(move |(position, (part, payload))| Record {
            key: RecordKey { first_revision: self.first_revision, part },
            format: self.format,
            is_last: position + 1 == count,
            last_revision: self.last_revision,
            group_bytes: self.group_bytes,
            payload,
        })
    }
}

/// Transactions one after another, each after its length, and the length of the longest.
fn payload_of(
    transactions: &[Transaction],
    mut encode: impl FnMut(&Transaction, Vec<u8>) -> Result<Vec<u8>, postcard::Error>,
) -> Result<(Vec<u8>, usize), AppendError> {
    let mut payload = Vec::new();
    let mut longest = 0;
    for transaction in transactions {
        let start = payload.len();
        payload.extend_from_slice(&[0; LENGTH_BYTES]);
        payload = encode(transaction, payload)
            .map_err(|error| AppendError::Storage(format!("a transaction cannot be encoded: {error}")))?;
        let bytes = payload.len();
        if bytes > GROUP_BYTES_MAX {
            return Err(AppendError::TooLarge { bytes, bytes_max: GROUP_BYTES_MAX });
        }
        let length = bytes - start - LENGTH_BYTES;
        longest = longest.max(length);
        payload[start..start + LENGTH_BYTES].copy_from_slice(&length_as_u32(length).to_le_bytes());
    }
    Ok((payload, longest))
}

/// INVARIANT: lengths are at most [`GROUP_BYTES_MAX`], which fits.
fn length_as_u32(length: usize) -> u32 {
    debug_assert!(length <= GROUP_BYTES_MAX, "a length of {length}");
    u32::try_from(length).unwrap_or(u32::MAX)
}

/// Puts transactions together again from records that come in order, and notices whatever is not as written.
///
/// Holds at most one part of a transaction that is not complete yet, and the rest of one record.
#[derive(Debug)]
pub(super) struct Assembler {
    /// The revision of the next transaction.
    next_revision: Revision,
    /// The group that is being read, unless the next record begins one.
    group: Option<OpenGroup>,
    bytes: VecDeque<u8>,
    /// Bytes of the first group that are passed over.
    passed: u64,
}

#[derive(Debug)]
struct OpenGroup {
    format: u8,
    first_revision: Revision,
    last_revision: Revision,
    group_bytes: u32,
    next_part: u32,
    bytes_read: usize,
}

impl Assembler {
    /// Expects a group that begins with this revision.
    #[cfg(test)]
    pub(super) fn new(next_revision: Revision) -> Self {
        Self::resuming(next_revision, 0)
    }

    /// Expects a group that begins with this revision, and in it the records from so many bytes of the payload on: the
    /// end of a part.
    pub(super) fn resuming(next_revision: Revision, passed: u64) -> Self {
        Self { next_revision, group: None, bytes: VecDeque::new(), passed }
    }

    /// The key of the first record that is expected.
    ///
    /// INVARIANT: of a group in which a transaction goes on, every record but the last is full.
    pub(super) fn next_key(&self) -> RecordKey {
        let part = u32::try_from(self.passed / PAYLOAD_BYTES_MAX as u64).unwrap_or(u32::MAX);
        RecordKey { first_revision: self.next_revision, part }
    }

    /// The revision of the transaction that comes next.
    pub(super) fn next_revision(&self) -> Revision {
        self.next_revision
    }

    /// Takes the next record. [`Self::next_part`] must have returned `None` before.
    pub(super) fn push(&mut self, record: &Record<'_>) -> Result<(), Corruption> {
        let defective = |revision, defect| Err(Corruption { revision, defect });
        let next_revision = self.next_revision;
        let first_part = self.next_key().part;
        let group = match &mut self.group {
            Some(group) => group,
            None if record.key.first_revision > next_revision => {
                return defective(next_revision, Defect::MissingTransaction);
            }
            None if record.key.first_revision < next_revision || record.last_revision < next_revision => {
                return defective(next_revision, Defect::Inconsistent);
            }
            None => self.group.insert(OpenGroup {
                format: record.format,
                first_revision: record.key.first_revision,
                last_revision: record.last_revision,
                group_bytes: record.group_bytes,
                next_part: first_part,
                bytes_read: first_part as usize * PAYLOAD_BYTES_MAX,
            }),
        };
        if record.key.first_revision != group.first_revision || record.key.part != group.next_part {
            let part = group.next_part;
            return defective(next_revision, Defect::MissingPart { part });
        }
        group.next_part += 1;
        group.bytes_read += record.payload.len();
        let is_complete = group.bytes_read == group.group_bytes as usize;
        if record.last_revision != group.last_revision
            || record.group_bytes != group.group_bytes
            || record.format != group.format
            || record.is_last != is_complete
        {
            return defective(next_revision, Defect::Inconsistent);
        }
        let passed = std::mem::take(&mut self.passed) % PAYLOAD_BYTES_MAX as u64;
        let Some(payload) = usize::try_from(passed).ok().and_then(|passed| record.payload.get(passed..))
        else {
            return defective(next_revision, Defect::Inconsistent);
        };
        self.bytes.extend(payload);
        Ok(())
    }

    /// The next transaction, or part of one, or `None` if the next record is needed for it.
    pub(super) fn next_part(&mut self) -> Result<Option<TransactionPart>, Corruption> {
        let Some(group) = &self.group else { return Ok(None) };
        let revision = self.next_revision;
        let defective = |defect| Err(Corruption { revision, defect });
        let is_read = group.bytes_read == group.group_bytes as usize;
        let bytes = self.bytes.make_contiguous();
        let length = bytes.first_chunk::<LENGTH_BYTES>().map(|length| u32::from_le_bytes(*length));
        let is_last = length.is_none_or(|length| length & GOES_ON == 0);
        let encoded = length.and_then(|length| bytes[LENGTH_BYTES..].get(..(length & !GOES_ON) as usize));
        let Some(encoded) = encoded else {
            return if is_read { defective(Defect::Inconsistent) } else { Ok(None) };
        };
        let Some(transaction) = encoding::decode(group.format, encoded) else {
            return defective(Defect::Undecodable);
        };
        if transaction.revision != revision || revision > group.last_revision {
            return defective(Defect::Inconsistent);
        }
        let consumed = LENGTH_BYTES + encoded.len();
        self.bytes.drain(..consumed);
        let is_end = is_read && self.bytes.is_empty();
        if is_end != (is_last && revision == group.last_revision) {
            return defective(Defect::Inconsistent);
        }
        let within = (group.bytes_read - self.bytes.len()) as u64;
        if is_end {
            self.group = None;
        }
        if is_last {
            self.next_revision = revision.next();
        }
        Ok(Some(TransactionPart::new(transaction, (!is_last).then_some(within))))
    }

    /// What is missing, if the records end here although the journal's head is known.
    pub(super) fn finish(&self, head: Revision) -> Result<(), Corruption> {
        if self.next_revision > head {
            return Ok(());
        }
        let defect = match &self.group {
            Some(group) => Defect::MissingPart { part: group.next_part },
            None => Defect::MissingTransaction,
        };
        Err(Corruption { revision: self.next_revision, defect })
    }
}
