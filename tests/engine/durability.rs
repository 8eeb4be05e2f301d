//! What survives: a restart, and a journal that fails.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use arrowroot::engine::{
    Consistency, Engine, EngineOptions, OpenError, Opening, OpeningProgress, Unwritable,
    WriteRelationshipsError,
};
use arrowroot::journal::{
    AppendError, Journal, JournalError, JournalIdentity, MemoryJournal, RelationshipChange, Transaction,
};
use arrowroot::relationship::{Revision, Timestamp};

use crate::support::{SCHEMA, check, head, read, try_write, write};

#[test]
fn a_reopened_directory_has_the_same_graph_at_every_revision_and_takes_old_tokens() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("graph");
    let engine = Engine::open(&path, EngineOptions::default()).unwrap();
    engine.write_schema(SCHEMA).unwrap();
    let granted = write(&engine, &["+doc:one#owner@user:ana", "+doc:two#parent@doc:one"]).written_at;
    let revoked = write(&engine, &["-doc:one#owner@user:ana"]).written_at;
    let second = Engine::open(&path, EngineOptions::default());
    assert!(matches!(second, Err(OpenError::Journal(_))), "{second:?}");
    drop(engine);

    let engine = Engine::open(&path, EngineOptions::default()).unwrap();
    let is_viewer =
        |token| check(&engine.at(&Consistency::AtExactSnapshot(token)).unwrap(), "doc:two#view@user:ana");
    assert!(is_viewer(granted));
    assert!(!is_viewer(revoked));
    assert_eq!(read(&head(&engine), "doc"), ["doc:two#parent@doc:one"]);
    assert_eq!(head(&engine).read_schema(), Some(SCHEMA));
}

#[test]
fn an_opening_tells_how_far_it_is() {
    let journal = Arc::new(MemoryJournal::new());
    let engine = Engine::with_journal(Arc::clone(&journal) as _, EngineOptions::default()).unwrap();
    engine.write_schema(SCHEMA).unwrap();
    let mut import = engine.import_relationships().unwrap();
    for number in 0..200_001 {
        import.add(&format!("doc:{number}#owner@user:ana").parse().unwrap()).unwrap();
    }
    engine.commit_import(import).unwrap();
    drop(engine);

    let opening = Arc::new(Opening::default());
    let mut options = EngineOptions::default();
    options.opening = Some(Arc::clone(&opening));
    drop(Engine::with_journal(journal, options).unwrap());
    // Told now and then only.
    assert_eq!(opening.progress(), OpeningProgress { relationships: 200_000, of: None });
}

/// A journal that sees how many changes are read from it before earlier ones are applied.
#[derive(Debug, Default)]
struct Overtaken {
    journal: MemoryJournal,
    opening: Arc<Opening>,
    ahead_max: AtomicU64,
}

impl Journal for Overtaken {
    fn identity(&self) -> JournalIdentity {
        self.journal.identity()
    }

    fn head(&self) -> Result<Revision, JournalError> {
        self.journal.head()
    }

    fn append(&self, expected_head: Revision, transactions: &[Transaction]) -> Result<(), AppendError> {
        self.journal.append(expected_head, transactions)
    }

    fn read(
        &self,
        after: Revision,
        visit: &mut dyn FnMut(Transaction) -> ControlFlow<()>,
    ) -> Result<(), JournalError> {
        let mut read = 0;
        self.journal.read(after, &mut |transaction| {
            read += transaction.changes.len() as u64;
            let outcome = visit(transaction);
            let ahead = read - self.opening.progress().relationships;
            self.ahead_max.fetch_max(ahead, Ordering::Relaxed);
            outcome
        })
    }
}

#[test]
fn a_start_reads_large_transactions_one_at_a_time() {
    let journal = Arc::new(Overtaken::default());
    for revision in 1..=4 {
        // As many as the opening tells of at once.
        let change = |number| {
            RelationshipChange::Touch(format!("doc:d{revision}-{number}#owner@user:ana").parse().unwrap())
        };
        let transaction = Transaction {
            revision: Revision(revision),
            committed_at: Timestamp { seconds: 1, nanoseconds: 0 },
            schema: None,
            changes: (0..100_000).map(change).collect(),
            metadata_json: None,
            counter: None,
        };
        journal.append(Revision(revision - 1), &[transaction]).unwrap();
    }
    let mut options = EngineOptions::default();
    options.opening = Some(Arc::clone(&journal.opening));
    Engine::with_journal(Arc::clone(&journal) as _, options).unwrap();
    assert_eq!(journal.opening.progress().relationships, 400_000);
    assert_eq!(journal.ahead_max.load(Ordering::Relaxed), 0);
}

/// A journal that cannot append for a while.
#[derive(Debug, Default)]
pub(crate) struct Failing {
    journal: MemoryJournal,
    /// Appends that are still to fail.
    pub(crate) failures: AtomicUsize,
}

impl Journal for Failing {
    fn identity(&self) -> JournalIdentity {
        self.journal.identity()
    }

    fn head(&self) -> Result<Revision, JournalError> {
        self.journal.head()
    }

    fn append(&self, expected_head: Revision, transactions: &[Transaction]) -> Result<(), AppendError> {
        let fewer = |failures: usize| failures.checked_sub(1);
        if self.failures.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fewer).is_ok() {
            return Err(AppendError::Storage("no space left on device".to_owned()));
        }
        self.journal.append(expected_head, transactions)
    }

    fn read(
        &self,
        after: Revision,
        visit: &mut dyn FnMut(Transaction) -> ControlFlow<()>,
    ) -> Result<(), JournalError> {
        self.journal.read(after, visit)
    }
}

#[test]
fn a_write_that_is_not_durable_is_taken_back_and_the_next_one_tries_again() {
    let journal = Arc::new(Failing::default());
    let engine = Engine::with_journal(Arc::clone(&journal) as _, EngineOptions::default()).unwrap();
    engine.write_schema(SCHEMA).unwrap();
    write(&engine, &["+doc:one#owner@user:ana"]);
    let before = engine.head();
    journal.failures.store(2, Ordering::Relaxed);
    for attempt in [["-doc:one#owner@user:ana"], ["+doc:two#owner@user:ana"]] {
        let refused = try_write(&engine, &attempt).unwrap_err();
        assert_eq!(refused, WriteRelationshipsError::Unwritable(Unwritable::NotDurable));
        assert!(!engine.is_writable());
        assert_eq!(engine.head(), before);
        assert_eq!(read(&head(&engine), "doc"), ["doc:one#owner@user:ana"]);
    }
    write(&engine, &["+doc:two#owner@user:ana"]);
    assert!(engine.is_writable());
    assert_eq!(engine.head(), before.next());
    assert_eq!(read(&head(&engine), "doc"), ["doc:one#owner@user:ana", "doc:two#owner@user:ana"]);
}

#[test]
fn under_load_with_failures_exactly_the_acknowledged_writes_are_there() {
    const CLIENTS: usize = 8;
    const WRITES: usize = 60;
    let journal = Arc::new(Failing::default());
    let engine = Engine::with_journal(Arc::clone(&journal) as _, EngineOptions::default()).unwrap();
    engine.write_schema(SCHEMA).unwrap();
    let mut acknowledged: Vec<String> = std::thread::scope(|scope| {
        let client = |client: usize| {
            let (engine, journal) = (&engine, &journal);
            move || {
                let mut acknowledged = Vec::new();
                for number in 0..WRITES {
                    if number % 10 == client {
                        journal.failures.store(1, Ordering::Relaxed);
                    }
                    let text = format!("doc:c{client}n{number}#owner@user:ana");
                    match try_write(engine, &[&format!("+{text}")]) {
                        Ok(_) => acknowledged.push(text),
                        Err(error) => assert_eq!(error.to_string(), Unwritable::NotDurable.to_string()),
                    }
                }
                acknowledged
            }
        };
        let threads: Vec<_> = (0..CLIENTS).map(|number| scope.spawn(client(number))).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    acknowledged.sort_unstable();
    assert!(acknowledged.len() < CLIENTS * WRITES);
    assert_eq!(read(&head(&engine), "doc"), acknowledged);
    engine.close();
    let closed = try_write(&engine, &["+doc:late#owner@user:ana"]).unwrap_err();
    assert_eq!(closed, WriteRelationshipsError::Unwritable(Unwritable::Closing));
    drop(engine);
    let reopened = Engine::with_journal(journal, EngineOptions::default()).unwrap();
    assert_eq!(read(&head(&reopened), "doc"), acknowledged);
}
