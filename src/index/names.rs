//! Definitions and relations as numbers. They are few, they come from schemas, and they are never forgotten.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::RwLock;

use super::key::{DefinitionKey, RelationKey};

/// The relation of a subject that has none.
pub const ELLIPSIS: &str = "...";
/// The relation, and the object id, of a type's wildcard.
pub const WILDCARD: &str = "*";

/// The two-way table of definition and relation names.
///
/// One lock for all: checks do not come here, since a compiled schema carries the numbers of its names.
#[derive(Debug, Default)]
pub struct RelationNames {
    names: RwLock<Names>,
}

type Keys<Key> = HashMap<Arc<str>, Key, foldhash::fast::RandomState>;

#[derive(Debug, Default)]
struct Names {
    definition_keys: Keys<DefinitionKey>,
    definitions: Vec<DefinitionNames>,
    relations: Vec<(DefinitionKey, Arc<str>)>,
}

#[derive(Debug)]
struct DefinitionNames {
    name: Arc<str>,
    relation_keys: Keys<RelationKey>,
}

impl RelationNames {
    /// The number of a definition, if it has one.
    pub fn find_definition(&self, name: &str) -> Option<DefinitionKey> {
        self.names.read().definition_keys.get(name).copied()
    }

    /// The number of a relation of a definition, if it has one.
    pub fn find_relation(&self, definition: DefinitionKey, name: &str) -> Option<RelationKey> {
        self.names.read().definitions.get(definition.0 as usize)?.relation_keys.get(name).copied()
    }

    /// The number of a definition, a new one if need be.
    pub fn intern_definition(&self, name: &str) -> DefinitionKey {
        if let Some(key) = self.find_definition(name) {
            return key;
        }
        let names = &mut *self.names.write();
        let next = DefinitionKey(number(names.definitions.len()));
        let name: Arc<str> = Arc::from(name);
        let key = *names.definition_keys.entry(Arc::clone(&name)).or_insert(next);
        if key == next {
            names.definitions.push(DefinitionNames { name, relation_keys: Keys::default() });
        }
        key
    }

    /// The number of a relation of a definition, a new one if need be. [`RelationKey::NONE`] if there is no such
    /// definition.
    pub fn intern_relation(&self, definition: DefinitionKey, name: &str) -> RelationKey {
        if let Some(key) = self.find_relation(definition, name) {
            return key;
        }
        let names = &mut *self.names.write();
        let Some(definition_names) = names.definitions.get_mut(definition.0 as usize) else {
            return RelationKey::NONE;
        };
        let next = RelationKey(number(names.relations.len()));
        let name: Arc<str> = Arc::from(name);
        let key = *definition_names.relation_keys.entry(Arc::clone(&name)).or_insert(next);
        if key == next {
            names.relations.push((definition, name));
        }
        key
    }

    /// The relations of one definition, or of all, that have a name, or any name; in order of their numbers.
    pub fn relations(&self, definition: Option<DefinitionKey>, name: Option<&str>) -> Vec<RelationKey> {
        let names = self.names.read();
        let definitions = match definition {
            Some(definition) => names.definitions.get(definition.0 as usize..=definition.0 as usize),
            None => Some(names.definitions.as_slice()),
        };
        let definitions = definitions.unwrap_or_default().iter();
        let mut keys: Vec<RelationKey> = match name {
            Some(name) => definitions.filter_map(|known| known.relation_keys.get(name).copied()).collect(),
            None => definitions.flat_map(|known| known.relation_keys.values().copied()).collect(),
        };
        keys.sort_unstable();
        keys
    }

    /// Every definition's number and name, in order of the numbers.
    pub fn definitions(&self) -> Vec<(DefinitionKey, Arc<str>)> {
        let names = self.names.read();
        let keys = (0..names.definitions.len()).map(|place| DefinitionKey(number(place)));
        keys.zip(names.definitions.iter().map(|definition| Arc::clone(&definition.name))).collect()
    }

    /// How many definitions and relations there are. Both only ever grow.
    pub fn counts(&self) -> (usize, usize) {
        let names = self.names.read();
        (names.definitions.len(), names.relations.len())
    }

    /// Every relation's definition and name, in order of the numbers.
    pub fn all_relations(&self) -> Vec<(DefinitionKey, Arc<str>)> {
        self.names.read().relations.clone()
    }

    /// The name of a definition.
    pub fn definition_name(&self, key: DefinitionKey) -> Option<Arc<str>> {
        Some(Arc::clone(&self.names.read().definitions.get(key.0 as usize)?.name))
    }

    /// The definition and the name of a relation.
    pub fn relation_name(&self, key: RelationKey) -> Option<(DefinitionKey, Arc<str>)> {
        self.names.read().relations.get(key.0 as usize).cloned()
    }
}

/// A place as a number. Schemas are bounded in size, and memory ends long before 2^32 names of them.
fn number(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX - 1)
}
