//! The lives of those edges that are not plain: that have ended, lived more than once, or hold on terms.

use dashmap::DashMap;
use smallvec::{SmallVec, smallvec};

use crate::relationship::Revision;

use super::checkpoint::KeptLife;
use super::key::Edge;
use super::terms::Terms;

/// One life of an edge: from `born` on, until just before `died`.
#[derive(Debug, Clone)]
struct Life {
    born: Revision,
    died: Revision,
    terms: Terms,
}

/// Edges that the table keeps room for, whether it has any or not.
const ROOM_KEPT_MAX: usize = 1 << 14;

/// A revision that is never reached: the edge still lives.
const NEVER: Revision = Revision(u64::MAX);

/// Side table of the index. Whoever holds the lock of an object's shard may take a lock here, never the other way.
///
/// INVARIANT: no edge has an empty list, and only the last life of a list can be one that still lasts.
#[derive(Debug, Default)]
pub(super) struct Lives {
    lives: DashMap<Edge, SmallVec<[Life; 1]>, foldhash::fast::RandomState>,
}

/// What an edge has besides lives that are to be forgotten.
#[derive(Debug)]
pub(super) enum Rest {
    /// Nothing.
    Nothing,
    /// One plain life, which lasts, from a revision on: its place need not be in the table.
    Plain(Revision),
    /// What has its place in the table, where the others are no more.
    Lives,
}

/// What the table has of an edge at a revision.
#[derive(Debug)]
pub(super) enum LifeAt {
    /// It is not in the table (any more): the edge is plain.
    Plain,
    /// It has no life then.
    None,
    /// It holds then, on these terms.
    On(Terms),
}

impl Lives {
    /// The life that an edge has at a revision.
    pub(super) fn at(&self, edge: Edge, revision: Revision) -> LifeAt {
        let Some(lives) = self.lives.get(&edge) else { return LifeAt::Plain };
        let mut latest_first = lives.iter().rev();
        match latest_first.find(|life| life.born <= revision && revision < life.died) {
            Some(life) => LifeAt::On(life.terms.clone()),
            None => LifeAt::None,
        }
    }

    /// When the life began that an edge has at a revision.
    pub(super) fn born(&self, edge: Edge, revision: Revision) -> Option<Revision> {
        let lives = self.lives.get(&edge)?;
        let life = lives.iter().rev().find(|life| life.born <= revision && revision < life.died)?;
        Some(life.born)
    }

    /// The birth and the terms of the life that lasts.
    pub(super) fn last(&self, edge: Edge) -> Option<(Revision, Terms)> {
        let lives = self.lives.get(&edge)?;
        let life = lives.last().filter(|life| life.died == NEVER)?;
        Some((life.born, life.terms.clone()))
    }

    /// All lives of an edge, if it is in the table.
    pub(super) fn all(&self, edge: Edge) -> Option<Vec<KeptLife>> {
        let lives = self.lives.get(&edge)?;
        let kept = |life: &Life| KeptLife {
            born: life.born,
            died: (life.died != NEVER).then_some(life.died),
            terms: life.terms.clone(),
        };
        Some(lives.iter().map(kept).collect())
    }

    /// Puts an edge into the table that is not in it.
    pub(super) fn restore(&self, edge: Edge, lives: Vec<KeptLife>) {
        let life = |KeptLife { born, died, terms }| Life { born, died: died.unwrap_or(NEVER), terms };
        self.lives.insert(edge, lives.into_iter().map(life).collect());
    }

    /// Whether the edge has had one life only.
    pub(super) fn is_only_one(&self, edge: Edge) -> bool {
        self.lives.get(&edge).is_none_or(|lives| lives.len() == 1)
    }

    /// A life begins.
    pub(super) fn begin(&self, edge: Edge, born: Revision, terms: Terms) {
        self.lives.entry(edge).or_default().push(Life { born, died: NEVER, terms });
    }

    /// A plain life ends: from now on it has its place here.
    pub(super) fn end_plain(&self, edge: Edge, born: Revision, died: Revision) {
        self.lives.insert(edge, smallvec![Life { born, died, terms: Terms::default() }]);
    }

    /// The life that lasts ends.
    pub(super) fn end(&self, edge: Edge, died: Revision) {
        if let Some(mut lives) = self.lives.get_mut(&edge)
            && let Some(life) = lives.last_mut()
        {
            life.died = died;
        }
    }

    /// Removes the last life of several, as if it had never been.
    pub(super) fn pop(&self, edge: Edge) {
        if let Some(mut lives) = self.lives.get_mut(&edge) {
            lives.pop();
        }
    }

    /// Forgets the lives that ended at a revision or before it, if others have their place here: how many had an end,
    /// and what the edge has besides. Nothing if there are no such lives.
    ///
    /// All of them at once, since an edge that is changed all the time has very many, and to forget one is to move the rest.
    pub(super) fn forget_ended(&self, edge: Edge, revision: Revision) -> Option<(usize, Rest)> {
        let mut lives = self.lives.get_mut(&edge)?;
        let count = lives.partition_point(|life| life.died <= revision);
        let (ended, others) = lives.split_at(count);
        if ended.is_empty() {
            return None;
        }
        let with_end = ended.iter().filter(|life| life.terms.expires_at.is_some()).count();
        let rest = match others {
            [] => Rest::Nothing,
            [only] if only.died == NEVER && only.terms.are_plain() => Rest::Plain(only.born),
            _ => {
                lives.drain(..count);
                lives.shrink_to_fit();
                Rest::Lives
            }
        };
        Some((with_end, rest))
    }

    /// Gives memory back, if there is much that nothing needs.
    pub(super) fn shrink(&self) {
        if self.lives.capacity() > ROOM_KEPT_MAX.max(4 * self.lives.len()) {
            self.lives.shrink_to_fit();
        }
    }

    /// Forgets the edge.
    pub(super) fn remove(&self, edge: Edge) {
        self.lives.remove(&edge);
    }

    /// Takes back [`Self::end`] or [`Self::end_plain`]: the last life lasts again. Its terms, and its birth if its place
    /// need no longer be here, since it is the only one and plain.
    pub(super) fn take_back_end(&self, edge: Edge) -> (Terms, Option<Revision>) {
        let Some(mut lives) = self.lives.get_mut(&edge) else { return (Terms::default(), None) };
        let is_only = lives.len() == 1;
        let Some(life) = lives.last_mut() else { return (Terms::default(), None) };
        life.died = NEVER;
        let plain_since = (is_only && life.terms.are_plain()).then_some(life.born);
        (life.terms.clone(), plain_since)
    }
}
