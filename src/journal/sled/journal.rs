//! The journal itself: one head, one writer at a time, readers beside it, and what follows from a failed write.

use std::fmt;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::{Mutex, RwLock};

use super::super::Journal;
use super::super::append::check_revisions;
use super::super::error::{AppendError, JournalError, OpenError};
use super::super::identity::JournalIdentity;
use super::super::staged::StagedChanges;
use super::super::transaction::{JournalPlace, Transaction, TransactionPart, WholeTransactions};
use super::directory::Directory;
use super::fault::Fault;
use super::group::EncodedGroup;
use super::opening::{self, Opened};
use super::reader;
use super::staged_group::StagedGroup;
use super::store::{SEGMENT_BYTES, Store};
use super::writer::{Change, WriteFault};
use crate::relationship::Revision;

/// A journal in a directory of this machine.
///
/// An acknowledged transaction survives the death of the process and the loss of power, given a disk that keeps
/// what it has acknowledged to a sync, and that writes a sector whole or not at all.
pub struct SledJournal {
    directory: Directory,
    identity: JournalIdentity,
    /// The head; everything up to it is durable.
    head: AtomicU64,
    /// For reading; `None` while the database is being opened anew.
    database: RwLock<Option<sled::Db>>,
    state: Mutex<State>,
}

/// Whether the journal takes writes. Held locked during an append.
enum State {
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
        let Opened { store, identity, head } = opening::open(&directory)?;
        Ok(Self {
            directory,
            identity,
            head: AtomicU64::new(head.0),
            database: RwLock::new(Some(store.database().clone())),
            state: Mutex::new(State::Ready(store)),
        })
    }

    fn durable_head(&self) -> Revision {
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
        *self.database.write() = None;
        if let Some(Err(fault)) = suspect.map(Store::close) {
            return refused(format!("what was written may not be on the disk: {fault}"));
        }
        if let Err(error) = self.directory.await_release() {
            tracing::warn!("the journal's database is still held by a reader or a stuck write: {error}");
            return State::Suspect(None);
        }
        let store = match Store::open(&self.directory) {
            Ok(store) => store,
            Err(Fault::Storage(text)) => {
                tracing::warn!("the journal cannot be opened again: {text}");
                return State::Suspect(None);
            }
            Err(Fault::Damage(text)) => return refused(text),
        };
        *self.database.write() = Some(store.database().clone());
        match self.discard_unacknowledged(&store) {
            Ok(()) => State::Ready(store),
            Err(fault) => after_fault(store, fault).0,
        }
    }

    /// Writes a group's records, opening the database anew before if need be.
    fn write(
        &self,
        state: &mut State,
        last_revision: Revision,
        records: impl Iterator<Item = Result<Change, Fault>>,
    ) -> Result<(), AppendError> {
        let store = match std::mem::replace(state, State::Suspect(None)) {
            State::Suspect(store) => self.recover(store),
            other => other,
        };
        let (next, outcome) = match store {
            State::Ready(store) => match store.write_group(records) {
                Ok(()) => {
                    self.head.store(last_revision.0, Ordering::Release);
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
            Some(group) => self.write(&mut state, group.last_revision(), group.changes().map(Ok)),
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
        self.write(&mut state, revision, group.changes())
    }

    fn staging_directory(&self) -> PathBuf {
        self.directory.path().to_owned()
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
        let database = self.database.read().clone();
        let Some(database) = database else {
            return Err(JournalError::Storage("an earlier write failed, the journal is closed".to_owned()));
        };
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
            tracing::error!("the journal takes no more writes: {fault}");
            let reason = fault.to_string();
            let error = AppendError::Refused(reason.clone());
            let store = Some(store);
            (State::Refused { reason, store }, error)
        }
    }
}

fn refused(reason: String) -> State {
    tracing::error!("the journal takes no more writes: {reason}");
    State::Refused { reason, store: None }
}

impl Drop for SledJournal {
    fn drop(&mut self) {
        *self.database.get_mut() = None;
        let state = std::mem::replace(self.state.get_mut(), State::Suspect(None));
        if let State::Ready(store) | State::Suspect(Some(store)) | State::Refused { store: Some(store), .. } =
            state
            && let Err(fault) = store.close()
        {
            tracing::error!("the journal was closed with a fault: {fault}");
        }
        opening::leave(&self.directory, self.identity, Revision(*self.head.get_mut()));
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
