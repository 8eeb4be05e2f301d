//! Objects in order of their ids, sorted no further than they are asked for.
//!
//! A lookup may wait for its client for long, so what waits is small: of many objects, only a part has its ids at hand,
//! and the others are numbers.

use std::cmp::Ordering;

use crate::index::{IdText, ObjectKey, Snapshot};

/// Objects to be had in order of their ids.
#[derive(Debug)]
pub(super) struct Sorted {
    /// Those that come after the ready ones, in no order.
    rest: Vec<ObjectKey>,
    /// The next ones, the first at the end.
    ready: Vec<Entry>,
}

#[derive(Debug)]
struct Entry {
    /// The id's first bytes: most comparisons need no more.
    prefix: u128,
    id: IdText,
    object: ObjectKey,
}

/// Each time at least so many are sorted, or at least this part of the rest.
const READY_MIN: usize = 1024;
const PARTS: usize = 4;

impl Sorted {
    /// Those objects whose ids come after one.
    pub(super) fn new(mut objects: Vec<ObjectKey>, after: Option<&str>, snapshot: Snapshot<'_>) -> Self {
        if let Some(after) = after {
            objects.retain(|object| snapshot.object_name(*object).is_some_and(|(_, id)| &*id > after));
        }
        Self { rest: objects, ready: Vec::new() }
    }

    /// Bytes of memory that are held; ids are the index's.
    pub(super) fn held_bytes(&self) -> usize {
        self.rest.capacity() * size_of::<ObjectKey>() + self.ready.capacity() * size_of::<Entry>()
    }

    /// The next object. If more must be sorted, `count` are wanted.
    pub(super) fn next(&mut self, count: usize, snapshot: Snapshot<'_>) -> Option<(IdText, ObjectKey)> {
        if self.ready.is_empty() {
            self.sort_more(count, snapshot);
        }
        self.ready.pop().map(|Entry { id, object, .. }| (id, object))
    }

    fn sort_more(&mut self, count: usize, snapshot: Snapshot<'_>) {
        let entries = std::mem::take(&mut self.rest).into_iter().filter_map(|object| {
            let (_, id) = snapshot.object_name(object)?;
            Some(Entry { prefix: prefix(&id), id, object })
        });
        let mut entries: Vec<_> = entries.collect();
        let part = count.max(entries.len() / PARTS).max(READY_MIN);
        if part < entries.len() {
            // The smallest last, so that they can be cut off.
            let place = entries.len() - part;
            entries.select_nth_unstable_by(place, |one, other| other.cmp(one));
            self.ready = entries.split_off(place);
            self.rest = entries.into_iter().map(|entry| entry.object).collect();
        } else {
            self.ready = entries;
        }
        self.ready.sort_unstable_by(|one, other| other.cmp(one));
    }
}

impl Entry {
    fn cmp(&self, other: &Self) -> Ordering {
        self.prefix.cmp(&other.prefix).then_with(|| self.id.cmp(&other.id))
    }
}

/// The first 16 bytes as a number of the same order. Ids hold no zero bytes.
fn prefix(id: &str) -> u128 {
    let mut bytes = [0; 16];
    let length = id.len().min(bytes.len());
    bytes[..length].copy_from_slice(&id.as_bytes()[..length]);
    u128::from_be_bytes(bytes)
}
