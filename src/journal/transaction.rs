//! What the journal holds.

use serde::{Deserialize, Serialize};

use crate::relationship::{CounterName, Relationship, RelationshipFilter, Revision, Timestamp};

/// Everything that happened at one revision.
///
/// What happened to relationships is a list, unless a journal has it in a form of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transaction<Changes = Vec<RelationshipChange>> {
    /// Its place in the order.
    pub revision: Revision,
    /// When it was committed, by the clock of the node that did.
    pub committed_at: Timestamp,
    /// The text of the schema that replaced the one before, if one did.
    pub schema: Option<String>,
    /// What happened to relationships, each key at most once.
    pub changes: Changes,
    /// What the writer attached, a JSON object as text.
    pub metadata_json: Option<String>,
    /// What happened to a counter, if anything did.
    pub counter: Option<CounterChange>,
}

/// What happened to one relationship.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum RelationshipChange {
    /// It is there from now on, with this caveat and expiration.
    Touch(Relationship),
    /// It is gone, with the caveat and expiration that it had. Early journals do not say which.
    Delete(Relationship),
}

impl RelationshipChange {
    /// The relationship that it is about.
    pub fn relationship(&self) -> &Relationship {
        let (Self::Touch(relationship) | Self::Delete(relationship)) = self;
        relationship
    }
}

/// What happened to one counter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum CounterChange {
    /// It is there from now on.
    Register {
        /// Its name, which no other counter had.
        name: CounterName,
        /// What it counts.
        filter: RelationshipFilter,
    },
    /// It is gone.
    Unregister {
        /// Its name.
        name: CounterName,
    },
}

/// Where to go on reading a journal: after a revision, or after a part of the transaction that follows it.
///
/// It holds for the journal that gave it, as long as that is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct JournalPlace {
    /// Everything up to here has been read.
    pub(super) after: Revision,
    /// How much of the next transaction has, in the journal's own measure; 0 for nothing.
    pub(super) within: u64,
}

impl JournalPlace {
    /// Whether a transaction has been read in part.
    pub fn is_within(self) -> bool {
        self.within > 0
    }
}

impl From<Revision> for JournalPlace {
    fn from(after: Revision) -> Self {
        Self { after, within: 0 }
    }
}

/// A transaction, or a part of one that has too many changes to be held whole.
///
/// The parts of one transaction come one after another. They differ in their changes, which together are the
/// transaction's, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransactionPart {
    /// The transaction, with the changes of this part.
    pub transaction: Transaction,
    /// Whether the transaction ends with this part.
    pub is_last: bool,
    /// Where the next part begins, or the next transaction.
    pub next: JournalPlace,
}

impl TransactionPart {
    /// A transaction that is not in parts.
    pub fn whole(transaction: Transaction) -> Self {
        Self::new(transaction, None)
    }

    /// A part, and how much of the transaction ends with it; none for the last.
    pub(super) fn new(transaction: Transaction, within: Option<u64>) -> Self {
        let revision = transaction.revision;
        let next = match within {
            Some(within) => JournalPlace { after: Revision(revision.0.saturating_sub(1)), within },
            None => JournalPlace::from(revision),
        };
        Self { transaction, is_last: within.is_none(), next }
    }
}

/// Puts the parts of transactions together again.
#[derive(Debug, Default)]
pub(super) struct WholeTransactions {
    changes: Vec<RelationshipChange>,
}

impl WholeTransactions {
    /// Takes the next part. The transaction, if it is whole with it.
    pub(super) fn add(&mut self, part: TransactionPart) -> Option<Transaction> {
        let TransactionPart { mut transaction, is_last, .. } = part;
        if !self.changes.is_empty() {
            self.changes.append(&mut transaction.changes);
            std::mem::swap(&mut self.changes, &mut transaction.changes);
        }
        if is_last {
            self.changes.clear();
            return Some(transaction);
        }
        self.changes = transaction.changes;
        None
    }
}

impl<Changes> Transaction<Changes> {
    /// The same with other changes.
    pub(super) fn with_changes<Others>(&self, changes: Others) -> Transaction<Others> {
        let Self { revision, committed_at, schema, changes: _, metadata_json, counter } = self;
        Transaction {
            revision: *revision,
            committed_at: *committed_at,
            schema: schema.clone(),
            changes,
            metadata_json: metadata_json.clone(),
            counter: counter.clone(),
        }
    }
}
