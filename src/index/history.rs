//! The generations of those edges that have ended or lived more than once.

use dashmap::DashMap;
use smallvec::{SmallVec, smallvec};

use crate::relationship::Revision;

use super::key::Edge;

/// One life of an edge: from `born` on, until just before `died`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Generation {
    born: Revision,
    died: Revision,
}

/// A revision that is never reached: the generation still lives.
const NEVER: Revision = Revision(u64::MAX);

/// Side table of the index. Whoever holds the lock of an object's shard may take a lock here, never the other way.
#[derive(Debug, Default)]
pub(super) struct History {
    generations: DashMap<Edge, SmallVec<[Generation; 1]>, foldhash::fast::RandomState>,
}

impl History {
    /// Whether the edge lives at a revision; `None` if it has no history (any more).
    pub(super) fn is_alive(&self, edge: Edge, revision: Revision) -> Option<bool> {
        let generations = self.generations.get(&edge)?;
        Some(generations.iter().rev().any(|life| life.born <= revision && revision < life.died))
    }

    /// Whether the edge lives after all that is written.
    pub(super) fn is_alive_at_last(&self, edge: Edge) -> Option<bool> {
        let generations = self.generations.get(&edge)?;
        Some(generations.last().is_some_and(|life| life.died == NEVER))
    }

    /// Begins the history of an edge that was born and now dies.
    pub(super) fn begin(&self, edge: Edge, born: Revision, died: Revision) {
        self.generations.insert(edge, smallvec![Generation { born, died }]);
    }

    /// The living generation ends.
    pub(super) fn end(&self, edge: Edge, died: Revision) {
        if let Some(mut generations) = self.generations.get_mut(&edge)
            && let Some(life) = generations.last_mut()
        {
            life.died = died;
        }
    }

    /// A new generation begins.
    pub(super) fn renew(&self, edge: Edge, born: Revision) {
        if let Some(mut generations) = self.generations.get_mut(&edge) {
            generations.push(Generation { born, died: NEVER });
        }
    }

    /// Takes back [`Self::renew`].
    pub(super) fn take_back_renewal(&self, edge: Edge) {
        if let Some(mut generations) = self.generations.get_mut(&edge) {
            generations.pop();
        }
    }

    /// Takes back [`Self::begin`] or [`Self::end`]. Whether there is no need of a history any more.
    pub(super) fn take_back_end(&self, edge: Edge) -> bool {
        let is_single = self.generations.get_mut(&edge).is_some_and(|mut generations| {
            if let Some(life) = generations.last_mut() {
                life.died = NEVER;
            }
            generations.len() == 1
        });
        if is_single {
            self.generations.remove(&edge);
        }
        is_single
    }
}
