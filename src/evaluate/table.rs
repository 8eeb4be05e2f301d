//! A hash table that forgets everything at no cost, for the questions of one evaluation after another.
//!
//! Slots carry the number of the evaluation that filled them, so that those of earlier ones count as empty: clearing
//! a large table for a small question would cost more than answering it. Open addressing with linear probing, at most
//! half full; keys are never removed within an evaluation. Values lie apart, in the order in which they came, so that
//! their places last and a value that is changed later need not be searched again.

use std::hash::BuildHasher;

use super::questions::Question;

/// Slots of a new table.
const SLOTS_MIN: usize = 64;
/// Memory is given back beyond this many slots: 1 MB with the values.
const SLOTS_KEPT_MAX: usize = 1 << 16;

/// Where a value is, until the table is cleared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place(u32);

#[derive(Debug, Clone, Copy)]
struct Slot {
    evaluation: u32,
    place: Place,
}

/// A slot that no evaluation has filled: none has the number 0.
const EMPTY: Slot = Slot { evaluation: 0, place: Place(0) };

/// Values by question.
#[derive(Debug)]
pub(super) struct Table<T> {
    /// INVARIANT: a power of two, at least twice the length of `values`.
    slots: Vec<Slot>,
    values: Vec<(Question, T)>,
    evaluation: u32,
    seed: u64,
}

impl<T: Copy> Table<T> {
    pub(super) fn new() -> Self {
        let seed = foldhash::quality::RandomState::default().hash_one(0_u8) | 1;
        Self { slots: vec![EMPTY; SLOTS_MIN], values: Vec::new(), evaluation: 1, seed }
    }

    /// Forgets every value.
    pub(super) fn clear(&mut self) {
        self.values.clear();
        match self.evaluation.checked_add(1) {
            Some(evaluation) if self.slots.len() <= SLOTS_KEPT_MAX => self.evaluation = evaluation,
            _ => *self = Self { seed: self.seed, ..Self::new() },
        }
    }

    /// How many values there are.
    pub(super) fn len(&self) -> usize {
        self.values.len()
    }

    /// The place and the value of a question; `value` if it has none yet.
    pub(super) fn get_or_insert(&mut self, question: Question, value: T) -> (Place, T) {
        if self.values.len() * 2 >= self.slots.len() {
            self.grow();
        }
        let slot = self.find(question);
        let Slot { evaluation, place } = self.slots[slot];
        if evaluation == self.evaluation {
            return (place, self.values[place.0 as usize].1);
        }
        let place = Place(u32::try_from(self.values.len()).unwrap_or(u32::MAX));
        self.slots[slot] = Slot { evaluation: self.evaluation, place };
        self.values.push((question, value));
        (place, value)
    }

    /// Changes the value in a place.
    pub(super) fn set(&mut self, place: Place, value: T) {
        self.values[place.0 as usize].1 = value;
    }

    /// The slot that a question has, or would have.
    fn find(&self, question: Question) -> usize {
        let mask = self.slots.len() - 1;
        let mut slot = hash(question, self.seed) & mask;
        loop {
            let Slot { evaluation, place } = self.slots[slot];
            if evaluation != self.evaluation || self.values[place.0 as usize].0 == question {
                return slot;
            }
            slot = (slot + 1) & mask;
        }
    }

    #[cold]
    fn grow(&mut self) {
        self.slots = vec![EMPTY; self.slots.len() * 2];
        for (place, (question, _)) in (0..).map(Place).zip(&self.values) {
            let slot = self.find(*question);
            self.slots[slot] = Slot { evaluation: self.evaluation, place };
        }
    }
}

/// Folded multiplication: both halves of the product depend on every bit of the key.
fn hash(question: Question, seed: u64) -> usize {
    let key = u64::from(question.node.0) << 32 | u64::from(question.object.0);
    let product = u128::from(key ^ seed) * u128::from(seed ^ 0x9e37_79b9_7f4a_7c15);
    let folded = (product >> 64) ^ (product & u128::from(u64::MAX));
    usize::try_from(folded & u128::from(u64::MAX)).unwrap_or_default()
}
