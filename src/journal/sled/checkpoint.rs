//! Reading the checkpoint that a generation begins with.

use std::fmt;

use super::super::checkpoint::Checkpoint;
use super::super::error::{Corruption, Defect, JournalError};
use super::checkpoint_record::{CheckpointHead, PartKey, SegmentAssembler};
use super::fault::contained;
use super::reader::unreadable;
use crate::relationship::Revision;

/// A checkpoint, and a hold on the database that has it.
#[derive(Clone)]
pub(super) struct SledCheckpoint {
    database: sled::Db,
    head: CheckpointHead,
}

impl SledCheckpoint {
    /// The checkpoint of this head.
    pub(super) fn new(database: sled::Db, head: CheckpointHead) -> Self {
        Self { database, head }
    }
}

impl Checkpoint for SledCheckpoint {
    fn revision(&self) -> Revision {
        self.head.revision
    }

    fn segment_count(&self) -> u32 {
        self.head.segment_count
    }

    fn segment(&self, number: u32) -> Result<Vec<u8>, JournalError> {
        let revision = self.head.revision;
        if number >= self.head.segment_count {
            let defect = Defect::MissingSegmentPart { segment: number, part: 0 };
            return Err(Corruption { revision, defect }.into());
        }
        let key = |part| PartKey { segment: number, part }.to_bytes();
        let mut parts = self.database.range(key(0)..=key(u32::MAX));
        let mut assembler = SegmentAssembler::new(revision, number);
        // To the end, not to the last part: what comes after that is noticed too.
        loop {
            match contained(|| parts.next().transpose()) {
                Ok(Some((key, value))) => assembler.push(&key, &value)?,
                Ok(None) => return Ok(assembler.finish()?),
                Err(fault) => return Err(unreadable(revision, fault)),
            }
        }
    }
}

impl fmt::Debug for SledCheckpoint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("SledCheckpoint").field("head", &self.head).finish_non_exhaustive()
    }
}
