//! What the recorded process does: writes of several threads, large ones, imports, checkpoints, ends and starts.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use arrowroot::engine::{Engine, EngineOptions, WriteRelationships};
use arrowroot::journal::RelationshipChange;
use arrowroot::relationship::{Relationship, RelationshipUpdate, UpdateOperation};

use super::process::{again, only_again, run};
use super::recorder;
use super::reports::{Report, Reporter, Reporting};

/// How often the process does all that it does.
const ROUNDS: &str = "DISK_TEST_ROUNDS";

/// The store's name in the recorded directory.
pub(crate) const STORE: &str = "store";

pub(crate) const SCHEMA: &str = "
definition user {}
definition document { relation viewer: user; }
";

/// Runs a process of this file to its end and records it.
pub(crate) fn record(test: &str, root: &Path, log: &Path, rounds: u64) {
    let mut command = again(&format!("workload::{test}"), root);
    command.env(ROUNDS, rounds.to_string());
    recorder::record(&mut command, root, log);
    run(&mut command);
}

/// Everything, over and over.
#[test]
fn works() {
    only_again(|root| {
        let rounds: u64 = std::env::var(ROUNDS).unwrap().parse().unwrap();
        let work = Work { reporter: Arc::new(Reporter::new(&root)), store: root.join(STORE) };
        let (all, none) = (Duration::from_hours(1), Duration::ZERO);
        for round in 0..rounds {
            let name = |part: &str| format!("r{round}{part}");
            work.with_engine(all, |engine| {
                engine.write_schema(SCHEMA).unwrap();
                work.write_from_threads(engine, &name("a"), 3, 12);
                work.import(engine, &name("b"), 4000);
                work.write(engine, &name("c"), 1000);
            });
            work.with_engine(all, |engine| {
                work.write_from_threads(engine, &name("d"), 2, 8);
                work.beside_a_checkpoint(engine, &name("e"));
                work.write_from_threads(engine, &name("f"), 2, 4);
            });
            work.with_engine(none, |engine| {
                work.write(engine, &name("g"), 300);
                engine.write_checkpoint().unwrap();
                work.beside_a_checkpoint(engine, &name("h"));
                work.import(engine, &name("i"), 500);
            });
        }
    });
}

/// A start after power was lost, and what follows.
#[test]
fn goes_on() {
    only_again(|root| {
        let work = Work { reporter: Arc::new(Reporter::new(&root)), store: root.join(STORE) };
        work.with_engine(Duration::ZERO, |engine| {
            engine.write_schema(SCHEMA).unwrap();
            work.write_from_threads(engine, "after-a", 2, 3);
            work.write(engine, "after-b", 1000);
        });
        work.with_engine(Duration::ZERO, |engine| {
            work.import(engine, "after-c", 2500);
            work.beside_a_checkpoint(engine, "after-d");
        });
    });
}

struct Work {
    reporter: Arc<Reporter>,
    store: PathBuf,
}

impl Work {
    fn with_engine(&self, retention: Duration, work: impl FnOnce(&Engine)) {
        let journal = Arc::new(Reporting::open(&self.store, &self.reporter));
        let mut options = EngineOptions::default();
        options.retention = retention;
        work(&Engine::with_journal(journal, options).unwrap());
    }

    /// Each thread writes one after another, and takes every third back again.
    fn write_from_threads(&self, engine: &Engine, name: &str, threads: u32, writes: u32) {
        thread::scope(|scope| {
            for thread in 0..threads {
                scope.spawn(move || {
                    for number in 0..writes {
                        let text = format!("document:{name}-{thread}#viewer@user:{number}");
                        self.update(engine, &[(UpdateOperation::Create, &text)]);
                        if number % 3 == 1 {
                            self.update(engine, &[(UpdateOperation::Delete, &text)]);
                        }
                    }
                });
            }
        });
    }

    fn write(&self, engine: &Engine, name: &str, count: u32) {
        let texts: Vec<_> = (0..count).map(|number| text(name, number)).collect();
        let updates: Vec<_> = texts.iter().map(|text| (UpdateOperation::Touch, text.as_str())).collect();
        self.update(engine, &updates);
    }

    fn beside_a_checkpoint(&self, engine: &Engine, name: &str) {
        thread::scope(|scope| {
            scope.spawn(|| engine.write_checkpoint().unwrap());
            self.write_from_threads(engine, name, 1, 10);
        });
    }

    fn import(&self, engine: &Engine, name: &str, count: u32) {
        let mut import = engine.import_relationships().unwrap();
        let relationships: Vec<Relationship> =
            (0..count).map(|number| text(name, number).parse().unwrap()).collect();
        import.add_all(&relationships).unwrap();
        self.reporter.expect_import(relationships.into_iter().map(RelationshipChange::Touch).collect());
        engine.commit_import(import).unwrap();
    }

    fn update(&self, engine: &Engine, updates: &[(UpdateOperation, &str)]) {
        let update = |(operation, text): &(UpdateOperation, &str)| RelationshipUpdate {
            operation: *operation,
            relationship: text.parse::<Relationship>().unwrap(),
        };
        let updates = updates.iter().map(update).collect();
        let written = engine.write_relationships(WriteRelationships { updates, ..Default::default() });
        written.unwrap();
        self.reporter.report(&Report::Answered { revision: engine.head().0 });
    }
}

/// A long one, so that few make many bytes.
fn text(name: &str, number: u32) -> String {
    format!("document:{name}-{number}#viewer@user:{}", long_id(number as usize))
}

/// An id that cannot be packed into much less than its 96 bytes.
pub(crate) fn long_id(number: usize) -> String {
    let mut random = fastrand::Rng::with_seed(number as u64);
    let parts: Vec<_> = (0..6).map(|_| format!("{:016x}", random.u64(..))).collect();
    parts.concat()
}
