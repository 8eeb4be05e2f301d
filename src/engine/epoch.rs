//! Which old states may still be read, and by whom which numbers may still be known.
//!
//! A view holds the head that it was taken at, and every head holds the token of its epoch. So an epoch without a token is
//! one that no view is left of. An epoch ends when another head is published with the next one's token.

use std::collections::VecDeque;
use std::sync::atomic::{Ordering, fence};
use std::sync::{Arc, Weak};

use crate::index::ObjectKey;
use crate::relationship::Revision;

/// The token of an epoch. Whoever holds one holds what views that were taken in its time may ask for.
#[derive(Debug, Default)]
pub(super) struct Epoch;

/// The epochs that views may be left of. The committer's thread has them.
#[derive(Debug)]
pub(super) struct Epochs {
    /// INVARIANT: in order; the last one is that of the head.
    alive: VecDeque<Known>,
    /// The numbers of objects that left during the epoch of the head.
    vacated: Vec<ObjectKey>,
    /// The same of earlier epochs, each with the epoch's number.
    quarantined: VecDeque<(u64, Vec<ObjectKey>)>,
}

#[derive(Debug)]
struct Known {
    number: u64,
    /// No view of the epoch is at an earlier revision.
    oldest: Revision,
    token: Weak<Epoch>,
}

impl Epochs {
    /// Begins with the epoch of the first head.
    pub(super) fn new(token: &Arc<Epoch>, oldest: Revision) -> Self {
        let first = Known { number: 0, oldest, token: Arc::downgrade(token) };
        Self { alive: VecDeque::from([first]), vacated: Vec::new(), quarantined: VecDeque::new() }
    }

    /// The oldest revision that views which will be taken may be at.
    pub(super) fn newest_oldest(&self) -> Revision {
        self.alive.back().map_or(Revision::ZERO, |known| known.oldest)
    }

    /// The oldest revision that any view may be at.
    pub(super) fn oldest(&self) -> Revision {
        self.alive.front().map_or(Revision::ZERO, |known| known.oldest)
    }

    /// Whether numbers wait for the end of the head's epoch.
    pub(super) fn has_vacated(&self) -> bool {
        !self.vacated.is_empty()
    }

    /// Objects have left: readers may still know their numbers.
    pub(super) fn add_vacated(&mut self, objects: Vec<ObjectKey>) {
        if self.vacated.is_empty() {
            self.vacated = objects;
        } else {
            self.vacated.extend(objects);
        }
    }

    /// Begins an epoch in which no view will be at a revision before `oldest`. The next head that is published must hold
    /// its token.
    pub(super) fn begin(&mut self, oldest: Revision) -> Arc<Epoch> {
        let number = self.alive.back().map_or(0, |known| known.number);
        let vacated = std::mem::take(&mut self.vacated);
        if !vacated.is_empty() {
            self.quarantined.push_back((number, vacated));
        }
        let token = Arc::new(Epoch);
        self.alive.push_back(Known { number: number + 1, oldest, token: Arc::downgrade(&token) });
        token
    }

    /// Forgets the epochs that no view is left of.
    pub(super) fn sweep(&mut self) {
        let newest = self.alive.back().map_or(0, |known| known.number);
        self.alive.retain(|known| known.number == newest || known.token.strong_count() > 0);
        // What the views did comes before what is done now that they are gone.
        fence(Ordering::Acquire);
    }

    /// The numbers that nobody can know any more.
    pub(super) fn released(&mut self) -> Vec<ObjectKey> {
        let first_alive = self.alive.front().map_or(0, |known| known.number);
        let mut released = Vec::new();
        while let Some((_, objects)) = self.quarantined.pop_front_if(|(number, _)| *number < first_alive) {
            released.extend(objects);
        }
        released
    }
}

#[cfg(test)]
mod tests;
