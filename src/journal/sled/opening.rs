//! Opening and leaving a directory: what it holds is checked against what it must hold.

use super::super::error::{Corruption, Defect, OpenError};
use super::super::identity::JournalIdentity;
use super::directory::Directory;
use super::fault::Fault;
use super::marker::{FoundMarker, Marker};
use super::store::Store;
use super::writer::WriteFault;
use crate::relationship::Revision;

/// The format of the whole store that this version writes, and the newest that it reads.
const STORE_FORMAT: u32 = 1;

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
}

/// Opens the journal in a directory that this process holds, or creates one in it.
pub(super) fn open(directory: &Directory) -> Result<Opened, OpenError> {
    let marker = find_marker(directory)?;
    let store = Store::open(directory).map_err(|fault| of_fault(directory, fault))?;
    let checked = check(directory, &store, marker.as_ref());
    match checked {
        Ok((identity, head)) => Ok(Opened { store, identity, head }),
        Err(error) => {
            if let Err(fault) = store.close() {
                tracing::error!("the journal was closed with a fault: {fault}");
            }
            await_release(directory);
            Err(error)
        }
    }
}

/// Leaves a directory whose database is closed: waits until it can be opened again, and notes where it ended.
pub(super) fn leave(directory: &Directory, identity: JournalIdentity, head: Revision) {
    await_release(directory);
    if let Err(error) = write_marker(directory, identity, head) {
        tracing::warn!("the journal's last revision was not noted: {error}");
    }
}

fn await_release(directory: &Directory) {
    if let Err(error) = directory.await_release() {
        tracing::warn!("the journal's database file stays locked until this process ends: {error}");
    }
}

/// Checks identity, formats and head, and makes good what a crash left unfinished.
fn check(
    directory: &Directory,
    store: &Store,
    marker: Option<&Marker>,
) -> Result<(JournalIdentity, Revision), OpenError> {
    let identity = match find_identity(directory, store)? {
        Some(identity) => identity,
        None => create_identity(directory, store, marker)?,
    };
    if marker.is_some_and(|marker| marker.identity != identity) {
        let defect = "the database is that of another journal";
        return Err(damaged(directory, defect));
    }
    store.discard_incomplete().map_err(|fault| of_write_fault(directory, fault))??;
    let head = store.head().map_err(|fault| of_fault(directory, fault))??;
    if marker.is_some_and(|marker| marker.head > head) {
        return Err(OpenError::Corrupt(Corruption {
            revision: head.next(),
            defect: Defect::MissingTransaction,
        }));
    }
    write_marker(directory, identity, head).map_err(|error| OpenError::Storage {
        directory: directory.path().to_owned(),
        fault: format!("writing the journal's marker: {error}"),
    })?;
    Ok((identity, head))
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
    let (fields, checksum) = value.split_last_chunk().ok_or_else(defective)?;
    if identity_checksum(fields) != u32::from_le_bytes(*checksum) {
        return Err(defective());
    }
    let (format, identity) = fields.split_first_chunk().ok_or_else(defective)?;
    let format = u32::from_le_bytes(*format);
    if format != STORE_FORMAT {
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
    let mut value = STORE_FORMAT.to_le_bytes().to_vec();
    value.extend_from_slice(&identity.0.to_le_bytes());
    value.extend_from_slice(&identity_checksum(&value).to_le_bytes());
    let written = store.write((IDENTITY_KEY.to_vec(), Some(value)));
    written.map_err(|fault| of_write_fault(directory, fault))?;
    Ok(identity)
}

fn identity_checksum(fields: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(IDENTITY_KEY);
    hasher.update(fields);
    hasher.finalize()
}

fn write_marker(directory: &Directory, identity: JournalIdentity, head: Revision) -> std::io::Result<()> {
    let marker = Marker { format: STORE_FORMAT, identity, head };
    marker.write(directory.path())?;
    directory.sync_entries()
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
