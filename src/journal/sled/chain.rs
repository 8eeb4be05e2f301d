//! Records one after another, as bytes: whether groups follow one another without gaps, and what they come to.
//!
//! It is what is known of transactions without decoding them, and enough to copy them and to tell that a copy is whole.

use super::super::error::{Corruption, Defect};
use super::record::{Record, RecordKey};
use crate::relationship::Revision;

/// Takes up records in the order of their keys.
#[derive(Debug)]
pub(super) struct Chain {
    /// The revision that the next group begins with.
    next_revision: Revision,
    /// Groups that end up to here are counted apart.
    divide: Revision,
    group: Option<OpenGroup>,
    totals: ChainTotals,
    digest: crc32fast::Hasher,
}

/// What records come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct ChainTotals {
    /// How many there are.
    pub(super) records: u64,
    /// Bytes of the groups that end at or before the divide.
    pub(super) bytes_before: u64,
    /// Bytes of those that end after it.
    pub(super) bytes_after: u64,
    /// Of all keys and values.
    pub(super) digest: u32,
}

#[derive(Debug)]
struct OpenGroup {
    first_revision: Revision,
    last_revision: Revision,
    group_bytes: u32,
    next_part: u32,
    bytes: u64,
}

impl Chain {
    /// Expects the group that begins with a revision, and all that follow.
    pub(super) fn new(next_revision: Revision, divide: Revision) -> Self {
        Self {
            next_revision,
            divide,
            group: None,
            totals: ChainTotals::default(),
            digest: crc32fast::Hasher::new(),
        }
    }

    /// Takes a record that is where it belongs, verified by its checksum.
    pub(super) fn push(&mut self, key: &[u8], value: &[u8]) -> Result<(), Corruption> {
        let record = Record::decode(key, value)?;
        let defective = |revision, defect| Err(Corruption { revision, defect });
        let RecordKey { first_revision, part } = record.key;
        let next_revision = self.next_revision;
        let group = match &mut self.group {
            Some(group) => group,
            None if first_revision > next_revision => {
                return defective(next_revision, Defect::MissingTransaction);
            }
            None if first_revision < next_revision || record.last_revision < first_revision => {
                return defective(next_revision, Defect::Inconsistent);
            }
            None => self.group.insert(OpenGroup {
                first_revision,
                last_revision: record.last_revision,
                group_bytes: record.group_bytes,
                next_part: 0,
                bytes: 0,
            }),
        };
        if first_revision != group.first_revision || part != group.next_part {
            return defective(group.first_revision, Defect::MissingPart { part: group.next_part });
        }
        group.next_part += 1;
        group.bytes += record.payload.len() as u64;
        let is_complete = group.bytes == u64::from(group.group_bytes);
        if record.last_revision != group.last_revision
            || record.group_bytes != group.group_bytes
            || record.is_last != is_complete
        {
            return defective(group.first_revision, Defect::Inconsistent);
        }
        self.totals.records += 1;
        self.digest.update(key);
        self.digest.update(value);
        if record.is_last {
            let is_before = record.last_revision <= self.divide;
            let Self { totals: ChainTotals { bytes_before, bytes_after, .. }, .. } = self;
            *(if is_before { bytes_before } else { bytes_after }) += u64::from(record.group_bytes);
            self.next_revision = record.last_revision.next();
            self.group = None;
        }
        Ok(())
    }

    /// Where the next record stands.
    pub(super) fn next_key(&self) -> RecordKey {
        match &self.group {
            Some(group) => RecordKey { first_revision: group.first_revision, part: group.next_part },
            None => RecordKey::first_of(self.next_revision),
        }
    }

    /// The revision that the next group begins with, or the one of which a part is still missing.
    pub(super) fn next_revision(&self) -> Revision {
        self.next_revision
    }

    /// What is missing, if the records end here although the head is known.
    pub(super) fn check_end(&self, head: Revision) -> Result<(), Corruption> {
        let (revision, defect) = match &self.group {
            Some(group) => (group.first_revision, Defect::MissingPart { part: group.next_part }),
            None if self.next_revision <= head => (self.next_revision, Defect::MissingTransaction),
            None => return Ok(()),
        };
        Err(Corruption { revision, defect })
    }

    /// What they came to so far.
    pub(super) fn totals(&self) -> ChainTotals {
        ChainTotals { digest: self.digest.clone().finalize(), ..self.totals }
    }
}
