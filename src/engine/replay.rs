//! The state that a journal tells of: its checkpoint, and then one transaction after another.

use std::ops::ControlFlow::{self, Break, Continue};
use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::thread;

use crate::index::{Index, IndexFull, Terms};
use crate::journal::{Journal, RelationshipChange, TransactionPart};
use crate::relationship::{Relationship, Revision, Timestamp};

use super::checkpoint::{self, Loaded};
use super::counters::Counters;
use super::error::{OpenError, Unwritable};
use super::opening::Opening;
use super::options::EngineOptions;
use super::state::Schemas;
use super::window::Window;

/// Changes that are read from the journal between two reports of how far that is.
const REPORT_INTERVAL: u64 = 100_000;

/// Transactions, or parts of them, that are read while earlier ones are applied.
const PARTS_AHEAD: usize = 64;
/// Changes of one of them beyond which nothing more is read until it is applied: a deletion may have millions.
const CHANGES_AHEAD_MAX: usize = 10_000;

/// The newest state, but for the graph.
#[derive(Debug)]
pub(super) struct Replayed {
    pub(super) head: Revision,
    pub(super) schemas: Schemas,
    pub(super) counters: Counters,
    pub(super) window: Window,
}

/// Brings an index, which is empty, to the newest state that a journal tells of.
pub(super) fn replay(
    journal: &dyn Journal,
    index: &Index,
    options: &EngineOptions,
) -> Result<Replayed, OpenError> {
    let checkpoint = journal.checkpoint()?;
    let loaded = checkpoint.map(|checkpoint| checkpoint::load(&*checkpoint, index, options)).transpose()?;
    let loaded = loaded.unwrap_or_else(|| Loaded {
        revision: Revision::ZERO,
        schemas: Schemas::default(),
        counters: Counters::default(),
        window: Window::new(options.retention),
    });
    let Loaded { revision, schemas, counters, window } = loaded;
    let mut replay = Replay {
        index,
        window,
        now: options.clock.now(),
        head: revision,
        schemas,
        counters,
        problem: None,
        opening: options.opening.as_deref(),
        unreported: 0,
    };
    let (sender, parts) = sync_channel(PARTS_AHEAD);
    let (applied, large_applied) = sync_channel(1);
    thread::scope(|scope| {
        let read = || {
            let (sender, large_applied) = (sender, large_applied);
            // Whoever takes nothing more has found a problem.
            let mut send = |part: TransactionPart| {
                let is_large = is_large(&part);
                let is_taken = sender.send(part).is_ok() && (!is_large || large_applied.recv().is_ok());
                if is_taken { Continue(()) } else { Break(()) }
            };
            journal.read_in_parts(revision.into(), &mut send)
        };
        let reading = thread::Builder::new().name("arrowroot-read".to_owned()).spawn_scoped(scope, read);
        let reading = reading.map_err(OpenError::Thread)?;
        while let Ok(part) = parts.recv()
            && replay.apply(&part).is_continue()
        {
            let is_large = is_large(&part);
            drop(part);
            // Whoever waits for nothing more has failed, and says why at the end.
            if is_large && applied.send(()).is_err() {
                break;
            }
        }
        drop((parts, applied));
        match reading.join() {
            Ok(read) => read.map_err(OpenError::Read),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })?;
    let Replay { window, head, schemas, counters, problem, .. } = replay;
    match problem {
        Some(problem) => Err(OpenError::Replay { revision: head.next(), problem }),
        None => Ok(Replayed { head, schemas, counters, window }),
    }
}

fn is_large(part: &TransactionPart) -> bool {
    part.transaction.changes.len() > CHANGES_AHEAD_MAX
}

/// Builds the index from the journal's transactions.
struct Replay<'journal> {
    index: &'journal Index,
    window: Window,
    now: Timestamp,
    head: Revision,
    schemas: Schemas,
    counters: Counters,
    problem: Option<String>,
    opening: Option<&'journal Opening>,
    /// Changes since the last report.
    unreported: u64,
}

impl Replay<'_> {
    fn apply(&mut self, part: &TransactionPart) -> ControlFlow<()> {
        let TransactionPart { transaction, is_last, .. } = part;
        if transaction.revision != self.head.next() {
            self.problem = Some(format!("it is followed by revision {}", transaction.revision));
            return Break(());
        }
        for change in &transaction.changes {
            if self.apply_change(transaction.revision, change).is_err() {
                self.problem = Some(Unwritable::Full.to_string());
                return Break(());
            }
            self.report();
        }
        if !is_last {
            return Continue(());
        }
        if let Some(text) = &transaction.schema {
            self.schemas = self.schemas.with(transaction.revision, Arc::from(text.as_str()), None);
        }
        if let Some(change) = &transaction.counter {
            self.counters.apply(change);
        }
        // What a wrong clock dated ahead would be kept until then.
        self.window.record(transaction.committed_at.min(self.now), transaction.revision);
        self.head = transaction.revision;
        Continue(())
    }

    /// Tells of a change that was applied, together with others.
    fn report(&mut self) {
        self.unreported += 1;
        if self.unreported == REPORT_INTERVAL {
            if let Some(opening) = self.opening {
                opening.add(REPORT_INTERVAL);
            }
            self.unreported = 0;
        }
    }

    fn apply_change(&self, revision: Revision, change: &RelationshipChange) -> Result<(), IndexFull> {
        match change {
            RelationshipChange::Touch(relationship) => {
                let edge = self.index.intern(
                    &relationship.resource,
                    &relationship.relation,
                    &relationship.subject,
                )?;
                // The journal decides what was there, not the clock: nothing counts as expired.
                self.index.touch(edge, Terms::of(relationship), revision, Timestamp::MIN, &mut Vec::new());
            }
            RelationshipChange::Delete(Relationship { resource, relation, subject, .. }) => {
                if let Some(edge) = self.index.find(resource, relation, subject) {
                    self.index.delete(edge, revision, Timestamp::MIN);
                }
            }
        }
        Ok(())
    }
}
