//! Objects in order of their ids, sorted no further than they are asked for.

use std::cmp::Ordering;
use std::sync::Arc;

use crate::index::{ObjectKey, Snapshot};

/// Objects to be had in order of their ids.
#[derive(Debug)]
pub(super) struct Sorted {
    /// Those that come after the ready ones, in no order.
    rest: Vec<Entry>,
    /// The next ones, the first at the end.
    ready: Vec<Entry>,
}

#[derive(Debug)]
struct Entry {
    /// The id's first bytes: most comparisons need no more.
    prefix: u128,
    id: Arc<str>,
    object: ObjectKey,
}

/// Each time at least this part of the rest is sorted.
const PARTS: usize = 8;

impl Sorted {
    /// Those objects whose ids come after one.
    pub(super) fn new(objects: &[ObjectKey], after: Option<&str>, snapshot: Snapshot<'_>) -> Self {
        let entries = objects.iter().filter_map(|object| {
            let (_, id) = snapshot.object_name(*object)?;
            let is_new = after.is_none_or(|after| &*id > after);
            is_new.then(|| Entry { prefix: prefix(&id), id, object: *object })
        });
        Self { rest: entries.collect(), ready: Vec::new() }
    }

    /// The next object. If more must be sorted, `count` are wanted.
    pub(super) fn next(&mut self, count: usize) -> Option<(Arc<str>, ObjectKey)> {
        if self.ready.is_empty() {
            let count = count.max(self.rest.len() / PARTS).max(1);
            if count < self.rest.len() {
                // The smallest last, so that they can be cut off.
                let place = self.rest.len() - count;
                self.rest.select_nth_unstable_by(place, |one, other| other.cmp(one));
                self.ready = self.rest.split_off(place);
            } else {
                self.ready = std::mem::take(&mut self.rest);
            }
            self.ready.sort_unstable_by(|one, other| other.cmp(one));
        }
        self.ready.pop().map(|Entry { id, object, .. }| (id, object))
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
