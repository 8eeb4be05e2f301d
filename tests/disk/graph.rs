//! An engine, and what it must have: everything that it acknowledged.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use arrowroot::engine::{
    Consistency, Engine, EngineOptions, Unwritable, WriteRelationships, WriteRelationshipsError,
};
use arrowroot::relationship::{RelationshipUpdate, UpdateOperation};

use super::workload::{SCHEMA, long_id};

/// An engine in a directory, and what is in it.
pub(crate) struct Graph {
    pub(crate) engine: Engine,
    pub(crate) expected: BTreeSet<String>,
}

impl Graph {
    pub(crate) fn create(path: &Path) -> Self {
        let engine = Engine::open(path, options()).unwrap();
        engine.write_schema(SCHEMA).unwrap();
        Self { engine, expected: BTreeSet::new() }
    }

    /// Ends it and starts it again: it is as it was.
    pub(crate) fn reopen(self, path: &Path) -> Self {
        let Self { engine, expected } = self;
        drop(engine);
        let graph = Self { engine: Engine::open(path, options()).unwrap(), expected };
        graph.check();
        graph
    }

    /// Writes relationships of these names.
    pub(crate) fn write(&mut self, name: &str, count: usize) -> Result<(), WriteRelationshipsError> {
        let texts: Vec<_> = (0..count).map(|number| text(name, number)).collect();
        let update = |text: &String| RelationshipUpdate {
            operation: UpdateOperation::Touch,
            relationship: text.parse().unwrap(),
        };
        let updates = texts.iter().map(update).collect();
        self.engine.write_relationships(WriteRelationships { updates, ..Default::default() })?;
        self.expected.extend(texts);
        Ok(())
    }

    /// Imports relationships of these names.
    pub(crate) fn import(&mut self, name: &str, count: usize) -> Result<(), String> {
        let mut import = self.engine.import_relationships().map_err(|error| error.to_string())?;
        let texts: Vec<_> = (0..count).map(|number| text(name, number)).collect();
        for text in &texts {
            import.add(&text.parse().unwrap()).map_err(|error| error.to_string())?;
        }
        self.engine.commit_import(import).map_err(|error| error.to_string())?;
        self.expected.extend(texts);
        Ok(())
    }

    /// A write that cannot be made durable: it is taken back, and reads go on.
    pub(crate) fn write_in_vain(&mut self, name: &str, count: usize) {
        let head = self.engine.head();
        let refused = self.write(name, count).unwrap_err();
        assert_eq!(refused, WriteRelationshipsError::Unwritable(Unwritable::NotDurable));
        assert!(!self.engine.is_writable());
        assert_eq!(self.engine.head(), head);
        self.check();
    }

    /// It has everything that was acknowledged, and nothing else.
    pub(crate) fn check(&self) {
        let view = self.engine.at(&Consistency::FullyConsistent).unwrap();
        let found = view.export_relationships(None, None).unwrap();
        let found: BTreeSet<_> = found.map(|relationship| relationship.to_string()).collect();
        let difference = found.symmetric_difference(&self.expected).next();
        assert_eq!(difference, None, "of {} and {}", found.len(), self.expected.len());
    }
}

/// Everything that is past is forgotten with the next checkpoint.
pub(crate) fn options() -> EngineOptions {
    let mut options = EngineOptions::default();
    options.retention = Duration::ZERO;
    options
}

fn text(name: &str, number: usize) -> String {
    format!("document:{name}-{number}#viewer@user:{}", long_id(number))
}

/// What lies in a directory, sorted.
pub(crate) fn names(directory: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(directory).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}
