//! The transactions that watchers have in memory, and how much memory that may be.

use std::collections::VecDeque;
use std::sync::{Arc, Weak};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::journal::{JournalPlace, RelationshipChange, Transaction, TransactionPart};
use crate::relationship::{Object, Relationship, Revision, Subject};

/// What the latest transactions may take, and how many there may be.
const RECENT_BYTES_MAX: usize = 16 << 20;
const RECENT_COUNT_MAX: usize = 4096;
/// What a watcher takes at once, unless one transaction is larger.
const TAKEN_BYTES_MAX: usize = 1 << 20;
const TAKEN_COUNT_MAX: usize = 64;
/// A transaction that takes more, and that the journal does not have in parts, is large: watchers share it, and only so
/// many are in memory at once.
pub(super) const LARGE_BYTES_MIN: usize = 1 << 20;
const LARGE_COUNT_MAX: usize = 4;

/// A transaction in memory, or a part of one, shared by whoever reads it.
#[derive(Debug)]
pub(super) struct Kept {
    pub(super) transaction: Transaction,
    /// What follows it.
    pub(super) next: JournalPlace,
    /// The room of a large one.
    room: Option<OwnedSemaphorePermit>,
}

impl Kept {
    pub(super) fn small(part: TransactionPart) -> Arc<Self> {
        let TransactionPart { transaction, next, .. } = part;
        Arc::new(Self { transaction, next, room: None })
    }

    /// Whether the transaction ends with it.
    pub(super) fn is_last(&self) -> bool {
        !self.next.is_within()
    }

    /// Whether it has room of its own.
    pub(super) fn is_large(&self) -> bool {
        self.room.is_some()
    }
}

/// The latest transactions, one after another without gaps, up to the newest; fewer where there is no room.
#[derive(Debug, Default)]
pub(super) struct Recent {
    transactions: VecDeque<(Arc<Kept>, usize)>,
    bytes: usize,
}

impl Recent {
    /// Adds the next one.
    pub(super) fn push(&mut self, transaction: Transaction) {
        let bytes = bytes(&transaction);
        let follows = self
            .transactions
            .back()
            .is_none_or(|(last, _)| last.transaction.revision.next() == transaction.revision);
        if !follows || bytes > LARGE_BYTES_MIN {
            self.clear();
        }
        if bytes > LARGE_BYTES_MIN {
            return;
        }
        self.bytes += bytes;
        self.transactions.push_back((Kept::small(TransactionPart::whole(transaction)), bytes));
        while self.bytes > RECENT_BYTES_MAX || self.transactions.len() > RECENT_COUNT_MAX {
            self.bytes -= self.transactions.pop_front().map_or(0, |(_, bytes)| bytes);
        }
    }

    /// What they take.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Some of those after a revision and up to the head; none if the first of them is not here.
    pub(super) fn after(&self, revision: Revision, head: Revision) -> VecDeque<Arc<Kept>> {
        let Some((first, _)) = self.transactions.front() else { return VecDeque::new() };
        let first = first.transaction.revision.0;
        let Some(place) = revision.next().0.checked_sub(first) else { return VecDeque::new() };
        let mut bytes_left = TAKEN_BYTES_MAX;
        let following = self.transactions.iter().skip(usize::try_from(place).unwrap_or(usize::MAX));
        following
            .take(TAKEN_COUNT_MAX)
            .take_while(|(kept, bytes)| {
                let has_room = bytes_left > 0;
                bytes_left = bytes_left.saturating_sub(*bytes);
                has_room && kept.transaction.revision <= head
            })
            .map(|(kept, _)| Arc::clone(kept))
            .collect()
    }
}

/// The right to read the journal for a watcher: one reads at a time. It may come with room for a large transaction.
#[derive(Debug)]
pub struct JournalTurn {
    _reading: OwnedSemaphorePermit,
    pub(super) room: Option<OwnedSemaphorePermit>,
}

/// Who reads the journal for a watcher, and the large transactions that were read.
#[derive(Debug)]
pub(super) struct Reading {
    turns: Arc<Semaphore>,
    rooms: Arc<Semaphore>,
    /// Where each begins, and what it is.
    large: Vec<(JournalPlace, Weak<Kept>)>,
}

impl Default for Reading {
    fn default() -> Self {
        let semaphore = |permits| Arc::new(Semaphore::new(permits));
        Self { turns: semaphore(1), rooms: semaphore(LARGE_COUNT_MAX), large: Vec::new() }
    }
}

impl Reading {
    /// Waits for the turn, and for room first, if that is needed. Nothing if the engine is gone.
    pub(super) fn turn(&self, needs_room: bool) -> impl Future<Output = Option<JournalTurn>> + Send + use<> {
        let (turns, rooms) = (Arc::clone(&self.turns), Arc::clone(&self.rooms));
        async move {
            // Room is waited for without a turn: those who have it must be able to read on.
            let room = if needs_room { Some(rooms.acquire_owned().await.ok()?) } else { None };
            Some(JournalTurn { _reading: turns.acquire_owned().await.ok()?, room })
        }
    }

    /// A large transaction that another watcher has in memory.
    pub(super) fn find_large(&self, place: JournalPlace) -> Option<Arc<Kept>> {
        self.large.iter().filter(|(begin, _)| *begin == place).find_map(|(_, kept)| kept.upgrade())
    }

    /// Keeps a large transaction for as long as any watcher has it.
    pub(super) fn keep_large(
        &mut self,
        place: JournalPlace,
        part: TransactionPart,
        room: OwnedSemaphorePermit,
    ) -> Arc<Kept> {
        let TransactionPart { transaction, next, .. } = part;
        let kept = Arc::new(Kept { transaction, next, room: Some(room) });
        self.large.retain(|(_, kept)| kept.strong_count() > 0);
        self.large.push((place, Arc::downgrade(&kept)));
        kept
    }
}

/// Bytes of memory that a transaction takes, roughly.
pub(super) fn bytes(transaction: &Transaction) -> usize {
    let Transaction { schema, changes, metadata_json, .. } = transaction;
    let texts = [schema, metadata_json].into_iter().flatten().map(String::len).sum::<usize>();
    let changes = changes.iter().map(|change| weight(change.relationship())).sum::<usize>();
    size_of::<Kept>() + texts + changes
}

/// Bytes of memory that one change takes, roughly. It is less on the wire, but for contexts full of short values.
pub(super) fn weight(relationship: &Relationship) -> usize {
    size_of::<RelationshipChange>() + text_bytes(relationship)
}

/// Bytes of its names and its context.
pub(super) fn text_bytes(relationship: &Relationship) -> usize {
    let Relationship { resource, relation, subject, caveat, .. } = relationship;
    let object = |object: &Object| object.definition.as_str().len() + object.id.as_str().len();
    let subject = match subject {
        Subject::Object(of) => object(of),
        Subject::Userset(of, relation) => object(of) + relation.as_str().len(),
        Subject::Wildcard(definition) => definition.as_str().len(),
    };
    let caveat = caveat.as_ref().map_or(0, |caveat| caveat.name.as_str().len() + caveat.context_json.len());
    object(resource) + relation.as_str().len() + subject + caveat
}
