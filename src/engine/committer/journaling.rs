//! The thread that makes groups durable.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender};
use std::time::Instant;

use crate::engine::error::Unwritable;
use crate::engine::state::State;
use crate::journal::Journal;

use super::group::Group;
use super::preparing::Wake;

/// How a group ended.
#[derive(Debug)]
pub(super) enum Outcome {
    /// It is durable, published, and its writers have been told.
    Durable,
    /// It is not durable. It must be taken back before its writers are told.
    Failed(Group),
}

/// Appends each group that comes, until there are no more.
pub(super) fn run(
    state: &State,
    journal: &Arc<dyn Journal>,
    groups: &Receiver<Group>,
    outcomes: &Sender<Outcome>,
    wake: &Wake,
) {
    for group in groups {
        let outcome = append(state, journal, group);
        if outcomes.send(outcome).is_err() {
            return;
        }
        wake.wake();
    }
}

fn append(state: &State, journal: &Arc<dyn Journal>, mut group: Group) -> Outcome {
    if !group.transactions.is_empty() {
        let start = Instant::now();
        let appended = match (&group.staged, &group.transactions[..]) {
            (Some(staged), [only]) => journal.append_staged(group.base, only.clone(), staged),
            _ => journal.append(group.base, &group.transactions),
        };
        if let Err(error) = appended {
            tracing::error!(%error, base = group.base.0, writes = group.replies.len(), "a group of writes is not durable");
            state.measures.note_failed_group();
            state.set_writable(false);
            return Outcome::Failed(group);
        }
        state.measures.appends.observe_duration(start.elapsed());
        state.measures.group_writes.observe(group.replies.len() as u64);
        state.measures.group_changes.observe(group.changes.len() as u64);
        let transactions = std::mem::take(&mut group.transactions);
        state.publish(group.head.clone(), transactions, group.staged.is_none());
        state.set_writable(true);
    }
    group.reply(&Ok::<(), Unwritable>(()), &state.measures);
    Outcome::Durable
}
