//! What a checkpoint holds besides its segments.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::index::key::{DefinitionKey, RelationKey};
use crate::index::names::RelationNames;

use super::segment::Unloadable;

/// What a checkpoint's segments speak of: names, and how many segments and things there are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct Contents {
    /// Definitions, by their numbers in the checkpoint.
    pub(super) definitions: Vec<String>,
    /// The definition and name of each relation, by their numbers.
    pub(super) relations: Vec<(u32, String)>,
    /// The relation and subject's relation of each kind of relationship, by their numbers.
    pub(super) kinds: Vec<(u32, u32)>,
    /// Segments of each sort; they stand in this order.
    pub(super) object_segments: u32,
    pub(super) resource_segments: u32,
    pub(super) subject_segments: u32,
    /// Objects that there are.
    pub(super) objects: u64,
    /// Relationships that there are, or were after the oldest revision that is kept.
    pub(super) relationships: u64,
}

impl Contents {
    pub(super) fn of(names: &RelationNames) -> Self {
        // The relations first: names are added meanwhile, and each relation's definition must be there.
        let relations = names.all_relations().into_iter();
        let relations = relations.map(|(definition, name)| (definition.0, name.to_string())).collect();
        let definitions = names.definitions().into_iter().map(|(_, name)| name.to_string()).collect();
        Self { definitions, relations, ..Self::default() }
    }

    /// How many relationships there are, with those that ended and are kept.
    pub fn relationships(&self) -> u64 {
        self.relationships
    }

    /// How many segments there are.
    pub fn segment_count(&self) -> u32 {
        self.object_segments.saturating_add(self.resource_segments).saturating_add(self.subject_segments)
    }

    /// The numbers of the segments of objects, which come first.
    pub fn object_segments(&self) -> std::ops::Range<u32> {
        0..self.object_segments
    }

    /// The numbers of the segments of postings.
    pub fn posting_segments(&self) -> std::ops::Range<u32> {
        self.object_segments..self.segment_count()
    }

    /// Whether the postings of a segment are by resource.
    pub fn is_by_resource(&self, segment: u32) -> bool {
        segment.saturating_sub(self.object_segments) < self.resource_segments
    }

    /// The kinds of relationship in the numbers of an index.
    pub(super) fn intern(&self, names: &RelationNames) -> Result<InternedNames, Unloadable> {
        let definitions: Vec<_> = self.definitions.iter().map(|name| names.intern_definition(name)).collect();
        let place = |number: &u32| usize::try_from(*number).unwrap_or(usize::MAX);
        let relation = |(definition, name): &(u32, String)| {
            let definition = definitions.get(place(definition)).ok_or(Unloadable::CONTRADICTS_ITSELF)?;
            Ok(names.intern_relation(*definition, name))
        };
        let relations: Vec<_> = self.relations.iter().map(relation).collect::<Result<_, _>>()?;
        let known =
            |number: &u32| relations.get(place(number)).copied().ok_or(Unloadable::CONTRADICTS_ITSELF);
        let kinds = self.kinds.iter().map(|(relation, form)| Ok((known(relation)?, known(form)?)));
        let kinds = kinds.collect::<Result<_, _>>()?;
        Ok(InternedNames { definitions, kinds })
    }
}

/// The names of a checkpoint in the numbers of an index.
#[derive(Debug)]
pub(super) struct InternedNames {
    pub(super) definitions: Vec<DefinitionKey>,
    pub(super) kinds: Vec<(RelationKey, RelationKey)>,
}

/// Kinds of relationship as they are met, numbered.
#[derive(Debug, Default)]
pub(super) struct Kinds {
    numbers: HashMap<(RelationKey, RelationKey), u32, foldhash::fast::RandomState>,
    kinds: Vec<(u32, u32)>,
}

impl Kinds {
    pub(super) fn number(&mut self, relation: RelationKey, form: RelationKey) -> u32 {
        let next = u32::try_from(self.kinds.len()).unwrap_or(u32::MAX);
        let number = *self.numbers.entry((relation, form)).or_insert(next);
        if number == next {
            self.kinds.push((relation.0, form.0));
        }
        number
    }

    pub(super) fn take(&mut self) -> Vec<(u32, u32)> {
        std::mem::take(&mut self.kinds)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn every_relation_has_its_definition_whatever_is_named_meanwhile() {
        const ROUNDS: usize = 500;
        let names = RelationNames::default();
        let add = |number: usize| {
            let definition = names.intern_definition(&format!("d{number}"));
            names.intern_relation(definition, "viewer");
        };
        (ROUNDS..2 * ROUNDS).for_each(add);
        let round = AtomicUsize::new(0);
        let sound = std::thread::scope(|scope| {
            // One more in each round, somewhere in its midst.
            scope.spawn(|| {
                for number in 0..ROUNDS {
                    while round.load(Ordering::Relaxed) <= number {
                        std::thread::yield_now();
                    }
                    add(number);
                }
            });
            let is_sound = |_: &usize| {
                round.fetch_add(1, Ordering::Relaxed);
                Contents::of(&names).intern(&RelationNames::default()).is_ok()
            };
            (0..ROUNDS).filter(is_sound).count()
        });
        assert_eq!(sound, ROUNDS);
    }
}
