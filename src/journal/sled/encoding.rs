//! Transactions as bytes: the formats that this version writes, and the earlier one that it still reads.

use serde::Deserialize;

use super::super::packed::{PackedChanges, Packer};
use super::super::transaction::{RelationshipChange, Transaction};
use super::record::{RECORD_FORMAT_MIN, RECORD_FORMAT_PACKED, RECORD_FORMAT_PLAIN};
use crate::relationship::{Object, RelationName, Relationship, Revision, Subject, Timestamp};

/// Appends a transaction to bytes, its changes one by one.
pub(super) fn encode(transaction: &Transaction, bytes: Vec<u8>) -> Result<Vec<u8>, postcard::Error> {
    postcard::to_extend(transaction, bytes)
}

/// Appends a transaction to bytes, its changes packed where that makes them fewer.
pub(super) fn encode_packed(
    transaction: &Transaction,
    bytes: Vec<u8>,
    compression: &mut Packer,
) -> Result<Vec<u8>, postcard::Error> {
    let mut changes = Vec::new();
    for change in &transaction.changes {
        changes = postcard::to_extend(change, changes)?;
    }
    let count = u32::try_from(transaction.changes.len()).map_err(|_| postcard::Error::SerializeBufferFull)?;
    let packed = compression.pack(&changes);
    let unpacked_bytes = packed.as_ref().and_then(|_| u32::try_from(changes.len()).ok()).unwrap_or_default();
    encode_run(
        transaction,
        PackedChanges { count, unpacked_bytes, bytes: packed.as_ref().unwrap_or(&changes) },
        bytes,
    )
}

/// Appends a transaction to bytes, with a run in the place of its changes.
pub(super) fn encode_run(
    transaction: &Transaction,
    changes: PackedChanges<'_>,
    bytes: Vec<u8>,
) -> Result<Vec<u8>, postcard::Error> {
    postcard::to_extend(&transaction.with_changes(changes), bytes)
}

/// The transaction that bytes in a record of a format stand for; nothing if they mean nothing.
pub(super) fn decode(format: u8, bytes: &[u8]) -> Option<Transaction> {
    match format {
        RECORD_FORMAT_PACKED => {
            let packed = whole::<Transaction<PackedChanges<'_>>>(bytes)?;
            Some(packed.with_changes(packed.changes.changes()?))
        }
        RECORD_FORMAT_PLAIN => whole(bytes),
        RECORD_FORMAT_MIN => whole::<FirstTransaction>(bytes).map(Transaction::from),
        _ => None,
    }
}

fn whole<'bytes, T: Deserialize<'bytes>>(bytes: &'bytes [u8]) -> Option<T> {
    let (value, rest) = postcard::take_from_bytes(bytes).ok()?;
    rest.is_empty().then_some(value)
}

/// Format 1: no counters, and a delete does not say what the relationship hung on.
#[derive(Deserialize)]
struct FirstTransaction {
    revision: Revision,
    committed_at: Timestamp,
    schema: Option<String>,
    changes: Vec<FirstChange>,
    metadata_json: Option<String>,
}

#[derive(Deserialize)]
enum FirstChange {
    Touch(Relationship),
    Delete { resource: Object, relation: RelationName, subject: Subject },
}

impl From<FirstTransaction> for Transaction {
    fn from(first: FirstTransaction) -> Self {
        let FirstTransaction { revision, committed_at, schema, changes, metadata_json } = first;
        let changes = changes.into_iter().map(RelationshipChange::from).collect();
        Self { revision, committed_at, schema, changes, metadata_json, counter: None }
    }
}

impl From<FirstChange> for RelationshipChange {
    fn from(first: FirstChange) -> Self {
        match first {
            FirstChange::Touch(relationship) => Self::Touch(relationship),
            FirstChange::Delete { resource, relation, subject } => {
                Self::Delete(Relationship::new(resource, relation, subject))
            }
        }
    }
}
