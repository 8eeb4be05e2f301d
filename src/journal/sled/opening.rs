//! Opening and leaving a directory: what it holds is checked against what it must hold, and what does not count is
//! removed.

use super::super::checkpoint::JournalSize;
use super::super::error::{Corruption, Defect, OpenError};
use super::super::identity::JournalIdentity;
use super::checkpoint_record::CheckpointHead;
use super::directory::Directory;
use super::fault::Fault;
use super::generation::{self, Generation};
use super::marker::{FoundMarker, Marker};
use super::reader;
use super::record::checksum;
use super::store::Store;
use super::writer::{Change, WriteFault};
use crate::relationship::Revision;

/// The format of the whole store that this version writes, and the newest that it reads. The first one had no
/// generations, and no records with packed changes.
pub(super) const STORE_FORMAT: u32 = 2;

/// Where the identity stands in the database, `m` for what describes the journal itself.
/// Its value: store format u32 LE, identity u64 LE, CRC-32 LE of key and value before it.
const IDENTITY_KEY: &[u8] = b"m/identity";

/// A journal's database, checked.
#[derive(Debug)]
pub(super) struct Opened {
    /// The database.
    pub(super) store: Store,
    /// Which journal it is.
    pub(super) identity: JournalIdentity,
    /// Its last revision.
    pub(super) head: Revision,
    /// Its checkpoint, if it has one.
    pub(super) checkpoint: Option<CheckpointHead>,
    /// What it holds.
    pub(super) size: JournalSize,
}

/// Opens the journal in a directory that this process holds, or creates one in it.
pub(super) fn open(directory: &Directory) -> Result<Opened, OpenError> {
    let marker = find_marker(directory)?;
    let generation = find_generation(directory, marker.as_ref())?;
    generation::remove_after(directory.path(), generation.number());
    let store = Store::open(&generation).map_err(|fault| of_fault(directory, fault))?;
    let opened = check(directory, &store, marker.as_ref());
    match opened {
        Ok((identity, head, checkpoint, size)) => {
            generation::remove_before(directory.path(), generation.number());
            Ok(Opened { store, identity, head, checkpoint, size })
        }
        Err(error) => {
            if let Err(fault) = store.close() {
                tracing::error!("the journal was closed with a fault: {fault}");
            }
            await_release(&generation);
            Err(error)
        }
    }
}

/// Leaves a directory whose database is closed: waits until it can be opened again, and notes where it ended.
pub(super) fn leave(
    directory: &Directory,
    generation: &Generation,
    identity: JournalIdentity,
    head: Revision,
) {
    await_release(generation);
    let marker = Marker { format: STORE_FORMAT, identity, head, generation: generation.number() };
    if let Err(error) = marker.write(directory.path()) {
        tracing::warn!("the journal's last revision was not noted: {error}");
    }
}

fn await_release(generation: &Generation) {
    if let Err(error) = generation.await_release() {
        tracing::warn!("the journal's database file stays locked until this process ends: {error}");
    }
}

/// The generation that counts. A database that must be there is, and is not made anew in the place of one that is lost.
fn find_generation(directory: &Directory, marker: Option<&Marker>) -> Result<Generation, OpenError> {
    let path = directory.path();
    let storage =
        |error: std::io::Error| of_fault(directory, Fault::of_file("listing the directory", &error));
    let Some(marker) = marker else {
        if generation::has_later_ones(path).map_err(storage)? {
            return Err(damaged(directory, "its marker `arrowroot.journal` is missing"));
        }
        return Ok(Generation::of(path, 0));
    };
    let generation = Generation::of(path, marker.generation);
    if marker.generation > 0 && !generation.has_database() {
        return Err(damaged(
            directory,
            &format!("its database in `{}` is missing", generation.path().display()),
        ));
    }
    if marker.generation == 0
        && !generation.has_database()
        && generation::has_later_ones(path).map_err(storage)?
    {
        return Err(damaged(directory, "its database is missing"));
    }
    Ok(generation)
}

type Checked = (JournalIdentity, Revision, Option<CheckpointHead>, JournalSize);

/// Checks identity, formats, checkpoint and head, and makes good what a crash left unfinished.
fn check(directory: &Directory, store: &Store, marker: Option<&Marker>) -> Result<Checked, OpenError> {
    let identity = match find_identity(directory, store)? {
        Some(identity) => identity,
        None => create_identity(directory, store, marker)?,
    };
    if marker.is_some_and(|marker| marker.identity != identity) {
        let defect = "the database is that of another journal";
        return Err(damaged(directory, defect));
    }
    let checkpoint = store.checkpoint().map_err(|fault| of_fault(directory, fault))?;
    store.discard_incomplete().map_err(|fault| of_write_fault(directory, fault))??;
    let head = store.head().map_err(|fault| of_fault(directory, fault))??;
    if marker.is_some_and(|marker| marker.head > head) {
        return Err(OpenError::Corrupt(Corruption {
            revision: head.next(),
            defect: Defect::MissingTransaction,
        }));
    }
    let size = size(store, checkpoint.as_ref()).map_err(|fault| of_fault(directory, fault))?;
    let marker = Marker { format: STORE_FORMAT, identity, head, generation: store.generation().number() };
    marker.write(directory.path()).map_err(|error| OpenError::Storage {
        directory: directory.path().to_owned(),
        fault: format!("writing the journal's marker: {error}"),
    })?;
    Ok((identity, head, checkpoint, size))
}

/// What is kept: of the checkpoint and what is before it, by its head; of what is after it, counted.
fn size(store: &Store, checkpoint: Option<&CheckpointHead>) -> Result<JournalSize, Fault> {
    let revision = checkpoint.map(|checkpoint| checkpoint.revision);
    let after = reader::group_bytes_after(store.database(), revision.unwrap_or(Revision::ZERO))?;
    Ok(JournalSize {
        checkpoint: revision,
        checkpoint_bytes: checkpoint.map_or(0, |checkpoint| checkpoint.segment_bytes),
        bytes_before: checkpoint.map_or(0, |checkpoint| checkpoint.transaction_bytes),
        bytes_after: after,
    })
}

fn find_marker(directory: &Directory) -> Result<Option<Marker>, OpenError> {
    let path = directory.path();
    match Marker::find(path, STORE_FORMAT) {
        Ok(FoundMarker::Nothing) => Ok(None),
        Ok(FoundMarker::Known(marker)) => Ok(Some(marker)),
        Ok(FoundMarker::TooNew { format }) => Err(too_new(directory, format)),
        Ok(FoundMarker::Unreadable) => {
            Err(damaged(directory, "its marker `arrowroot.journal` is unreadable"))
        }
        Err(error) => Err(OpenError::Storage {
            directory: path.to_owned(),
            fault: format!("reading the journal's marker: {error}"),
        }),
    }
}

fn find_identity(directory: &Directory, store: &Store) -> Result<Option<JournalIdentity>, OpenError> {
    let value = store.get(IDENTITY_KEY).map_err(|fault| of_fault(directory, fault))?;
    let Some(value) = value else { return Ok(None) };
    let defective = || damaged(directory, "the record of its identity does not match its checksum");
    let (fields, stored) = value.split_last_chunk().ok_or_else(defective)?;
    if checksum(IDENTITY_KEY, fields) != u32::from_le_bytes(*stored) {
        return Err(defective());
    }
    let (format, identity) = fields.split_first_chunk().ok_or_else(defective)?;
    let format = u32::from_le_bytes(*format);
    if format > STORE_FORMAT {
        return Err(too_new(directory, format));
    }
    let identity = identity.try_into().map_err(|_| defective())?;
    Ok(Some(JournalIdentity(u64::from_le_bytes(identity))))
}

fn create_identity(
    directory: &Directory,
    store: &Store,
    marker: Option<&Marker>,
) -> Result<JournalIdentity, OpenError> {
    if marker.is_some() {
        return Err(damaged(directory, "the database does not hold the journal's identity any more"));
    }
    if !store.is_empty().map_err(|fault| of_fault(directory, fault))? {
        return Err(OpenError::NotAJournal {
            directory: directory.path().to_owned(),
            found: "the database is that of another program".to_owned(),
        });
    }
    let identity = JournalIdentity::random();
    let written = store.write(identity_insertion(identity));
    written.map_err(|fault| of_write_fault(directory, fault))?;
    Ok(identity)
}

/// What inserts the journal's identity into a database.
pub(super) fn identity_insertion(identity: JournalIdentity) -> Change {
    let mut value = STORE_FORMAT.to_le_bytes().to_vec();
    value.extend_from_slice(&identity.0.to_le_bytes());
    value.extend_from_slice(&checksum(IDENTITY_KEY, &value).to_le_bytes());
    (IDENTITY_KEY.to_vec(), Some(value))
}

fn of_write_fault(directory: &Directory, fault: WriteFault) -> OpenError {
    let (WriteFault::Store(fault) | WriteFault::Sync(fault)) = fault;
    of_fault(directory, fault)
}

fn of_fault(directory: &Directory, fault: Fault) -> OpenError {
    match fault {
        Fault::Storage(fault) => OpenError::Storage { directory: directory.path().to_owned(), fault },
        Fault::Damage(defect) => damaged(directory, &defect),
    }
}

fn damaged(directory: &Directory, defect: &str) -> OpenError {
    OpenError::Damaged { directory: directory.path().to_owned(), defect: defect.to_owned() }
}

fn too_new(directory: &Directory, format: u32) -> OpenError {
    OpenError::FormatTooNew { directory: directory.path().to_owned(), format, supported: STORE_FORMAT }
}
