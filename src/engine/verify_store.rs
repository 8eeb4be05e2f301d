//! Reading everything that a store has: does it all mean something, and does the graph come about?

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::journal::{
    CheckpointError, DirectoryReport, HeldDirectory, Journal, JournalError, SledJournal, TransactionPart,
};
use crate::relationship::Revision;

use super::error::OpenError;
use super::handle::Engine;
use super::options::EngineOptions;
use super::token::Consistency;

/// What was read of a store that is whole.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct VerifiedStore {
    /// The newest revision.
    pub revision: Revision,
    /// The checkpoint's revision, and its segments, if there is one.
    pub checkpoint: Option<(Revision, u32)>,
    /// Transactions that are kept.
    pub transactions: u64,
    /// What they say of relationships.
    pub changes: u64,
    /// Relationships in the newest state.
    pub relationships: u64,
}

impl OpenError {
    /// Whether the data is not what was written, and not only out of reach.
    pub fn is_damage(&self) -> bool {
        use crate::journal::OpenError as Unopened;

        match self {
            Self::Journal(error) => matches!(error, Unopened::Corrupt(_) | Unopened::Damaged { .. }),
            Self::Read(error) => matches!(error, JournalError::Corrupt(_)),
            Self::Replay { .. } | Self::Checkpoint { .. } => true,
            Self::CheckpointTooNew { .. } | Self::Thread(_) => false,
        }
    }
}

impl Engine {
    /// Whether there is a store in a directory, whatever its state.
    pub fn is_store(directory: &Path) -> bool {
        SledJournal::is_in(directory)
    }

    /// What a directory says of its store without opening it, also while a server has it.
    pub fn inspect_store(directory: &Path) -> Result<DirectoryReport, OpenError> {
        Ok(SledJournal::inspect(directory)?)
    }

    /// Keeps every process from opening the store in a directory, which may be damaged.
    pub fn hold_store(directory: &Path) -> Result<HeldDirectory, OpenError> {
        Ok(SledJournal::hold(directory)?)
    }

    /// Opens the store in a directory, for work on it: what a server leaves to be done later, as a checkpoint that is due,
    /// stays as it is. There must be one.
    pub fn open_store(directory: &Path) -> Result<Self, OpenError> {
        SledJournal::inspect(directory)?;
        Self::open(directory, at_rest())
    }

    /// Opens the store in a directory, reads every checkpoint segment and every transaction that it has, and the whole
    /// graph. `told` is called with how much was read of what.
    ///
    /// Opening does what every start does: what a crash has left unfinished is removed.
    pub fn verify_store(
        directory: &Path,
        told: &mut dyn FnMut(&'static str, u64),
    ) -> Result<VerifiedStore, OpenError> {
        SledJournal::inspect(directory)?;
        let journal: Arc<dyn Journal> = Arc::new(SledJournal::open(directory)?);
        let mut verified = VerifiedStore { revision: journal.head()?, ..VerifiedStore::default() };
        if let Some(checkpoint) = journal.checkpoint()? {
            let segments = checkpoint.segment_count();
            for number in 0..segments {
                checkpoint.segment(number)?;
                told("segments", u64::from(number) + 1);
            }
            verified.checkpoint = Some((checkpoint.revision(), segments));
        }
        read_transactions(&*journal, &mut verified, told)?;
        let engine = Self::with_journal(journal, at_rest())?;
        let unreadable = |problem: String| OpenError::Replay { revision: verified.revision, problem };
        let view = engine.at(&Consistency::FullyConsistent).map_err(|error| unreadable(error.to_string()))?;
        let relationships = view.export_relationships(None, None);
        for _ in relationships.map_err(|error| unreadable(error.to_string()))? {
            verified.relationships += 1;
            told("relationships", verified.relationships);
        }
        Ok(verified)
    }

    /// Opens the store in a directory, and writes a checkpoint of its newest state into a new generation now, with the past
    /// for as long as `retention`. Its revision.
    pub fn compact_store(
        directory: &Path,
        retention: Duration,
    ) -> Result<Result<Revision, CheckpointError>, OpenError> {
        SledJournal::inspect(directory)?;
        Ok(Self::open(directory, EngineOptions { retention, ..at_rest() })?.write_checkpoint())
    }
}

/// No checkpoint is ever due.
fn at_rest() -> EngineOptions {
    EngineOptions { checkpoint_after_bytes: u64::MAX, ..EngineOptions::default() }
}

fn read_transactions(
    journal: &dyn Journal,
    verified: &mut VerifiedStore,
    told: &mut dyn FnMut(&'static str, u64),
) -> Result<(), JournalError> {
    let mut visit = |part: TransactionPart| {
        verified.transactions += u64::from(part.is_last);
        verified.changes += part.transaction.changes.len() as u64;
        told("changes", verified.changes);
        ControlFlow::Continue(())
    };
    match journal.read_in_parts(Revision::ZERO.into(), &mut visit) {
        Err(JournalError::Trimmed { oldest }) => journal.read_in_parts(oldest.into(), &mut visit),
        read => read,
    }
}
