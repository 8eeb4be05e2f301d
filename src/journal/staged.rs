//! Changes on their way to the journal that may be too many to be held: encoded as the journal has them, in memory
//! at first, then in a file without a name, which ends with its last handle.
//!
//! They are kept in frames, each a run of whole changes, packed, so that they can be read again piece by piece.

mod relationship;

use std::fmt;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;

use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use tempfile::SpooledTempFile;

pub use relationship::{StagedCaveat, StagedObject, StagedRelationship, StagedSubject};

use super::packed::{PackedChanges, Packer, unpack};
use super::transaction::RelationshipChange;
use crate::relationship::Relationship;

/// Bytes that are kept in memory, at most, beside one frame; more of them go to a file.
const MEMORY_BYTES_MAX: usize = 1 << 20;
/// A frame is complete once it has this many bytes, unpacked. The last change may take it past them.
const FRAME_BYTES: usize = 64 << 10;
/// Bytes of all frames, at most: with what the journal adds they stay below 4 GiB, which its records can count.
const STAGED_BYTES_MAX: u64 = 3 << 30;

/// Changes could not be staged, or not be read again.
#[derive(Debug, thiserror::Error)]
pub enum StagingError {
    /// They are too many for one transaction.
    #[error("one transaction takes at most {bytes_max} bytes of changes")]
    TooLarge {
        /// The limit.
        bytes_max: u64,
    },
    /// The file system reports a fault.
    #[error("staging changes: {0}")]
    Storage(#[from] io::Error),
    /// They are no longer what was staged.
    #[error("staged changes cannot be decoded")]
    Undecodable,
}

/// Takes up relationships that are to be touched in one transaction.
pub struct Staging {
    spool: SpooledTempFile,
    frames: Vec<Frame>,
    /// The frame that is being filled.
    open: Vec<u8>,
    open_count: u32,
    packer: Packer,
    bytes: u64,
    count: u64,
}

/// Staged changes, complete.
pub struct StagedChanges {
    spool: Mutex<SpooledTempFile>,
    frames: Vec<Frame>,
    count: u64,
}

/// Where a run of changes lies.
#[derive(Debug, Clone, Copy)]
pub(super) struct Frame {
    start: u64,
    pub(super) bytes: usize,
    /// Bytes when unpacked; 0 if it is not packed.
    unpacked_bytes: u32,
    count: u32,
}

impl Frame {
    /// What the journal has in the place of the frame's changes, given its bytes.
    pub(super) fn changes(self, bytes: &[u8]) -> PackedChanges<'_> {
        PackedChanges { count: self.count, unpacked_bytes: self.unpacked_bytes, bytes }
    }
}

impl Staging {
    /// Nothing yet. What does not fit into memory goes to a file in a directory of the journal's disk.
    pub fn new(directory: &Path) -> Self {
        Self {
            spool: tempfile::spooled_tempfile_in(MEMORY_BYTES_MAX, directory),
            frames: Vec::new(),
            open: Vec::new(),
            open_count: 0,
            packer: Packer::default(),
            bytes: 0,
            count: 0,
        }
    }

    /// How many relationships there are.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Adds a relationship. Blocks where that fills the memory.
    pub fn push(&mut self, relationship: &Relationship) -> Result<(), StagingError> {
        let open = std::mem::take(&mut self.open);
        self.open = postcard::to_extend(&Touch::Touch(relationship), open)
            .map_err(|error| io::Error::other(error.to_string()))?;
        self.open_count += 1;
        self.count += 1;
        if self.open.len() >= FRAME_BYTES { self.close_frame() } else { Ok(()) }
    }

    /// Ends it: from now on it can be read.
    pub fn finish(mut self) -> Result<StagedChanges, StagingError> {
        self.close_frame()?;
        Ok(StagedChanges { spool: Mutex::new(self.spool), frames: self.frames, count: self.count })
    }

    fn close_frame(&mut self) -> Result<(), StagingError> {
        if self.open_count == 0 {
            return Ok(());
        }
        let packed = self.packer.pack(&self.open);
        // What is packed is no longer than the bound of it.
        let unpacked_bytes =
            packed.as_ref().map_or(0, |_| u32::try_from(self.open.len()).unwrap_or(u32::MAX));
        let bytes = packed.as_ref().unwrap_or(&self.open);
        let frame = Frame { start: self.bytes, bytes: bytes.len(), unpacked_bytes, count: self.open_count };
        self.bytes += frame.bytes as u64;
        if self.bytes > STAGED_BYTES_MAX {
            return Err(StagingError::TooLarge { bytes_max: STAGED_BYTES_MAX });
        }
        self.spool.write_all(bytes)?;
        self.frames.push(frame);
        self.open.clear();
        self.open_count = 0;
        Ok(())
    }
}

impl StagedChanges {
    /// How many there are.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Visits the relationships in order, until the visitor fails.
    pub fn visit<E: From<StagingError>>(
        &self,
        mut visitor: impl FnMut(StagedRelationship<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut bytes = Vec::new();
        for frame in &self.frames {
            self.read(*frame, &mut bytes)?;
            if frame.unpacked_bytes > 0 {
                let unpacked_bytes = usize::try_from(frame.unpacked_bytes).unwrap_or(usize::MAX);
                bytes = unpack(&bytes, unpacked_bytes).ok_or(StagingError::Undecodable)?;
            }
            let mut rest = bytes.as_slice();
            for _ in 0..frame.count {
                let taken = postcard::take_from_bytes::<StagedTouch<'_>>(rest);
                let (StagedTouch::Touch(relationship), after) =
                    taken.map_err(|_| StagingError::Undecodable)?;
                rest = after;
                visitor(relationship)?;
            }
        }
        Ok(())
    }

    /// All of them at once.
    pub(super) fn whole(&self) -> Result<Vec<RelationshipChange>, StagingError> {
        let mut changes = Vec::new();
        for frame in &self.frames {
            changes.append(&mut self.changes(*frame)?);
        }
        Ok(changes)
    }

    pub(super) fn frames(&self) -> &[Frame] {
        &self.frames
    }

    /// The changes of one frame.
    pub(super) fn changes(&self, frame: Frame) -> Result<Vec<RelationshipChange>, StagingError> {
        let mut bytes = Vec::new();
        self.read(frame, &mut bytes)?;
        frame.changes(&bytes).changes().ok_or(StagingError::Undecodable)
    }

    /// The bytes of one frame as they are kept, in the place of what `bytes` held.
    pub(super) fn read(&self, frame: Frame, bytes: &mut Vec<u8>) -> Result<(), StagingError> {
        let mut spool = self.spool.lock();
        spool.seek(SeekFrom::Start(frame.start))?;
        bytes.resize(frame.bytes, 0);
        Ok(spool.read_exact(bytes)?)
    }
}

impl fmt::Debug for Staging {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Staging").field("count", &self.count).finish_non_exhaustive()
    }
}

impl fmt::Debug for StagedChanges {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("StagedChanges").field("count", &self.count).finish_non_exhaustive()
    }
}

/// [`RelationshipChange::Touch`] of a relationship that is only borrowed.
#[derive(Serialize)]
enum Touch<'relationship> {
    Touch(&'relationship Relationship),
}

/// The same when it is read.
#[derive(Deserialize)]
enum StagedTouch<'bytes> {
    #[serde(borrow)]
    Touch(StagedRelationship<'bytes>),
}

#[cfg(test)]
mod tests;
