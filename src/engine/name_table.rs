//! The names of definitions and relations with the places that they have in their order, so that sorting compares
//! numbers, and the names themselves, so that they need not be looked up and checked for each relationship.

use std::collections::HashMap;
use std::sync::Arc;

use crate::index::{DefinitionKey, ELLIPSIS, RelationKey, RelationNames, WILDCARD};
use crate::relationship::{DefinitionName, RelationName};

/// All names that there were at a moment.
#[derive(Debug, Default)]
pub(super) struct NameTable {
    definitions: Vec<Definition>,
    relations: Vec<Relation>,
    definition_ranks: Ranks,
    relation_ranks: Ranks,
}

#[derive(Debug)]
struct Definition {
    rank: u32,
    /// Nothing if it is no name, which cannot be.
    name: Option<DefinitionName>,
}

#[derive(Debug)]
struct Relation {
    definition: DefinitionKey,
    rank: u32,
    form: Form,
}

/// What a relation is to a subject that has it.
#[derive(Debug, Clone)]
pub(super) enum Form {
    /// None: the subject is one object.
    Object,
    /// The sign for every object of the type.
    Wildcard,
    /// A userset.
    Userset(RelationName),
}

impl NameTable {
    pub(super) fn of(names: &RelationNames) -> Self {
        // In this order, each relation's definition is among those that come after.
        let relations = names.all_relations();
        let definitions = names.definitions();
        let definition_ranks = Ranks::of(definitions.iter().map(|(_, name)| name));
        let is_relation = |name: &&Arc<str>| ***name != *ELLIPSIS && ***name != *WILDCARD;
        let relation_ranks = Ranks::of(relations.iter().map(|(_, name)| name).filter(is_relation));
        let definition = |(_, name): &(DefinitionKey, Arc<str>)| Definition {
            rank: definition_ranks.find(name).unwrap_or_default(),
            name: DefinitionName::new(&**name).ok(),
        };
        let relation = |(definition, name): &(DefinitionKey, Arc<str>)| Relation {
            definition: *definition,
            rank: relation_ranks.find(name).unwrap_or_default(),
            form: match RelationName::new(&**name) {
                Ok(name) => Form::Userset(name),
                Err(_) if **name == *WILDCARD => Form::Wildcard,
                Err(_) => Form::Object,
            },
        };
        Self {
            definitions: definitions.iter().map(definition).collect(),
            relations: relations.iter().map(relation).collect(),
            definition_ranks,
            relation_ranks,
        }
    }

    /// Whether no name has come since.
    pub(super) fn is_complete(&self, names: &RelationNames) -> bool {
        names.counts() == (self.definitions.len(), self.relations.len())
    }

    /// The definition that has a relation, or whose objects are the subjects of a form.
    pub(super) fn definition_of(&self, relation: RelationKey) -> Option<&DefinitionName> {
        let definition = self.relations.get(relation.0 as usize)?.definition;
        self.definitions.get(definition.0 as usize)?.name.as_ref()
    }

    /// What a relation is to a subject that has it.
    pub(super) fn form(&self, relation: RelationKey) -> Option<&Form> {
        Some(&self.relations.get(relation.0 as usize)?.form)
    }

    /// The place of a relation's name; the first one for a subject without a relation.
    pub(super) fn relation_rank(&self, relation: RelationKey) -> u32 {
        self.relations.get(relation.0 as usize).map(|relation| relation.rank).unwrap_or_default()
    }

    /// The place of the name of the definition that has a relation.
    pub(super) fn definition_rank(&self, relation: RelationKey) -> u32 {
        let definition = self.relations.get(relation.0 as usize).map(|relation| relation.definition);
        let definition = definition.and_then(|definition| self.definitions.get(definition.0 as usize));
        definition.map(|definition| definition.rank).unwrap_or_default()
    }

    /// The place of a relation's name, if there is any of this name.
    pub(super) fn find_relation_rank(&self, name: &str) -> Option<u32> {
        if name.is_empty() { Some(0) } else { self.relation_ranks.find(name) }
    }

    /// The place of a definition's name, if there is any.
    pub(super) fn find_definition_rank(&self, name: &str) -> Option<u32> {
        self.definition_ranks.find(name)
    }
}

/// The places of names in their order, from 1 on.
#[derive(Debug, Default)]
struct Ranks(HashMap<Arc<str>, u32, foldhash::fast::RandomState>);

impl Ranks {
    fn of<'name>(names: impl Iterator<Item = &'name Arc<str>>) -> Self {
        let mut sorted: Vec<&Arc<str>> = names.collect();
        sorted.sort_unstable();
        sorted.dedup();
        Self(sorted.into_iter().map(Arc::clone).zip(1..).collect())
    }

    fn find(&self, name: &str) -> Option<u32> {
        self.0.get(name).copied()
    }
}
