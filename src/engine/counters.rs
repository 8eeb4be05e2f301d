//! The counters that are registered.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::journal::CounterChange;
use crate::relationship::{CounterName, RelationshipFilter};

/// Counters that may be registered at once.
pub(super) const COUNTERS_MAX: usize = 10_000;

/// Every counter, and what it counts.
#[derive(Debug, Clone, Default)]
pub(super) struct Counters {
    filters: BTreeMap<CounterName, Arc<RelationshipFilter>>,
}

impl Counters {
    /// What a counter counts; nothing if it is not registered.
    pub(super) fn filter(&self, name: &CounterName) -> Option<&Arc<RelationshipFilter>> {
        self.filters.get(name)
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.filters.len()
    }

    /// All of them.
    pub(super) fn all(&self) -> Vec<(CounterName, RelationshipFilter)> {
        let owned = |(name, filter): (&CounterName, &Arc<RelationshipFilter>)| {
            (name.clone(), RelationshipFilter::clone(filter))
        };
        self.filters.iter().map(owned).collect()
    }

    /// Makes a change that the journal tells of, or will.
    pub(super) fn apply(&mut self, change: &CounterChange) {
        match change {
            CounterChange::Register { name, filter } => {
                self.filters.insert(name.clone(), Arc::new(filter.clone()));
            }
            CounterChange::Unregister { name } => {
                self.filters.remove(name);
            }
        }
    }
}

impl FromIterator<(CounterName, RelationshipFilter)> for Counters {
    fn from_iter<T: IntoIterator<Item = (CounterName, RelationshipFilter)>>(all: T) -> Self {
        Self { filters: all.into_iter().map(|(name, filter)| (name, Arc::new(filter))).collect() }
    }
}
