//! Reading transactions back in order.

use std::ops::ControlFlow;

use super::super::error::{Corruption, Defect, JournalError};
use super::super::transaction::{JournalPlace, TransactionPart};
use super::fault::{Fault, contained};
use super::group::Assembler;
use super::record::{Record, RecordKey};
use crate::relationship::Revision;

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

/// The first revision of the group that a revision lies in.
fn first_revision_of_group(database: &sled::Db, revision: Revision) -> Result<Revision, JournalError> {
    let range = RecordKey::first_of(Revision::ZERO).to_bytes()..=RecordKey::last_of(revision).to_bytes();
    match contained(|| database.range(range).next_back().transpose()) {
        Ok(Some((key, value))) => Ok(Record::decode(&key, &value)?.key.first_revision),
        Ok(None) => Ok(revision),
        Err(fault) => Err(unreadable(revision, fault)),
    }
}

fn unreadable(revision: Revision, fault: Fault) -> JournalError {
    match fault {
        Fault::Storage(text) => JournalError::Storage(text),
        Fault::Damage(text) => {
            tracing::error!(%revision, "the journal is damaged: {text}");
            JournalError::Corrupt(Corruption { revision, defect: Defect::UnreadablePage })
        }
    }
}
