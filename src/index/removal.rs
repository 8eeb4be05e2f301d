//! What leaves the index: lives that no snapshot shows any more, what has expired, and objects that nothing leads to or
//! from. The thread that writes removes, too, in small steps between writes.
//!
//! Numbers of objects are used again. Whoever found one may still hold it, so [`Index::take_vacated`] hands it out when its
//! object has left, and [`Index::release`] makes it a new object's; what comes between is to wait until nobody can have it.

use crate::relationship::{Revision, Timestamp};

use super::key::ObjectKey;
use super::lives::Rest;
use super::write::Index;

impl Index {
    /// How many lives have ended and are still there for older revisions.
    pub fn ended_count(&self) -> usize {
        self.ended.count()
    }

    /// At which revision the first of them ended.
    pub fn first_ended(&self) -> Option<Revision> {
        self.ended.first()
    }

    /// How many things may leave sooner or later: relationships with an end, lives that have ended, and objects that
    /// nothing leads to or from.
    pub fn leaving_count(&self) -> usize {
        self.expiring_count() + self.ended_count() + self.vacancies.count()
    }

    /// How many objects there are.
    pub fn object_count(&self) -> usize {
        self.objects.count()
    }

    /// How many numbers there are for objects, used or not.
    pub fn object_number_count(&self) -> usize {
        self.objects.number_count()
    }

    /// Removes up to `count_max` relationships that have expired by a time and were born at a revision or before it,
    /// as if they had never been. How many were removed.
    ///
    /// No reader may be at an earlier time by then, and the revision must be published for good.
    pub fn remove_expired(&self, time: Timestamp, revision: Revision, count_max: usize) -> usize {
        let Some(_removing) = self.pauses.begin_removal() else { return 0 };
        let mut removed = 0;
        for (expires_at, edge) in self.expirations.until(time, count_max) {
            match self.version(edge).and_then(|version| self.last_life(edge, version)) {
                Some((born, _)) if born > revision => {}
                Some((_, terms)) if terms.expires_at == Some(expires_at) => {
                    self.remove_life(edge);
                    removed += 1;
                }
                _ => self.expirations.remove(Some(expires_at), edge),
            }
        }
        removed
    }

    /// Forgets lives that ended at a revision or before it, the first that ended first, and with each those of the same
    /// relationship. How many of them were looked at, up to `count_max`.
    ///
    /// No reader may be at an earlier revision, and this one must be published for good.
    pub fn remove_ended(&self, revision: Revision, count_max: usize) -> usize {
        let Some(_removing) = self.pauses.begin_removal() else { return 0 };
        let ended = self.ended.take_until(revision, count_max);
        for (_, edge) in &ended {
            // They may have been forgotten with an earlier one.
            let Some((with_end, rest)) = self.lives.forget_ended(*edge, revision) else { continue };
            match rest {
                Rest::Nothing => self.remove_edge(*edge),
                Rest::Plain(born) => self.make_plain(*edge, born),
                Rest::Lives => {}
            }
            self.expirations.forget_lives(with_end);
        }
        if !ended.is_empty() && ended.len() < count_max {
            self.lives.shrink();
        }
        ended.len()
    }

    /// Lets up to `count_max` objects go that have lost what led to them and from them. How many were looked at.
    ///
    /// To be called between writes: nobody may be about to apply an edge of which the numbers are found already.
    pub fn remove_objects(&self, count_max: usize) -> usize {
        let Some(_removing) = self.pauses.begin_removal() else { return 0 };
        let mut objects = self.vacancies.take_bare(count_max);
        let count = objects.len();
        objects.retain(|object| self.objects.vacate(*object));
        self.vacancies.add_vacated(&objects);
        count
    }

    /// The numbers of the objects that have left since the last call.
    pub fn take_vacated(&self) -> Vec<ObjectKey> {
        self.vacancies.take_vacated()
    }

    /// Lets new objects have numbers that were vacated. No reader that was there when they were may still be.
    pub fn release(&self, objects: &[ObjectKey]) {
        self.objects.release(objects);
    }
}
