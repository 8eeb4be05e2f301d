//! How many relationships of each kind live after all that is written, for schema changes to ask.

use dashmap::DashMap;

use super::key::RelationKey;

/// Live relationships by relation and kind of subject.
#[derive(Debug, Default)]
pub(super) struct Counts {
    live: DashMap<(RelationKey, RelationKey), u64, foldhash::fast::RandomState>,
}

impl Counts {
    pub(super) fn add(&self, relation: RelationKey, subject_relation: RelationKey) {
        *self.live.entry((relation, subject_relation)).or_insert(0) += 1;
    }

    pub(super) fn remove(&self, relation: RelationKey, subject_relation: RelationKey) {
        if let Some(mut count) = self.live.get_mut(&(relation, subject_relation)) {
            *count = count.saturating_sub(1);
        }
    }

    /// Every kind that has at least one live relationship, with their number.
    pub(super) fn all(&self) -> Vec<(RelationKey, RelationKey, u64)> {
        let entries = self.live.iter();
        entries
            .filter(|entry| *entry.value() > 0)
            .map(|entry| (entry.key().0, entry.key().1, *entry.value()))
            .collect()
    }
}
