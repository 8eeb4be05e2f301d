//! The objects that a lookup is about, in order of their ids, found in one of two ways.

use std::ops::Bound;

use crate::evaluate::check::Membership;
use crate::evaluate::error::EvaluateError;
use crate::index::{DefinitionKey, IdText, ObjectKey, Snapshot};

use super::sorted::Sorted;

/// Visits that following gets first: most lookups have few answers and need no more.
const FIRST_VISITS: u64 = 2048;
/// Visits that the walk may waste before following gets its turn.
const WASTED_VISITS_MAX: u64 = 4096;
/// Following gets as many visits as the walk has wasted, times this: it is the better way for most graphs where the
/// walk wastes any.
const FOLLOWING_SHARE: u64 = 3;
/// Objects that the walk takes from the index at once.
const CHUNK: usize = 256;

/// An object that was looked up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Its id.
    pub id: IdText,
    /// Never [`Membership::NotMember`].
    pub membership: Membership,
}

/// How far following has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Progress {
    /// There is more to follow.
    More,
    /// Everything that may be an answer has been found.
    Complete,
    /// It would need more memory than it may have.
    TooLarge,
}

/// What a lookup is about.
pub(super) trait Search {
    /// Whether an object is an answer, whatever has been found so far.
    fn decide(&mut self, object: ObjectKey) -> Result<Option<Membership>, EvaluateError>;

    /// Follows relationships, for a number of visits or a few more.
    fn follow(&mut self, visits: u64) -> Result<Progress, EvaluateError>;

    /// The objects that following has found.
    fn found(&self) -> Vec<ObjectKey>;

    /// Whether an object that following has found is an answer.
    fn recall(&mut self, object: ObjectKey) -> Result<Option<Membership>, EvaluateError>;

    /// Visits made so far.
    fn visits(&self) -> u64;
}

/// Where a lookup stands.
#[derive(Debug)]
pub(super) struct Ordered {
    /// The last id that was decided on.
    position: Option<IdText>,
    /// An answer that may not occur in the index, now or later: no relationship has it.
    extra: Option<Found>,
    /// An answer that was found together with the last one that was wanted.
    spare: Option<Found>,
    phase: Phase,
    wasted_visits: u64,
}

#[derive(Debug)]
enum Phase {
    Starting,
    /// Through all objects, while following may still pay, or not.
    Walking {
        can_follow: bool,
    },
    Sorted(Sorted),
    Ended,
}

impl Ordered {
    /// Begins after an id.
    pub(super) fn new(after: Option<&str>) -> Self {
        let position = after.map(IdText::from);
        Self { position, extra: None, spare: None, phase: Phase::Starting, wasted_visits: 0 }
    }

    /// Bytes of memory that are held, about.
    pub(super) fn held_bytes(&self) -> usize {
        if let Phase::Sorted(sorted) = &self.phase { sorted.held_bytes() } else { 0 }
    }

    /// Whether nothing has been asked yet.
    pub(super) fn is_starting(&self) -> bool {
        matches!(self.phase, Phase::Starting)
    }

    /// Adds an answer that may not occur in the index, if it is not before where this begins.
    pub(super) fn add(&mut self, extra: Found) {
        if self.position.as_ref().is_none_or(|position| extra.id > *position) {
            self.extra = Some(extra);
        }
    }

    /// Follows until everything is found, however much that is.
    pub(super) fn follow_all(
        &mut self,
        search: &mut impl Search,
        snapshot: Snapshot<'_>,
    ) -> Result<Progress, EvaluateError> {
        let progress = search.follow(u64::MAX)?;
        self.settle(progress, search, snapshot);
        Ok(progress)
    }

    /// The next answers among the objects of a definition, at most so many, and whether there may be more.
    pub(super) fn next(
        &mut self,
        search: &mut impl Search,
        snapshot: Snapshot<'_>,
        definition: DefinitionKey,
        count_max: usize,
    ) -> Result<(Vec<Found>, bool), EvaluateError> {
        let mut found: Vec<_> = self.spare.take().into_iter().collect();
        while found.len() < count_max {
            match &mut self.phase {
                Phase::Starting => {
                    let progress = search.follow(FIRST_VISITS)?;
                    self.settle(progress, search, snapshot);
                }
                Phase::Walking { .. } => self.walk(search, snapshot, definition, count_max, &mut found)?,
                Phase::Sorted(sorted) => match sorted.next(count_max - found.len(), snapshot) {
                    Some((id, object)) => {
                        let membership = search.recall(object)?;
                        self.push(id, membership, &mut found);
                    }
                    None => self.phase = Phase::Ended,
                },
                Phase::Ended => {
                    found.extend(self.extra.take());
                    return Ok((found, false));
                }
            }
        }
        if found.len() > count_max {
            self.spare = found.pop();
        }
        Ok((found, true))
    }

    /// Decides on the next objects in order.
    fn walk(
        &mut self,
        search: &mut impl Search,
        snapshot: Snapshot<'_>,
        definition: DefinitionKey,
        count_max: usize,
        found: &mut Vec<Found>,
    ) -> Result<(), EvaluateError> {
        let from = self.position.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
        let chunk = snapshot.objects_by_name(definition, from, CHUNK);
        if chunk.is_empty() {
            self.phase = Phase::Ended;
            return Ok(());
        }
        for (id, object) in chunk {
            if found.len() >= count_max {
                return Ok(());
            }
            let before = search.visits();
            let membership = match search.decide(object) {
                // Following needs no depth where nothing has to be confirmed.
                Err(EvaluateError::DepthExceeded { .. }) if self.can_follow() => {
                    let progress = search.follow(u64::MAX)?;
                    self.settle(progress, search, snapshot);
                    return Ok(());
                }
                membership => membership?,
            };
            let visits = search.visits() - before;
            match &membership {
                Some(_) => self.wasted_visits = self.wasted_visits.saturating_sub(2 * visits),
                None => self.wasted_visits += visits,
            }
            self.push(id, membership, found);
            if self.wasted_visits > WASTED_VISITS_MAX && self.can_follow() {
                let progress = search.follow(std::mem::take(&mut self.wasted_visits) * FOLLOWING_SHARE)?;
                if progress != Progress::More {
                    self.settle(progress, search, snapshot);
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    fn can_follow(&self) -> bool {
        matches!(self.phase, Phase::Walking { can_follow: true })
    }

    fn settle(&mut self, progress: Progress, search: &impl Search, snapshot: Snapshot<'_>) {
        self.phase = match progress {
            Progress::More => Phase::Walking { can_follow: true },
            Progress::TooLarge => Phase::Walking { can_follow: false },
            Progress::Complete => {
                Phase::Sorted(Sorted::new(search.found(), self.position.as_deref(), snapshot))
            }
        };
    }

    /// Takes note of an object that was decided on, after the extra answer if that comes before it.
    fn push(&mut self, id: IdText, membership: Option<Membership>, found: &mut Vec<Found>) {
        let extra = self.extra.take_if(|extra| extra.id <= id);
        let same = extra.and_then(|extra| {
            let is_same = extra.id == id;
            if is_same {
                return Some(extra.membership);
            }
            found.push(extra);
            None
        });
        self.position = Some(IdText::clone(&id));
        if let Some(membership) = same.or(membership) {
            found.push(Found { id, membership });
        }
    }
}
