//! The lives that have ended, in the order in which they did, so that they can leave the index once no snapshot shows
//! them.

use std::collections::VecDeque;

use parking_lot::Mutex;

use crate::relationship::Revision;

use super::key::Edge;

/// Lives that have ended and are still in the index, the first that ended in front. Each is 24 bytes.
///
/// INVARIANT: in order of revisions, since lives end at the newest one.
#[derive(Debug, Default)]
pub(super) struct Ended(Mutex<VecDeque<(Revision, Edge)>>);

/// Lives that the queue keeps room for, whether it has any or not.
const ROOM_KEPT_MAX: usize = 1 << 12;

impl Ended {
    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.0.lock().len()
    }

    /// When the first one ended.
    pub(super) fn first(&self) -> Option<Revision> {
        self.0.lock().front().map(|(died, _)| *died)
    }

    /// A life has ended.
    pub(super) fn add(&self, died: Revision, edge: Edge) {
        let mut queue = self.0.lock();
        debug_assert!(queue.back().is_none_or(|(last, _)| *last <= died), "lives end in order");
        queue.push_back((died, edge));
    }

    /// Lives have ended, in this order, and none before.
    pub(super) fn set(&self, ended: Vec<(Revision, Edge)>) {
        *self.0.lock() = ended.into();
    }

    /// The last life that ended lasts again, which is one of this edge.
    pub(super) fn take_back(&self, edge: Edge) {
        let mut queue = self.0.lock();
        let taken = queue.pop_back();
        debug_assert!(taken.is_some_and(|(_, last)| last == edge), "ends are taken back in order");
    }

    /// Takes out up to `count_max` lives that ended at a revision or before it, the first that ended in front.
    pub(super) fn take_until(&self, revision: Revision, count_max: usize) -> Vec<(Revision, Edge)> {
        let mut queue = self.0.lock();
        let count = queue.iter().take(count_max).take_while(|(died, _)| *died <= revision).count();
        let taken = queue.drain(..count).collect();
        if queue.capacity() > ROOM_KEPT_MAX.max(4 * queue.len()) {
            let room = 2 * queue.len();
            queue.shrink_to(room);
        }
        taken
    }
}
