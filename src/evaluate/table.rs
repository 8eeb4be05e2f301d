//! A hash table that forgets everything at no cost, for the questions of one evaluation after another.
//!
//! Slots carry the number of the evaluation that filled them, so that those of earlier ones count as empty: clearing
//! a large table for a small question would cost more than answering it. Open addressing with linear probing, at most
//! half full; keys are never removed within an evaluation.

use std::hash::BuildHasher;

use super::questions::Question;

/// Slots of a new table.
const SLOTS_MIN: usize = 64;
/// Memory is given back beyond this many slots: 1.3 MB.
const SLOTS_KEPT_MAX: usize = 1 << 16;

#[derive(Debug, Clone, Copy)]
struct Slot<T> {
    question: Question,
    evaluation: u32,
    value: T,
}

/// Values by question.
#[derive(Debug)]
pub(super) struct Table<T> {
    /// INVARIANT: a power of two, at least twice `length`.
    slots: Vec<Slot<T>>,
    length: usize,
    /// Never 0: empty slots have that.
    evaluation: u32,
    seed: u64,
}

impl<T: Copy> Table<T> {
    pub(super) fn new(filler: T) -> Self {
        let seed = foldhash::quality::RandomState::default().hash_one(0_u8) | 1;
        Self { slots: empty(SLOTS_MIN, filler), length: 0, evaluation: 1, seed }
    }

    /// Forgets every value.
    pub(super) fn clear(&mut self, filler: T) {
        self.length = 0;
        match self.evaluation.checked_add(1) {
            Some(evaluation) if self.slots.len() <= SLOTS_KEPT_MAX => self.evaluation = evaluation,
            _ => *self = Self { slots: empty(SLOTS_MIN, filler), length: 0, evaluation: 1, seed: self.seed },
        }
    }

    /// The value of a question; `value` if it has none yet.
    pub(super) fn get_or_insert(&mut self, question: Question, value: T) -> &mut T {
        if self.length * 2 >= self.slots.len() {
            self.grow(value);
        }
        let place = self.place(question);
        let slot = &mut self.slots[place];
        if slot.evaluation != self.evaluation {
            *slot = Slot { question, evaluation: self.evaluation, value };
            self.length += 1;
        }
        &mut slot.value
    }

    /// Changes the value of a question.
    pub(super) fn set(&mut self, question: Question, value: T) {
        *self.get_or_insert(question, value) = value;
    }

    /// Where a question is, or where it would be.
    fn place(&self, question: Question) -> usize {
        let mask = self.slots.len() - 1;
        let mut place = hash(question, self.seed) & mask;
        loop {
            let slot = &self.slots[place];
            if slot.evaluation != self.evaluation || slot.question == question {
                return place;
            }
            place = (place + 1) & mask;
        }
    }

    #[cold]
    fn grow(&mut self, filler: T) {
        let grown = empty(self.slots.len() * 2, filler);
        let old = std::mem::replace(&mut self.slots, grown);
        for slot in old.into_iter().filter(|slot| slot.evaluation == self.evaluation) {
            let place = self.place(slot.question);
            self.slots[place] = slot;
        }
    }
}

fn empty<T: Copy>(count: usize, value: T) -> Vec<Slot<T>> {
    vec![Slot { question: Question::NONE, evaluation: 0, value }; count]
}

/// Folded multiplication: both halves of the product depend on every bit of the key.
fn hash(question: Question, seed: u64) -> usize {
    let key = u64::from(question.node.0) << 32 | u64::from(question.object.0);
    let product = u128::from(key ^ seed) * u128::from(seed ^ 0x9e37_79b9_7f4a_7c15);
    let folded = (product >> 64) ^ (product & u128::from(u64::MAX));
    usize::try_from(folded & u128::from(u64::MAX)).unwrap_or_default()
}
