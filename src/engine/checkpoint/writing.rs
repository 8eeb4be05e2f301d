//! Writing a checkpoint while everything goes on.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use crate::engine::state::State;
use crate::index::{Contents, Packing, RemovalPause};
use crate::journal::{CheckpointError, Journal};
use crate::relationship::Revision;

use super::saved::Saved;

/// Writes a checkpoint of the newest state, unless `cancelled` is set before it is complete. Its revision.
pub(super) fn write(
    state: &State,
    journal: &dyn Journal,
    cancelled: &AtomicBool,
) -> Result<Revision, CheckpointError> {
    let start = Instant::now();
    let pause = state.index.pause_removals();
    let head = state.head();
    let revision = head.revision;
    let oldest = state.oldest_readable().min(revision);
    let saved = Saved {
        oldest,
        schemas: head.schemas.since(oldest),
        counters: head.counters.all(),
        window: state.saved_window(revision),
        contents: Contents::default(),
    };
    // What ends while the journal works can leave.
    drop(head);
    let packing = state.index.pack(revision, oldest);
    let mut segments = Segments { open: Some(Open { packing, _pause: pause, saved }), cancelled };
    journal.write_checkpoint(revision, oldest, &mut segments)?;
    let size = journal.size();
    tracing::info!(
        %revision,
        milliseconds = start.elapsed().as_secs_f64() * 1e3,
        bytes = size.checkpoint_bytes,
        journal_bytes = size.bytes_before + size.bytes_after,
        "a checkpoint is written"
    );
    Ok(revision)
}

/// The segments, made one after another.
struct Segments<'state> {
    /// Nothing after the last.
    open: Option<Open<'state>>,
    cancelled: &'state AtomicBool,
}

struct Open<'state> {
    packing: Packing<'state>,
    /// As long as segments are made, nothing leaves the index.
    _pause: RemovalPause<'state>,
    saved: Saved,
}

impl Iterator for Segments<'_> {
    type Item = Result<Vec<u8>, CheckpointError>;

    fn next(&mut self) -> Option<Self::Item> {
        // After the last one, too: what the journal has to do then may take long.
        if self.cancelled.load(Ordering::Relaxed) {
            return Some(Err(CheckpointError::Cancelled));
        }
        let open = self.open.as_mut()?;
        match open.packing.next_segment() {
            Ok(Some(segment)) => Some(Ok(segment)),
            Ok(None) => {
                let Open { packing, saved, .. } = self.open.take()?;
                let saved = Saved { contents: packing.into_contents(), ..saved };
                Some(saved.encode().map_err(|error| CheckpointError::Storage(error.to_string())))
            }
            Err(error) => {
                self.open = None;
                Some(Err(CheckpointError::Storage(error.to_string())))
            }
        }
    }
}
