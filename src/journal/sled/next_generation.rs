//! The generation in the making: filled beside the one that counts, closed, opened again, and read back whole before
//! anybody relies on it. Whatever goes wrong until then, it is removed.

use super::super::checkpoint::{Checkpoint as _, CheckpointError};
use super::super::error::JournalError;
use super::super::identity::JournalIdentity;
use super::chain::{Chain, ChainTotals};
use super::checkpoint::SledCheckpoint;
use super::checkpoint_record::{CheckpointHead, PartKey, SEGMENT_BYTES_MAX, segment_insertions};
use super::directory::{Directory, free_bytes};
use super::fault::{Fault, contained};
use super::generation::Generation;
use super::opening::identity_insertion;
use super::reader;
use super::record::VALUE_BYTES_MAX;
use super::store::{SEGMENT_BYTES, Store, WINDOW_BYTES};
use super::writer::{Change, WriteFault};
use crate::relationship::Revision;

/// Bytes of values that are written between two syncs while nobody relies on the database. It bounds memory, and how
/// long the disk may be silent; see [`Store::write_unguarded`].
const FILL_WINDOW_BYTES: usize = 4 << 20;

/// Bytes that the disk must have left for a window to be written: with what sled makes of one, enough remain for appends to
/// go on, which need a segment now and then, and the same to open the database anew.
const FREE_BYTES_MIN: u64 = 4 * SEGMENT_BYTES as u64;

/// The journal's database as it is now, and its head: asked for anew for each piece, so that nobody has to wait for a
/// reader to let go of it.
pub(super) type Source<'journal> = dyn Fn() -> Result<(sled::Db, Revision), JournalError> + 'journal;

/// Segments, as whoever makes them hands them over.
pub(super) type Segments<'caller> = dyn Iterator<Item = Result<Vec<u8>, CheckpointError>> + 'caller;

/// Asked between the pieces of what takes long: an error breaks it off.
type GoOn<'caller> = dyn FnMut() -> Result<(), CheckpointError> + 'caller;

/// A generation that does not count yet. Dropping it removes it.
#[derive(Debug)]
pub(super) struct NextGeneration {
    generation: Generation,
    identity: JournalIdentity,
    head: CheckpointHead,
    store: Option<Store>,
    is_removed_when_dropped: bool,
    window: Window,
    segment_digest: crc32fast::Hasher,
    /// What was written.
    written: Chain,
    /// What was read back.
    verified: Chain,
}

/// Changes that are collected before they are written.
#[derive(Debug, Default)]
struct Window {
    changes: Vec<Change>,
    bytes: usize,
}

impl NextGeneration {
    /// Makes an empty one, for a checkpoint at a revision beside the transactions after another.
    pub(super) fn create(
        directory: &Directory,
        generation: Generation,
        identity: JournalIdentity,
        (revision, trimmed_to): (Revision, Revision),
        source: &Source<'_>,
    ) -> Result<Self, CheckpointError> {
        let start = first_kept(trimmed_to, source)?;
        let head =
            CheckpointHead { revision, trimmed_to, segment_count: 0, segment_bytes: 0, transaction_bytes: 0 };
        let mut next = Self {
            generation,
            identity,
            head,
            store: None,
            is_removed_when_dropped: true,
            window: Window::default(),
            segment_digest: crc32fast::Hasher::new(),
            written: Chain::new(start, revision),
            verified: Chain::new(start, revision),
        };
        let making = |error: std::io::Error| of_fault(&Fault::of_file("making a generation", &error));
        next.generation.create().map_err(making)?;
        directory.sync_entries().map_err(making)?;
        next.store = Some(Store::open(&next.generation).map_err(|fault| of_fault(&fault))?);
        Ok(next)
    }

    /// Writes the checkpoint and the transactions that are kept, and reads back what a start would find.
    pub(super) fn fill(
        &mut self,
        segments: &mut Segments<'_>,
        source: &Source<'_>,
    ) -> Result<(), CheckpointError> {
        self.put(identity_insertion(self.identity))?;
        for segment in &mut *segments {
            self.put_segment(&segment?)?;
        }
        let mut go_on = || check_wanted(segments);
        self.flush()?;
        self.copy(source, FILL_WINDOW_BYTES, &mut go_on)?;
        self.head.transaction_bytes = self.written.totals().bytes_before;
        self.put(self.head.insertion())?;
        self.flush()?;
        go_on()?;
        self.reopen()?;
        self.verify_checkpoint(&mut go_on)?;
        self.verify_transactions(&mut go_on)
    }

    /// Copies the transactions that were appended meanwhile. These are read back from sled's memory, if it has them.
    pub(super) fn catch_up(&mut self, source: &Source<'_>) -> Result<(), CheckpointError> {
        let mut go_on = || Ok(());
        self.copy(source, WINDOW_BYTES - VALUE_BYTES_MAX, &mut go_on)?;
        self.verify_transactions(&mut go_on)
    }

    /// The database, the head of its checkpoint, and what it has of transactions. Its files stay from now on.
    pub(super) fn finish(mut self) -> Result<(Store, CheckpointHead, ChainTotals), CheckpointError> {
        self.is_removed_when_dropped = false;
        let closed = || CheckpointError::Storage("the generation is closed".to_owned());
        Ok((self.store.take().ok_or_else(closed)?, self.head, self.written.totals()))
    }

    fn put_segment(&mut self, segment: &[u8]) -> Result<(), CheckpointError> {
        let number = self.head.segment_count;
        let next = number.checked_add(1).filter(|_| segment.len() <= SEGMENT_BYTES_MAX);
        let Some(count) = next else {
            let bytes = segment.len();
            return Err(CheckpointError::Storage(format!(
                "segment {number} of {bytes} bytes is one too many or too large"
            )));
        };
        for insertion in segment_insertions(number, segment) {
            self.put(insertion)?;
        }
        self.head.segment_count = count;
        self.head.segment_bytes += segment.len() as u64;
        add_to_digest(&mut self.segment_digest, segment);
        Ok(())
    }

    /// Copies groups, record by record, up to the head that the journal has now.
    fn copy(
        &mut self,
        source: &Source<'_>,
        window_bytes: usize,
        go_on: &mut GoOn<'_>,
    ) -> Result<(), CheckpointError> {
        let (_, head) = source()?;
        while self.written.next_revision() <= head {
            go_on()?;
            let (database, _) = source()?;
            let entries = reader::entries(&database, self.written.next_key(), head, window_bytes)?;
            drop(database);
            if entries.is_empty() {
                break;
            }
            for (key, value) in entries {
                self.written.push(&key, &value).map_err(JournalError::from)?;
                self.window.push((key.to_vec(), Some(value.to_vec())));
            }
            self.flush()?;
        }
        Ok(self.written.check_end(head).map_err(JournalError::from)?)
    }

    fn put(&mut self, change: Change) -> Result<(), CheckpointError> {
        self.window.push(change);
        if self.window.bytes >= FILL_WINDOW_BYTES { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<(), CheckpointError> {
        let free = free_bytes(self.generation.path());
        let free =
            free.map_err(|error| of_fault(&Fault::of_file("asking for the room on the disk", &error)))?;
        if free < FREE_BYTES_MIN {
            return Err(CheckpointError::Storage(format!(
                "the disk has room for {free} bytes more, and {FREE_BYTES_MIN} are left for appends"
            )));
        }
        let Window { changes, .. } = std::mem::take(&mut self.window);
        self.store()?.write_unguarded(changes).map_err(|fault| {
            let (WriteFault::Store(fault) | WriteFault::Sync(fault)) = fault;
            of_fault(&fault)
        })
    }

    /// Closes the database and opens it again, as a start would: sled reads its whole file, and from then on what it
    /// says comes from there.
    fn reopen(&mut self) -> Result<(), CheckpointError> {
        if let Some(store) = self.store.take() {
            store.close().map_err(|fault| of_fault(&fault))?;
        }
        let released = self.generation.await_release();
        released.map_err(|error| of_fault(&Fault::of_file("waiting for a generation", &error)))?;
        self.store = Some(Store::open(&self.generation).map_err(|fault| of_fault(&fault))?);
        Ok(())
    }

    fn verify_checkpoint(&self, go_on: &mut GoOn<'_>) -> Result<(), CheckpointError> {
        let store = self.store()?;
        let fault = |fault| of_fault(&fault);
        let (key, identity) = identity_insertion(self.identity);
        let found = store.get(&key).map_err(fault)?;
        if found.as_deref() != identity.as_deref() || store.checkpoint().map_err(fault)? != Some(self.head) {
            return Err(not_read_back("its head"));
        }
        let checkpoint = SledCheckpoint::new(store.database().clone(), self.head);
        let mut digest = crc32fast::Hasher::new();
        for number in 0..self.head.segment_count {
            go_on()?;
            add_to_digest(&mut digest, &checkpoint.segment(number)?);
        }
        let end = PartKey { segment: self.head.segment_count, part: 0 }.to_bytes();
        let last = PartKey { segment: u32::MAX, part: u32::MAX }.to_bytes();
        let beyond = contained(|| store.database().range(end..=last).next().transpose()).map_err(fault)?;
        if digest.finalize() != self.segment_digest.clone().finalize() || beyond.is_some() {
            return Err(not_read_back("its segments"));
        }
        Ok(())
    }

    /// Reads back the records that were not yet, and compares what all of them come to.
    fn verify_transactions(&mut self, go_on: &mut GoOn<'_>) -> Result<(), CheckpointError> {
        let database = self.store()?.database().clone();
        let end = self.written.next_revision();
        while self.verified.next_revision() < end {
            go_on()?;
            let entries = reader::entries(&database, self.verified.next_key(), end, FILL_WINDOW_BYTES)?;
            if entries.is_empty() {
                break;
            }
            for (key, value) in entries {
                self.verified.push(&key, &value).map_err(JournalError::from)?;
            }
        }
        if self.verified.next_revision() == end && self.verified.totals() == self.written.totals() {
            return Ok(());
        }
        Err(not_read_back("its transactions"))
    }

    fn store(&self) -> Result<&Store, CheckpointError> {
        self.store.as_ref().ok_or_else(|| CheckpointError::Storage("the generation is closed".to_owned()))
    }
}

impl Window {
    fn push(&mut self, change: Change) {
        self.bytes += change.1.as_ref().map_or(0, Vec::len);
        self.changes.push(change);
    }
}

impl Drop for NextGeneration {
    fn drop(&mut self) {
        if let Some(Err(fault)) = self.store.take().map(Store::close) {
            tracing::warn!("a generation that does not count was closed with a fault: {fault}");
        }
        if self.is_removed_when_dropped
            && let Err(error) = self.generation.remove()
        {
            tracing::warn!("a generation that does not count was not removed: {error}");
        }
    }
}

/// Whether the checkpoint is still wanted once all its segments are there.
pub(super) fn check_wanted(segments: &mut Segments<'_>) -> Result<(), CheckpointError> {
    match segments.next() {
        None => Ok(()),
        Some(Err(error)) => Err(error),
        Some(Ok(_)) => Err(CheckpointError::Storage("a segment came after the last one".to_owned())),
    }
}

/// The revision that the first group begins with that is kept.
fn first_kept(trimmed_to: Revision, source: &Source<'_>) -> Result<Revision, CheckpointError> {
    let (database, head) = source()?;
    let first = trimmed_to.next();
    if first > head {
        return Ok(first);
    }
    Ok(reader::first_revision_of_group(&database, first)?)
}

/// Takes up a segment, and where it ends.
fn add_to_digest(digest: &mut crc32fast::Hasher, segment: &[u8]) {
    digest.update(&(segment.len() as u64).to_le_bytes());
    digest.update(segment);
}

fn not_read_back(what: &str) -> CheckpointError {
    CheckpointError::Storage(format!("what was written does not read back: {what}"))
}

fn of_fault(fault: &Fault) -> CheckpointError {
    CheckpointError::Storage(fault.to_string())
}
