//! Objects' numbers within a checkpoint, by their numbers in the index.

use crate::index::key::ObjectKey;

/// Low bits of an object's key that stand for a row, as in the index, where they name a shard: keys of one row are dense.
const ROW_BITS: u32 = 8;
const ROWS: usize = 1 << ROW_BITS;
const NONE: u32 = u32::MAX;

/// From keys to numbers, four bytes each.
#[derive(Debug)]
pub(super) struct Numbers {
    rows: Vec<Vec<u32>>,
}

impl Numbers {
    pub(super) fn new() -> Self {
        Self { rows: vec![Vec::new(); ROWS] }
    }

    pub(super) fn set(&mut self, object: ObjectKey, number: u32) {
        let row = &mut self.rows[object.0 as usize % ROWS];
        let place = (object.0 >> ROW_BITS) as usize;
        if row.len() <= place {
            row.resize(place + 1, NONE);
        }
        row[place] = number;
    }

    pub(super) fn get(&self, object: ObjectKey) -> Option<u32> {
        let number = self.rows[object.0 as usize % ROWS].get((object.0 >> ROW_BITS) as usize);
        number.copied().filter(|number| *number != NONE)
    }
}
