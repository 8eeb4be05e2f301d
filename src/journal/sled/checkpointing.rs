//! Writing a checkpoint: the next generation is filled beside the journal, and takes its place in one moment.

use std::sync::atomic::Ordering;

use super::super::checkpoint::{CheckpointError, JournalSize, check_place};
use super::super::error::JournalError;
use super::generation::Generation;
use super::journal::{SledJournal, State, refused};
use super::marker::Marker;
use super::next_generation::{NextGeneration, Segments, check_wanted};
use super::opening::STORE_FORMAT;
use super::reader::Reading;
use super::store::Store;
use crate::relationship::Revision;

/// Bytes of transactions that are copied while appends wait, at most, unless they keep coming.
const CATCH_UP_BYTES: u64 = 512 << 10;
/// How often what was appended meanwhile is copied before appends have to wait for it.
const CATCH_UP_ROUNDS_MAX: u32 = 16;

impl SledJournal {
    /// Writes the next generation, makes it the one that counts, and removes the one before.
    pub(super) fn begin_generation(
        &self,
        revision: Revision,
        trimmed_to: Revision,
        segments: &mut Segments<'_>,
    ) -> Result<(), CheckpointError> {
        let _one_at_a_time = self.checkpointing.lock();
        // Not only at the end: after a marker that may or may not be in place, the next generation may count.
        check_ready(&self.state.lock())?;
        let oldest = self.with_reading(Reading::oldest)?;
        let trimmed_to = check_place((oldest, self.durable_head()), revision, trimmed_to)?;
        let number = self.generation.lock().number() + 1;
        let generation = Generation::of(self.directory.path(), number);
        let source = || self.durable_database();
        let mut caught_up_to = self.appended_bytes.load(Ordering::Acquire);
        let place = (revision, trimmed_to);
        let mut next = NextGeneration::create(&self.directory, generation, self.identity, place, &source)?;
        next.fill(segments, &source)?;
        let mut rounds = 0;
        let mut state = loop {
            let state = self.state.lock();
            let appended = self.appended_bytes.load(Ordering::Acquire);
            if appended - caught_up_to <= CATCH_UP_BYTES || rounds == CATCH_UP_ROUNDS_MAX {
                break state;
            }
            drop(state);
            caught_up_to = appended;
            rounds += 1;
            check_wanted(segments)?;
            next.catch_up(&source)?;
        };
        check_ready(&state)?;
        next.catch_up(&source)?;
        let before = self.switch(&mut state, next)?;
        drop(state);
        discard(before);
        Ok(())
    }

    fn durable_database(&self) -> Result<(sled::Db, Revision), JournalError> {
        let head = self.durable_head();
        Ok((self.with_reading(|reading| reading.database().clone())?, head))
    }

    /// Replaces the generation that counts, while appends wait. The store of the one before.
    fn switch(&self, state: &mut State, next: NextGeneration) -> Result<Option<Store>, CheckpointError> {
        let (store, checkpoint, totals) = next.finish()?;
        let generation = store.generation().clone();
        let head = self.durable_head();
        let marker =
            Marker { format: STORE_FORMAT, identity: self.identity, head, generation: generation.number() };
        let path = self.directory.path();
        if let Err(error) = marker.prepare(path) {
            discard(Some(store));
            return Err(CheckpointError::Storage(format!("writing the journal's marker: {error}")));
        }
        if let Err(error) = Marker::put_in_place(path) {
            // Either generation may count after a loss of power: both stay, and neither goes on alone.
            let reason = format!("replacing the journal's marker: {error}");
            if let Err(fault) = store.close() {
                tracing::warn!("a generation that may count was closed with a fault: {fault}");
            }
            let before = std::mem::replace(state, State::Suspect(None)).into_store();
            *state = refused(reason.clone(), before);
            return Err(CheckpointError::Storage(reason));
        }
        *self.reading.write() = Some(Reading::new(store.database().clone(), Some(checkpoint)));
        *self.generation.lock() = generation;
        *self.size.lock() = JournalSize {
            checkpoint: Some(checkpoint.revision),
            checkpoint_bytes: checkpoint.segment_bytes,
            bytes_before: totals.bytes_before,
            bytes_after: totals.bytes_after,
        };
        Ok(std::mem::replace(state, State::Ready(store)).into_store())
    }
}

/// Refuses what a journal cannot do after a failed write.
fn check_ready(state: &State) -> Result<(), CheckpointError> {
    match state {
        State::Ready(_) => Ok(()),
        _ => Err(CheckpointError::Storage("an earlier write failed".to_owned())),
    }
}

/// Closes a generation that does not count any more, and removes its files. Readers may still have them open.
fn discard(before: Option<Store>) {
    let Some(before) = before else { return };
    let generation = before.generation().clone();
    if let Err(fault) = before.close() {
        tracing::debug!("the generation before was closed with a fault: {fault}");
    }
    if let Err(error) = generation.remove() {
        tracing::warn!("the journal's generation before was not removed, a start will: {error}");
    }
}
