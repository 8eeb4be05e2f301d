//! Watching imports: told whole and in order, from parts of which few are held at a time.

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use arrowroot::engine::{
    Changes, Engine, EngineOptions, Step, Watch, WatchError, Watcher, WriteRelationships, ZedToken,
};
use arrowroot::journal::{
    AppendError, Journal, JournalError, JournalIdentity, JournalPlace, MemoryJournal, SledJournal,
    StagedChanges, Transaction, TransactionPart,
};
use arrowroot::relationship::{Relationship, RelationshipUpdate, Revision, UpdateOperation};

use crate::support::{SCHEMA, head, update, write};

/// Relationships of a large import.
const COUNT: usize = 100_000;
/// Updates in one step, at the most, where names are as short as here.
const STEP_UPDATES_MAX: usize = 2_000;

/// A journal that counts the parts that are read from it, and how many of them make the longest reading.
#[derive(Debug)]
struct Counting {
    journal: Box<dyn Journal>,
    parts: AtomicUsize,
    parts_at_once_max: AtomicUsize,
}

impl Counting {
    fn over(journal: impl Journal) -> Arc<Self> {
        Arc::new(Self { journal: Box::new(journal), parts: 0.into(), parts_at_once_max: 0.into() })
    }

    fn parts(&self) -> usize {
        self.parts.swap(0, Ordering::Relaxed)
    }
}

impl Journal for Counting {
    fn identity(&self) -> JournalIdentity {
        self.journal.identity()
    }

    fn head(&self) -> Result<Revision, JournalError> {
        self.journal.head()
    }

    fn append(&self, expected_head: Revision, transactions: &[Transaction]) -> Result<(), AppendError> {
        self.journal.append(expected_head, transactions)
    }

    fn append_staged(
        &self,
        expected_head: Revision,
        transaction: Transaction,
        staged: &Arc<StagedChanges>,
    ) -> Result<(), AppendError> {
        self.journal.append_staged(expected_head, transaction, staged)
    }

    fn staging_directory(&self) -> PathBuf {
        self.journal.staging_directory()
    }

    fn read(
        &self,
        _after: Revision,
        _visit: &mut dyn FnMut(Transaction) -> ControlFlow<()>,
    ) -> Result<(), JournalError> {
        panic!("an import would be read whole")
    }

    fn read_in_parts(
        &self,
        from: JournalPlace,
        visit: &mut dyn FnMut(TransactionPart) -> ControlFlow<()>,
    ) -> Result<(), JournalError> {
        let mut count = 0;
        let read = self.journal.read_in_parts(from, &mut |part| {
            count += 1;
            visit(part)
        });
        self.parts.fetch_add(count, Ordering::Relaxed);
        self.parts_at_once_max.fetch_max(count, Ordering::Relaxed);
        read
    }
}

fn numbered(count: usize) -> Vec<Relationship> {
    let relationship = |number| format!("doc:d{number}#viewer@user:u{}", number % 1000);
    (0..count).map(|number| relationship(number).parse().unwrap()).collect()
}

fn import(engine: &Engine, relationships: &[Relationship]) -> ZedToken {
    let mut import = engine.import_relationships().unwrap();
    import.add_all(relationships).unwrap();
    engine.commit_import(import).unwrap().imported_at
}

/// An engine in which a write comes before an import and one after it, and the tokens of all three.
fn imported(journal: &Arc<Counting>, relationships: &[Relationship]) -> (Engine, [ZedToken; 3]) {
    let mut options = EngineOptions::default();
    options.limits.updates_max = usize::MAX;
    let engine = Engine::with_journal(Arc::clone(journal) as _, options).unwrap();
    engine.write_schema(SCHEMA).unwrap();
    let before = write(&engine, &["+doc:before#owner@user:ana"]).written_at;
    let at = import(&engine, relationships);
    let after = write(&engine, &["+doc:after#owner@user:ana"]).written_at;
    (engine, [before, at, after])
}

fn watch_after(engine: &Engine, token: &ZedToken) -> Watcher {
    engine.watch(Watch { after: Some(token.clone()), ..Watch::default() }).unwrap()
}

fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

/// The next changes; none when all is told. Between two steps the watcher rests, if it is to.
fn next(watcher: &mut Watcher, is_to_rest: bool) -> Option<Changes> {
    loop {
        match watcher.step() {
            Step::Changes(changes) => {
                if is_to_rest {
                    watcher.rest();
                }
                return Some(changes);
            }
            Step::Skipped => {}
            Step::CaughtUp => return None,
            Step::InJournal => {
                let turn = wait(watcher.journal_turn()).unwrap();
                watcher.read_journal(turn).unwrap();
            }
        }
    }
}

fn rest(watcher: &mut Watcher) -> Vec<Changes> {
    std::iter::from_fn(|| next(watcher, false)).collect()
}

fn touched(relationships: &[Relationship]) -> Vec<RelationshipUpdate> {
    let touch = |relationship: &Relationship| RelationshipUpdate {
        operation: UpdateOperation::Touch,
        relationship: relationship.clone(),
    };
    relationships.iter().map(touch).collect()
}

#[test]
fn an_import_is_told_whole_and_in_order_and_read_once_and_in_pieces() {
    let directory = tempfile::tempdir().unwrap();
    let durable = SledJournal::open(directory.path().join("graph")).unwrap();
    let relationships = numbered(COUNT);
    for journal in [Counting::over(MemoryJournal::new()), Counting::over(durable)] {
        let (engine, [before, at, after]) = imported(&journal, &relationships);
        // All parts at once, by which the rest is measured.
        let parts_of_import = {
            let mut count = 0;
            let mut visit = |_| {
                count += 1;
                ControlFlow::Continue(())
            };
            journal.read_in_parts(Revision(2).into(), &mut visit).unwrap();
            count - 1
        };
        assert!(parts_of_import > 20, "{parts_of_import}");
        journal.parts();
        journal.parts_at_once_max.store(0, Ordering::Relaxed);

        let told = rest(&mut watch_after(&engine, &before));
        let (last, import) = told.split_last().unwrap();
        assert_eq!((last.updates.len(), &last.through), (1, &after));
        let updates: Vec<_> = import.iter().flat_map(|part| part.updates.clone()).collect();
        assert!(updates == touched(&relationships), "the updates differ");
        assert!(import.iter().all(|part| part.updates.len() <= STEP_UPDATES_MAX));
        let (last, earlier) = import.split_last().unwrap();
        assert_eq!(last.through, at);
        assert!(earlier.iter().all(|part| part.through == before));

        let (read, at_once_max) = (journal.parts(), journal.parts_at_once_max.load(Ordering::Relaxed));
        assert!(read <= parts_of_import + 2, "{read} parts read of {parts_of_import}");
        assert!(at_once_max * 5 < parts_of_import, "{at_once_max} parts at once");
        // Whoever goes on from a token within is told of the import from its beginning.
        assert!(rest(&mut watch_after(&engine, &earlier[earlier.len() / 2].through)) == told);
    }
}

#[test]
fn a_watcher_that_rests_goes_on_where_it_was() {
    let journal = Counting::over(MemoryJournal::new());
    let (engine, [before, _, after]) = imported(&journal, &numbered(20_000));
    let id = "x".repeat(900);
    let updates = (0..2000).map(|number| update(&format!("+doc:{number}{id}#owner@user:ana"))).collect();
    engine.write_relationships(WriteRelationships { updates, ..Default::default() }).unwrap();
    // One that begins now finds what comes now in memory.
    let mut late = watch_after(&engine, &head(&engine).token());
    let updates = (0..800).map(|number| update(&format!("+doc:m{number}{id}#owner@user:ana"))).collect();
    engine.write_relationships(WriteRelationships { updates, ..Default::default() }).unwrap();

    let all = rest(&mut watch_after(&engine, &before));
    let mut resting = watch_after(&engine, &before);
    let told: Vec<_> = std::iter::from_fn(|| next(&mut resting, true)).collect();
    assert!(told == all, "they differ");
    let mut resting = watch_after(&engine, &after);
    journal.parts();
    let told: Vec<_> = std::iter::from_fn(|| next(&mut resting, true)).collect();
    assert!(told.len() > 8 && told == all[all.len() - told.len()..], "they differ");
    assert_eq!(journal.parts(), 2, "once to learn that it is large, once to keep it");
    let told: Vec<_> = std::iter::from_fn(|| next(&mut late, true)).collect();
    assert!(told.len() > 2 && told == all[all.len() - told.len()..], "they differ");
    assert_eq!(journal.parts(), 0);
}

#[test]
fn watchers_that_stop_within_an_import_keep_nobody_waiting() {
    let journal = Counting::over(MemoryJournal::new());
    let (engine, [before, ..]) = imported(&journal, &numbered(20_000));
    let all = rest(&mut watch_after(&engine, &before));
    let mut stopped: Vec<_> = (0..20).map(|_| watch_after(&engine, &before)).collect();
    let begun: Vec<_> = stopped.iter_mut().map(|watcher| next(watcher, false).unwrap()).collect();
    assert!(begun.iter().all(|changes| *changes == all[0]));
    assert!(rest(&mut watch_after(&engine, &before)) == all, "they differ");
    stopped.truncate(1);
    assert_eq!(engine.watcher_count(), 1);
    assert!(rest(&mut watch_after(&engine, &before)) == all, "they differ");
    assert!(rest(&mut stopped[0]) == all[1..], "they differ");
}

#[test]
fn a_watcher_within_an_import_does_not_hold_the_store() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("graph");
    let journal = Counting::over(SledJournal::open(&path).unwrap());
    let (engine, [before, ..]) = imported(&journal, &numbered(20_000));
    let mut watcher = watch_after(&engine, &before);
    next(&mut watcher, true).unwrap();
    drop((engine, journal));
    SledJournal::open(&path).unwrap();
    assert!(matches!(watcher.next_changes(), Err(WatchError::Closing)));
}
