//! Reading transactions back in order, and their records as they are.

use std::ops::ControlFlow;

use super::super::error::{Corruption, Defect, JournalError};
use super::super::transaction::{JournalPlace, TransactionPart};
use super::checkpoint::SledCheckpoint;
use super::checkpoint_record::CheckpointHead;
use super::fault::{Fault, contained};
use super::group::Assembler;
use super::record::{Record, RecordKey};
use crate::relationship::Revision;

/// What reads go to.
#[derive(Debug)]
pub(super) struct Reading {
    database: sled::Db,
    checkpoint: Option<CheckpointHead>,
}

impl Reading {
    /// A database, and the checkpoint that it begins with, if any.
    pub(super) fn new(database: sled::Db, checkpoint: Option<CheckpointHead>) -> Self {
        Self { database, checkpoint }
    }

    /// The database.
    pub(super) fn database(&self) -> &sled::Db {
        &self.database
    }

    /// The revision up to which transactions are forgotten.
    pub(super) fn oldest(&self) -> Revision {
        self.checkpoint.map_or(Revision::ZERO, |checkpoint| checkpoint.trimmed_to)
    }

    /// The checkpoint.
    pub(super) fn checkpoint(&self) -> Option<SledCheckpoint> {
        self.checkpoint.map(|head| SledCheckpoint::new(self.database.clone(), head))
    }
}

/// Visits the transactions from a place on and up to the head, and fails where one is not as it was written.
///
/// Holds one transaction, or one part of a large one, at a time, and one record.
pub(super) fn read(
    database: &sled::Db,
    from: JournalPlace,
    head: Revision,
    visit: &mut dyn FnMut(TransactionPart) -> ControlFlow<()>,
) -> Result<(), JournalError> {
    let JournalPlace { after, within } = from;
    if after >= head {
        return Ok(());
    }
    let start = first_revision_of_group(database, after.next())?;
    let mut assembler = Assembler::resuming(start, within);
    let range = assembler.next_key().to_bytes()..=RecordKey::last_of(head).to_bytes();
    let mut entries = database.range(range);
    while assembler.next_revision() <= head {
        if let Some(part) = assembler.next_part()? {
            if part.transaction.revision > after && visit(part).is_break() {
                return Ok(());
            }
            continue;
        }
        match contained(|| entries.next().transpose()) {
            Ok(Some((key, value))) => assembler.push(&Record::decode(&key, &value)?)?,
            Ok(None) => return Ok(assembler.finish(head)?),
            Err(fault) => return Err(unreadable(assembler.next_revision(), fault)),
        }
    }
    Ok(())
}

/// A record, undecoded: its key and its value.
pub(super) type Entry = (sled::IVec, sled::IVec);

/// Records from a key on, of groups that begin up to the head: of so many bytes, and one more if there are more.
pub(super) fn entries(
    database: &sled::Db,
    from: RecordKey,
    head: Revision,
    bytes_max: usize,
) -> Result<Vec<Entry>, JournalError> {
    let mut range = database.range(from.to_bytes()..=RecordKey::last_of(head).to_bytes());
    let mut entries: Vec<Entry> = Vec::new();
    let mut bytes = 0;
    while bytes < bytes_max {
        match contained(|| range.next().transpose()) {
            Ok(Some((key, value))) => {
                bytes += value.len();
                entries.push((key, value));
            }
            Ok(None) => break,
            Err(fault) => return Err(unreadable(from.first_revision, fault)),
        }
    }
    Ok(entries)
}

/// Bytes of the groups that end after a revision: each says in its first record how many they are, so that large ones
/// are passed over. What cannot be read does not count.
pub(super) fn group_bytes_after(database: &sled::Db, revision: Revision) -> Result<u64, Fault> {
    let last = RecordKey::LAST.to_bytes();
    let Ok(first) = first_revision_of_group(database, revision.next()) else { return Ok(0) };
    let mut bytes = 0;
    let mut entries = database.range(RecordKey::first_of(first).to_bytes()..=last);
    while let Some((key, value)) = contained(|| entries.next().transpose())? {
        let Ok(record) = Record::decode(&key, &value) else { continue };
        if record.last_revision > revision && record.key.part == 0 {
            bytes += u64::from(record.group_bytes);
        }
        if !record.is_last && record.last_revision >= record.key.first_revision {
            entries = database.range(RecordKey::first_of(record.last_revision.next()).to_bytes()..=last);
        }
    }
    Ok(bytes)
}

/// The first revision of the group that a revision lies in.
pub(super) fn first_revision_of_group(
    database: &sled::Db,
    revision: Revision,
) -> Result<Revision, JournalError> {
    let range = RecordKey::first_of(Revision::ZERO).to_bytes()..=RecordKey::last_of(revision).to_bytes();
    match contained(|| database.range(range).next_back().transpose()) {
        Ok(Some((key, value))) => Ok(Record::decode(&key, &value)?.key.first_revision),
        Ok(None) => Ok(revision),
        Err(fault) => Err(unreadable(revision, fault)),
    }
}

pub(super) fn unreadable(revision: Revision, fault: Fault) -> JournalError {
    match fault {
        Fault::Storage(text) => JournalError::Storage(text),
        Fault::Damage(text) => {
            tracing::error!(%revision, "the journal is damaged: {text}");
            JournalError::Corrupt(Corruption { revision, defect: Defect::UnreadablePage })
        }
    }
}
