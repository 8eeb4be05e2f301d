//! Transactions to write, and short ways to write and read them.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrowroot::journal::{
    CheckpointError, Journal, JournalError, JournalPlace, RelationshipChange, SledJournal, StagedChanges,
    Staging, Transaction, TransactionPart,
};
use arrowroot::relationship::{Relationship, Revision, Timestamp};

/// The segment size of the journal's database, which sled insists on.
pub(crate) const SEGMENT_BYTES: usize = 8 << 20;

pub(crate) fn transaction(revision: u64, relationships: &[&str]) -> Transaction {
    let touch = |text: &&str| RelationshipChange::Touch(text.parse::<Relationship>().unwrap());
    Transaction {
        revision: Revision(revision),
        committed_at: Timestamp { seconds: 1_700_000_000 + revision.cast_signed(), nanoseconds: 5 },
        schema: None,
        changes: relationships.iter().map(touch).collect(),
        metadata_json: None,
        counter: None,
    }
}

/// One relationship, a different one for each revision.
pub(crate) fn single(revision: u64) -> Transaction {
    transaction(revision, &[&format!("agent:agent-{revision}#owner@user:user-{}", revision % 7)])
}

pub(crate) fn singles(revisions: std::ops::RangeInclusive<u64>) -> Vec<Transaction> {
    revisions.map(single).collect()
}

pub(crate) fn large(revision: u64, relationships: u64) -> Transaction {
    let text = |number| format!("document:d-{revision}-{number}#viewer@group:g-{number}#member");
    let texts: Vec<_> = (0..relationships).map(text).collect();
    transaction(revision, &texts.iter().map(String::as_str).collect::<Vec<_>>())
}

/// So many bytes, which nothing makes fewer on their way to the disk.
pub(crate) fn bulky(revision: u64, bytes: usize) -> Transaction {
    Transaction { schema: Some("s".repeat(bytes)), ..single(revision) }
}

pub(crate) fn append_each(journal: &dyn Journal, transactions: &[Transaction]) {
    for transaction in transactions {
        journal.append(Revision(transaction.revision.0 - 1), std::slice::from_ref(transaction)).unwrap();
    }
}

pub(crate) fn read(journal: &dyn Journal, after: u64) -> Result<Vec<Transaction>, JournalError> {
    let mut transactions = Vec::new();
    journal.read(Revision(after), &mut |transaction| {
        transactions.push(transaction);
        ControlFlow::Continue(())
    })?;
    Ok(transactions)
}

pub(crate) fn read_in_parts(journal: &dyn Journal, from: JournalPlace) -> Vec<TransactionPart> {
    let mut parts = Vec::new();
    let mut visit = |part| {
        parts.push(part);
        ControlFlow::Continue(())
    };
    journal.read_in_parts(from, &mut visit).unwrap();
    parts
}

/// Stages the relationships of these changes.
pub(crate) fn stage(directory: &Path, changes: &[RelationshipChange]) -> Arc<StagedChanges> {
    let mut staging = Staging::new(directory);
    for change in changes {
        let RelationshipChange::Touch(relationship) = change else { panic!("{change:?} cannot be staged") };
        staging.push(relationship).unwrap();
    }
    Arc::new(staging.finish().unwrap())
}

pub(crate) fn head(journal: &dyn Journal) -> u64 {
    journal.head().unwrap().0
}

/// Segments of all kinds: empty, of one value, of many. They differ with the revision.
pub(crate) fn segments(revision: u64) -> Vec<Vec<u8>> {
    [0, 1, 5000, 16_384, 300_000, 40]
        .map(|bytes: usize| random(revision).map(|number| number.to_le_bytes()[0]).take(bytes).collect())
        .to_vec()
}

/// Writes a checkpoint of these segments.
pub(crate) fn write_checkpoint(
    journal: &dyn Journal,
    (revision, trimmed_to): (u64, u64),
    segments: &[Vec<u8>],
) -> Result<(), CheckpointError> {
    let mut segments = segments.iter().cloned().map(Ok);
    journal.write_checkpoint(Revision(revision), Revision(trimmed_to), &mut segments)
}

type Segments = Vec<Vec<u8>>;

/// The revision of the checkpoint, and its segments.
pub(crate) fn checkpoint(journal: &dyn Journal) -> Result<Option<(u64, Segments)>, JournalError> {
    let Some(checkpoint) = journal.checkpoint()? else { return Ok(None) };
    let segments = (0..checkpoint.segment_count()).map(|number| checkpoint.segment(number));
    Ok(Some((checkpoint.revision().0, segments.collect::<Result<_, _>>()?)))
}

/// Where the database lies that the marker names.
pub(crate) fn database_directory(directory: &Path) -> PathBuf {
    let marker = std::fs::read_to_string(directory.join("arrowroot.journal")).unwrap_or_default();
    match marker.lines().find_map(|line| line.strip_prefix("generation ")) {
        None | Some("0") => directory.to_owned(),
        Some(number) => directory.join(format!("generation-{number}")),
    }
}

/// What lies in a directory, sorted.
pub(crate) fn names(directory: &Path) -> Vec<String> {
    let name = |entry: std::io::Result<std::fs::DirEntry>| entry.unwrap().file_name().into_string().unwrap();
    let mut names: Vec<_> = std::fs::read_dir(directory).unwrap().map(name).collect();
    names.sort();
    names
}

/// The database below a closed journal.
pub(crate) fn database(directory: &Path) -> sled::Db {
    let path = database_directory(directory);
    sled::Config::new().path(path).segment_size(SEGMENT_BYTES).flush_every_ms(None).open().unwrap()
}

/// Writes to a closed journal's database, past the journal.
pub(crate) fn meddle(directory: &Path, change: impl FnOnce(&sled::Db)) {
    let database = database(directory);
    change(&database);
    database.flush().unwrap();
    drop(database);
    await_release(directory);
}

/// A journal with transactions of one relationship each, closed again.
pub(crate) fn closed_journal(directory: &Path, transactions: &[Transaction]) {
    append_each(&SledJournal::open(directory).unwrap(), transactions);
}

/// sled's background tasks may hold the file for a moment after the database is dropped.
fn await_release(directory: &Path) {
    std::fs::File::open(database_directory(directory).join("db")).unwrap().lock().unwrap();
}

pub(crate) fn copy_files(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_dir() {
            copy_files(&entry.path(), &to.join(entry.file_name()));
        } else {
            std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
}

/// Random tests print the seed of a failing case, and take it back by this variable.
pub(crate) const SEED: &str = "ARROWROOT_TEST_SEED";

pub(crate) fn seed() -> u64 {
    std::env::var(SEED).map_or(1, |seed| seed.parse().unwrap())
}

/// Numbers below 2^31 that follow from a seed.
pub(crate) fn random(seed: u64) -> impl Iterator<Item = usize> {
    let mut state = seed;
    std::iter::repeat_with(move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap()
    })
}
