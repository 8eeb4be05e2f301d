//! The objects that may leave, and the numbers of those that have left.

use parking_lot::Mutex;

use super::key::ObjectKey;

/// Objects on their way out. Whoever holds a shard's lock does not come here.
#[derive(Debug, Default)]
pub(super) struct Vacancies {
    /// Objects that had no postings when they came here. Some may have others by now, or be here twice.
    bare: Mutex<Vec<ObjectKey>>,
    /// The numbers of objects that have left, until someone asks for them.
    vacated: Mutex<Vec<ObjectKey>>,
}

/// Objects that there is room kept for, whether there are any or not.
const ROOM_KEPT_MAX: usize = 1 << 12;

impl Vacancies {
    /// How many objects may leave, at most, and how many numbers wait to be asked for.
    pub(super) fn count(&self) -> usize {
        self.bare.lock().len() + self.vacated.lock().len()
    }

    /// An object has lost its last posting.
    pub(super) fn add_bare(&self, object: ObjectKey) {
        self.bare.lock().push(object);
    }

    /// Takes out up to `count_max` objects that may leave.
    pub(super) fn take_bare(&self, count_max: usize) -> Vec<ObjectKey> {
        let mut bare = self.bare.lock();
        let rest = bare.len().saturating_sub(count_max);
        let taken = bare.split_off(rest);
        if bare.capacity() > ROOM_KEPT_MAX.max(4 * rest) {
            bare.shrink_to(2 * rest);
        }
        taken
    }

    /// Objects have left.
    pub(super) fn add_vacated(&self, objects: &[ObjectKey]) {
        self.vacated.lock().extend_from_slice(objects);
    }

    /// The numbers of the objects that have left since the last call.
    pub(super) fn take_vacated(&self) -> Vec<ObjectKey> {
        std::mem::take(&mut self.vacated.lock())
    }
}
