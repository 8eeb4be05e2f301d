//! Opening what a loss of power left, and holding it against what was promised.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::{Bound, ControlFlow};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::{Arc, Mutex};

use arrowroot::engine::{Consistency, Engine, EngineOptions, WriteRelationships};
use arrowroot::journal::{Journal, JournalError, RelationshipChange, SledJournal, Transaction};
use arrowroot::relationship::{RelationshipUpdate, Revision, Timestamp, UpdateOperation};

use super::graph::names;
use super::image::Image;
use super::reports::{Digest, OfferedCheckpoint, Promised, Report};
use super::workload::{SCHEMA, STORE};

/// All transactions of a run, and what is stored after each group of them.
#[derive(Debug)]
pub(crate) struct History {
    transactions: BTreeMap<u64, Transaction>,
    states: Mutex<BTreeMap<u64, Arc<BTreeSet<String>>>>,
}

impl History {
    /// The transactions that are told of, with those from before.
    pub(crate) fn of(
        reports: &[(usize, Report)],
        before: &BTreeMap<u64, Transaction>,
    ) -> BTreeMap<u64, Transaction> {
        let mut transactions = before.clone();
        for (_, report) in reports {
            if let Report::Submitted { transactions: submitted } = report {
                for transaction in submitted {
                    let before = transactions.insert(transaction.revision.0, transaction.clone());
                    assert!(before.is_none(), "revision {} was submitted twice", transaction.revision);
                }
            }
        }
        transactions
    }

    pub(crate) fn new(transactions: BTreeMap<u64, Transaction>) -> Self {
        Self { transactions, states: Mutex::default() }
    }

    fn state_at(&self, revision: u64) -> Arc<BTreeSet<String>> {
        let mut states = self.states.lock().unwrap();
        let state = states.entry(revision).or_insert_with(|| {
            let mut state = BTreeSet::new();
            let transactions = self.transactions.range(..=revision);
            for change in transactions.flat_map(|(_, transaction)| &transaction.changes) {
                match change {
                    RelationshipChange::Touch(relationship) => state.insert(relationship.to_string()),
                    RelationshipChange::Delete(relationship) => state.remove(&relationship.to_string()),
                };
            }
            Arc::new(state)
        });
        Arc::clone(state)
    }
}

/// Opens an image twice, as a journal and as an engine, and has both go on. What is wrong with it, if anything is.
pub(crate) fn run(image: &Image, promised: &Promised, history: &History) -> Result<(), String> {
    let directory = scratch();
    image.write(directory.path());
    let store = directory.path().join(STORE);
    let trial = AssertUnwindSafe(|| {
        let next = go_on_as_journal(&store, promised, history)?;
        go_on_as_engine(&store, &next, history)
    });
    catch_unwind(trial).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        Err(format!("a panic: {}", text.unwrap_or_default()))
    })
}

/// A temporary directory, in memory if there is any: nothing there is to survive.
pub(crate) fn scratch() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { tempfile::tempdir_in(memory).unwrap() } else { tempfile::tempdir().unwrap() }
}

/// The transaction that was appended.
fn go_on_as_journal(store: &Path, promised: &Promised, history: &History) -> Result<Transaction, String> {
    let journal = SledJournal::open(store).map_err(|error| format!("it does not open: {error}"))?;
    let head = journal.head().unwrap().0;
    let least = promised.head;
    if head < least || !promised.ends.contains(&head) {
        return Err(format!("its head is {head}, where {least} was acknowledged"));
    }
    if least > 0 && promised.identity != Some(journal.identity().0) {
        return Err("it is another journal".to_owned());
    }
    let checkpoint = checkpoint_of(&journal).map_err(|error| error.to_string())?;
    let fits = |offered: &Option<OfferedCheckpoint>| {
        offered.as_ref().map(|offered| (offered.revision, offered.digest)) == checkpoint
    };
    let Some(offered) = promised.checkpoints[promised.checkpoint..].iter().find(|offered| fits(offered))
    else {
        return Err(format!("its checkpoint is {checkpoint:?}, none of {:?}", promised.checkpoints));
    };
    let oldest = offered.as_ref().map_or(0, |offered| offered.trimmed_to);
    check_transactions(&journal, (oldest, head), history)?;
    let names = names(store);
    let expected_names = |name: &String| match name.as_str() {
        "arrowroot.journal" | "arrowroot.lock" => true,
        "db" | "conf" | "blobs" => checkpoint.is_none(),
        name if name.starts_with("snap.") => checkpoint.is_none() && !name.ends_with(".generating"),
        name => checkpoint.is_some() && name.starts_with("generation-"),
    };
    let generations = names.iter().filter(|name| name.starts_with("generation-")).count();
    if !names.iter().all(expected_names) || generations > 1 {
        return Err(format!("it left {names:?}"));
    }

    let next = Transaction {
        revision: Revision(head + 1),
        committed_at: Timestamp { seconds: 4_000_000_000, nanoseconds: 0 },
        schema: Some(SCHEMA.to_owned()),
        changes: vec![RelationshipChange::Touch("document:after#viewer@user:loss".parse().unwrap())],
        metadata_json: None,
        counter: None,
    };
    let appended = journal.append(Revision(head), std::slice::from_ref(&next));
    appended.map_err(|error| format!("it takes no transaction: {error}"))?;
    Ok(next)
}

fn checkpoint_of(journal: &SledJournal) -> Result<Option<(u64, u32)>, JournalError> {
    let Some(checkpoint) = journal.checkpoint()? else { return Ok(None) };
    let mut digest = Digest::default();
    for number in 0..checkpoint.segment_count() {
        digest.add(&checkpoint.segment(number)?);
    }
    Ok(Some((checkpoint.revision().0, digest.finish())))
}

/// Whether the transactions after one revision, up to the head, are those that were submitted.
fn check_transactions(
    journal: &SledJournal,
    (oldest, head): (u64, u64),
    history: &History,
) -> Result<(), String> {
    if oldest > 0 {
        let earlier = journal.read(Revision(oldest - 1), &mut |_| ControlFlow::Continue(()));
        if !matches!(earlier, Err(JournalError::Trimmed { oldest: found }) if found.0 == oldest) {
            return Err(format!("what was up to {oldest} is not forgotten: {earlier:?}"));
        }
    }
    let mut expected = history.transactions.range((Bound::Excluded(oldest), Bound::Included(head)));
    let mut wrong = None;
    let read = journal.read(Revision(oldest), &mut |transaction| {
        if expected.next().map(|(_, expected)| expected) == Some(&transaction) {
            return ControlFlow::Continue(());
        }
        wrong = Some(format!("revision {} is not as it was submitted", transaction.revision));
        ControlFlow::Break(())
    });
    read.map_err(|error| format!("it cannot be read: {error}"))?;
    match (wrong, expected.next()) {
        (Some(wrong), _) => Err(wrong),
        (None, Some((missing, _))) => Err(format!("revision {missing} is missing")),
        (None, None) => Ok(()),
    }
}

fn go_on_as_engine(store: &Path, appended: &Transaction, history: &History) -> Result<(), String> {
    let engine = Engine::open(store, EngineOptions::default())
        .map_err(|error| format!("the engine does not open: {error}"))?;
    let head = appended.revision;
    if engine.head() != head {
        return Err(format!("the engine is at {}, not at the {head} that was appended", engine.head()));
    }
    let mut expected: BTreeSet<_> = history.state_at(head.0 - 1).as_ref().clone();
    expected.extend(appended.changes.iter().map(|change| change.relationship().to_string()));
    let view = engine.at(&Consistency::FullyConsistent).unwrap();
    let found = view.export_relationships(None, None).unwrap();
    let found: BTreeSet<_> = found.map(|relationship| relationship.to_string()).collect();
    if let Some(difference) = found.symmetric_difference(&expected).next() {
        return Err(format!("the engine differs in `{difference}`"));
    }
    let relationship = "document:after#viewer@user:start".parse().unwrap();
    let updates = vec![RelationshipUpdate { operation: UpdateOperation::Create, relationship }];
    let written = engine.write_relationships(WriteRelationships { updates, ..Default::default() });
    written.map_err(|error| format!("the engine takes no write: {error}"))?;
    Ok(())
}
