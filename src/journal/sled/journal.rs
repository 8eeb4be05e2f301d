//! The journal itself: one head, one writer at a time, readers beside it, and what follows from a failed write.

use std::fmt;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::{Mutex, RwLock};

use super::super::Journal;
use super::super::append::check_revisions;
use super::super::checkpoint::{Checkpoint, CheckpointError, JournalSize};
use super::super::error::{AppendError, JournalError, OpenError};
use super::super::identity::JournalIdentity;
use super::super::staged::StagedChanges;
use super::super::transaction::{JournalPlace, Transaction, TransactionPart, WholeTransactions};
use super::directory::Directory;
use super::fault::Fault;
use super::generation::Generation;
use super::group::EncodedGroup;
use super::opening::{self, Opened};
use super::reader::{self, Reading};
use super::staged_group::StagedGroup;
use super::store::{SEGMENT_BYTES, Store};
use super::writer::{Change, WriteFault};
use crate::measure::Histogram;
use crate::relationship::Revision;

/// A journal in a directory of this machine.
///
/// An acknowledged transaction survives the death of the process and the loss of power, given a disk that keeps
/// what it has acknowledged to a sync, and that writes a sector whole or not at all.
pub struct SledJournal {
    pub(super) directory: Directory,
    pub(super) identity: JournalIdentity,
    /// The head; everything up to it is durable.
    head: AtomicU64,
    /// Bytes of the groups appended since it was opened.
    pub(super) appended_bytes: AtomicU64,
    /// For reading; `None` while the database is being opened anew.
    pub(super) reading: RwLock<Option<Reading>>,
    /// Held while a checkpoint is being written.
    pub(super) checkpointing: Mutex<()>,
    /// Held before those below, if with any of them.
    pub(super) state: Mutex<State>,
    /// The generation that counts.
    pub(super) generation: Mutex<Generation>,
    pub(super) size: Mutex<JournalSize>,
    /// How long the disk took for each sync of an append.
    syncs: Histogram,
}

/// Whether the journal takes writes. Held locked during an append.
pub(super) enum State {
    Ready(Store),
    /// A write failed and left unknown what sled holds; the next append opens the database anew.
    Suspect(Option<Store>),
    /// Nobody can tell what is on the disk.
    Refused {
        reason: String,
        store: Option<Store>,
    },
}

impl SledJournal {
    /// Opens the journal in a directory, or creates one in a directory that is empty or does not exist.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, OpenError> {
        let directory = Directory::hold(path.as_ref())?;
        let Opened { store, identity, head, checkpoint, size } = opening::open(&directory)?;
        Ok(Self {
            directory,
            identity,
            head: AtomicU64::new(head.0),
            appended_bytes: AtomicU64::new(0),
            reading: RwLock::new(Some(Reading::new(store.database().clone(), checkpoint))),
            checkpointing: Mutex::default(),
            generation: Mutex::new(store.generation().clone()),
            state: Mutex::new(State::Ready(store)),
            size: Mutex::new(size),
            syncs: Histogram::of_latencies(),
        })
    }

    /// What the database that is read from says.
    pub(super) fn with_reading<T>(&self, ask: impl FnOnce(&Reading) -> T) -> Result<T, JournalError> {
        let closed = || JournalError::Storage("an earlier write failed, the journal is closed".to_owned());
        self.reading.read().as_ref().map(ask).ok_or_else(closed)
    }

    pub(super) fn durable_head(&self) -> Revision {
        Revision(self.head.load(Ordering::Acquire))
    }

    /// Opens the database anew after a failed write, and removes from it what was not acknowledged.
    ///
    /// Reopening is what makes sled forget: after an I/O error it refuses to write, and its memory may hold what the
    /// disk does not. What it finds on the disk can be less than was written, never less than the durable head.
    fn recover(&self, suspect: Option<Store>) -> State {
        // Reads go on from the old database for as long as there is no hope for a new one.
        if let Err(error) = self.directory.probe(SEGMENT_BYTES) {
            tracing::warn!("the journal's disk still takes no writes: {error}");
            return State::Suspect(suspect);
        }
        *self.reading.write() = None;
        if let Some(Err(fault)) = suspect.map(Store::close) {
            return refused(format!("what was written may not be on the disk: {fault}"), None);
        }
        let generation = self.generation.lock().clone();
        if let Err(error) = generation.await_release() {
            tracing::warn!("the journal's database is still held by a reader or a stuck write: {error}");
            return State::Suspect(None);
        }
        let opened = Store::open(&generation).and_then(|store| Ok((store.checkpoint()?, store)));
        let (checkpoint, store) = match opened {
            Ok(opened) => opened,
            Err(Fault::Storage(text)) => {
                tracing::warn!("the journal cannot be opened again: {text}");
                return State::Suspect(None);
            }
            Err(Fault::Damage(text)) => return refused(text, None),
        };
        *self.reading.write() = Some(Reading::new(store.database().clone(), checkpoint));
        match self.discard_unacknowledged(&store) {
            Ok(()) => State::Ready(store),
            Err(fault) => after_fault(store, fault).0,
        }
    }

    /// Writes a group's records, opening the database anew before if need be.
    fn write(
        &self,
        state: &mut State,
        (last_revision, bytes): (Revision, u64),
        records: impl Iterator<Item = Result<Change, Fault>>,
    ) -> Result<(), AppendError> {
        let store = match std::mem::replace(state, State::Suspect(None)) {
            State::Suspect(store) => self.recover(store),
            other => other,
        };
        let (next, outcome) = match store {
            State::Ready(store) => match store.write_group(records, &self.syncs) {
                Ok(()) => {
                    self.head.store(last_revision.0, Ordering::Release);
                    self.size.lock().bytes_after += bytes;
                    self.appended_bytes.fetch_add(bytes, Ordering::Release);
                    (State::Ready(store), Ok(()))
                }
                Err(fault) => {
                    let (state, error) = after_fault(store, fault);
                    (state, Err(error))
                }
            },
            State::Suspect(store) => {
                (State::Suspect(store), Err(AppendError::Storage("an earlier write failed".to_owned())))
            }
            State::Refused { reason, store } => {
                let error = AppendError::Refused(reason.clone());
                (State::Refused { reason, store }, Err(error))
            }
        };
        *state = next;
        outcome
    }

    fn discard_unacknowledged(&self, store: &Store) -> Result<(), WriteFault> {
        let head = self.durable_head();
        store.discard_from(head.next())?;
        let found = store.head().map_err(WriteFault::Store)?;
        if found.as_ref() == Ok(&head) {
            return Ok(());
        }
        let found = found.map_or_else(|corruption| corruption.to_string(), |found| found.to_string());
        Err(WriteFault::Sync(Fault::Damage(format!(
            "revision {head} was durable, but the database ends with {found}"
        ))))
    }
}

impl Journal for SledJournal {
    fn identity(&self) -> JournalIdentity {
        self.identity
    }

    fn head(&self) -> Result<Revision, JournalError> {
        Ok(self.durable_head())
    }

    fn append(&self, expected_head: Revision, transactions: &[Transaction]) -> Result<(), AppendError> {
        let mut state = self.state.lock();
        check_revisions(self.durable_head(), expected_head, transactions)?;
        match EncodedGroup::encode(transactions)? {
            Some(group) => {
                let end = (group.last_revision(), group.bytes());
                self.write(&mut state, end, group.changes().map(Ok))
            }
            None => Ok(()),
        }
    }

    fn append_staged(
        &self,
        expected_head: Revision,
        transaction: Transaction,
        staged: &Arc<StagedChanges>,
    ) -> Result<(), AppendError> {
        let mut state = self.state.lock();
        check_revisions(self.durable_head(), expected_head, std::slice::from_ref(&transaction))?;
        let revision = transaction.revision;
        let group = StagedGroup::new(transaction, staged)?;
        self.write(&mut state, (revision, group.bytes()), group.changes())
    }

    fn staging_directory(&self) -> PathBuf {
        self.directory.path().to_owned()
    }

    fn checkpoint(&self) -> Result<Option<Arc<dyn Checkpoint>>, JournalError> {
        let checkpoint = self.with_reading(Reading::checkpoint)?;
        Ok(checkpoint.map(|checkpoint| Arc::new(checkpoint) as Arc<dyn Checkpoint>))
    }

    fn size(&self) -> JournalSize {
        *self.size.lock()
    }

    fn syncs(&self) -> Option<&Histogram> {
        Some(&self.syncs)
    }

    fn write_checkpoint(
        &self,
        revision: Revision,
        trimmed_to: Revision,
        segments: &mut dyn Iterator<Item = Result<Vec<u8>, CheckpointError>>,
    ) -> Result<(), CheckpointError> {
        self.begin_generation(revision, trimmed_to, segments)
    }

    fn read(
        &self,
        after: Revision,
        visit: &mut dyn FnMut(Transaction) -> ControlFlow<()>,
    ) -> Result<(), JournalError> {
        let mut whole = WholeTransactions::default();
        self.read_in_parts(after.into(), &mut |part| match whole.add(part) {
            Some(transaction) => visit(transaction),
            None => ControlFlow::Continue(()),
        })
    }

    fn read_in_parts(
        &self,
        from: JournalPlace,
        visit: &mut dyn FnMut(TransactionPart) -> ControlFlow<()>,
    ) -> Result<(), JournalError> {
        let head = self.durable_head();
        let (database, oldest) =
            self.with_reading(|reading| (reading.database().clone(), reading.oldest()))?;
        if from.after < oldest {
            return Err(JournalError::Trimmed { oldest });
        }
        reader::read(&database, from, head, visit)
    }
}

/// The state after a failed write, and what its caller is told.
fn after_fault(store: Store, fault: WriteFault) -> (State, AppendError) {
    match fault {
        WriteFault::Store(fault) => {
            tracing::warn!("a write to the journal failed: {fault}");
            (State::Suspect(Some(store)), AppendError::Storage(fault.to_string()))
        }
        WriteFault::Sync(fault) => {
            let error = AppendError::Refused(fault.to_string());
            (refused(fault.to_string(), Some(store)), error)
        }
    }
}

/// The state after which nothing is appended.
pub(super) fn refused(reason: String, store: Option<Store>) -> State {
    tracing::error!("the journal takes no more writes: {reason}");
    State::Refused { reason, store }
}

impl State {
    /// The store that it has.
    pub(super) fn into_store(self) -> Option<Store> {
        match self {
            Self::Ready(store) => Some(store),
            Self::Suspect(store) | Self::Refused { store, .. } => store,
        }
    }
}

impl Drop for SledJournal {
    fn drop(&mut self) {
        *self.reading.get_mut() = None;
        let state = std::mem::replace(self.state.get_mut(), State::Suspect(None));
        if let Some(Err(fault)) = state.into_store().map(Store::close) {
            tracing::error!("the journal was closed with a fault: {fault}");
        }
        let head = Revision(*self.head.get_mut());
        opening::leave(&self.directory, self.generation.get_mut(), self.identity, head);
    }
}

impl fmt::Debug for SledJournal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("SledJournal")
            .field("directory", &self.directory.path())
            .field("identity", &self.identity)
            .field("head", &self.durable_head())
            .finish_non_exhaustive()
    }
}
