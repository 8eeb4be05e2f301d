//! The first few of many, in bounded memory, whatever order they come in.

use crate::index::{Edge, IdText};

/// Where an edge stands among those of one walk: what comes before its id in the order, the id that tells most of
/// them apart, and what comes after.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) before: [u32; 2],
    pub(super) id: IdText,
    pub(super) after: [u32; 2],
}

/// An edge that was found, and where it stands.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub(super) place: Place,
    pub(super) edge: Edge,
}

/// Takes edges in any order, and keeps those that come first after a place.
#[derive(Debug)]
pub(super) struct Selection<'places> {
    after: Option<&'places Place>,
    count_max: usize,
    /// INVARIANT: fewer than twice `count_max`, and all before `bound`, if there is one, or at it.
    kept: Vec<Found>,
    bound: Option<Place>,
    offered: usize,
}

impl<'places> Selection<'places> {
    /// Keeps up to `count_max` in `kept`, which is empty.
    pub(super) fn new(after: Option<&'places Place>, count_max: usize, kept: Vec<Found>) -> Self {
        debug_assert!(kept.is_empty());
        Self { after, count_max: count_max.max(1), kept, bound: None, offered: 0 }
    }

    /// Takes an edge; its id is only looked up where it decides.
    pub(super) fn offer(
        &mut self,
        before: [u32; 2],
        after: [u32; 2],
        edge: Edge,
        id: impl FnOnce() -> Option<IdText>,
    ) {
        self.offered += 1;
        if self.after.is_some_and(|place| before < place.before)
            || self.bound.as_ref().is_some_and(|place| before > place.before)
        {
            return;
        }
        let Some(id) = id() else { return };
        let place = Place { before, id, after };
        if self.after.is_some_and(|after| place <= *after)
            || self.bound.as_ref().is_some_and(|bound| place > *bound)
        {
            return;
        }
        self.kept.push(Found { place, edge });
        if self.kept.len() >= self.count_max * 2 {
            self.cut();
        }
    }

    /// How many edges were offered, wanted or not.
    pub(super) fn offered(&self) -> usize {
        self.offered
    }

    /// What was kept, in order, and whether there may be more.
    pub(super) fn finish(mut self) -> (Vec<Found>, bool) {
        if self.kept.len() > self.count_max {
            self.cut();
        }
        self.kept.sort_unstable_by(|one, other| one.place.cmp(&other.place));
        (self.kept, self.bound.is_some())
    }

    fn cut(&mut self) {
        let last = self.count_max - 1;
        let (_, found, _) = self.kept.select_nth_unstable_by(last, |one, other| one.place.cmp(&other.place));
        self.bound = Some(found.place.clone());
        self.kept.truncate(self.count_max);
    }
}

#[cfg(test)]
mod tests;
