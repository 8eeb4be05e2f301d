//! About how much memory the parts of the index take, from what is counted anyway: nothing is walked over.

use super::key::{Edge, IdText, ObjectKey};
use super::object::ObjectRecord;
use super::postings::Posting;
use super::write::Index;
use crate::relationship::{Revision, Timestamp};

/// What a B-tree takes for an entry beside it: nodes are about two thirds full.
const fn in_tree(bytes: usize) -> usize {
    bytes + bytes / 2
}

/// What a hash table takes for an entry beside it: it is about three quarters full.
const fn in_table(bytes: usize) -> usize {
    bytes + bytes / 3 + 1
}

/// An id's text with its length and its count of holders, for ids of usual length.
const ID_BYTES: usize = 48;
/// A relationship has an entry in each direction.
const DIRECTIONS: usize = 2;
/// A life with its terms in the side table.
const LIFE_BYTES: usize = 64;

/// Bytes of memory, estimated from counts and the sizes of records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct IndexMemory {
    /// Records of objects, of those that have left as well: their places stay.
    pub objects: usize,
    /// Ids of objects, by hash and in order.
    pub names: usize,
    /// Relationships in both directions.
    pub postings: usize,
    /// Lives that have ended and are kept for older revisions.
    pub history: usize,
    /// Relationships that expire, in order of their ends.
    pub expirations: usize,
}

impl Index {
    /// How many relationships live after all that is written, those included that have expired and are still there.
    pub fn relationship_count(&self) -> u64 {
        self.counts.total()
    }

    /// About what its parts take.
    pub fn memory(&self) -> IndexMemory {
        let objects = self.object_count();
        let lives = usize::try_from(self.relationship_count()).unwrap_or(usize::MAX);
        let (ended, expiring) = (self.ended_count(), self.expiring_count());
        let name = in_table(size_of::<u32>()) + in_tree(size_of::<(IdText, ObjectKey)>()) + ID_BYTES;
        // An ended life keeps its entries, too.
        let posting = DIRECTIONS * size_of::<Posting>();
        let ended_life = posting + size_of::<(Revision, Edge)>() + in_table(size_of::<Edge>() + LIFE_BYTES);
        let expiring_life =
            in_tree(size_of::<(Timestamp, Edge)>()) + in_table(size_of::<Edge>() + LIFE_BYTES);
        IndexMemory {
            objects: self.object_number_count().saturating_mul(size_of::<ObjectRecord>()),
            names: objects.saturating_mul(name),
            postings: lives.saturating_mul(posting),
            history: ended.saturating_mul(ended_life),
            expirations: expiring.saturating_mul(expiring_life),
        }
    }
}
