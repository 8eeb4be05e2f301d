//! The thread that takes writes in order and applies them to the index.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc as blocking;
use std::thread::JoinHandle;
use std::time::Instant;

use parking_lot::Mutex;
use tokio::sync::mpsc;

use crate::engine::error::Unwritable;
use crate::engine::state::State;
use crate::journal::Journal;

use super::collecting::Collecting;
use super::group::Group;
use super::journaling::{self, Outcome};
use super::pending::Pending;
use super::{Write, waking};

/// Writes that may wait for their turn; more wait for a place.
const QUEUE_MAX: usize = 4096;
/// Writes that are prepared for one group; more wait in the queue.
const GROUP_MAX: usize = 4096;

/// The handle on the committer's threads. Dropping it ends them, after what was accepted is durable.
#[derive(Debug)]
pub(in crate::engine) struct Committer {
    queue: mpsc::Sender<Message>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

enum Message {
    /// A write, and when it was queued.
    Write(Box<dyn Write>, Instant),
    /// The journal's thread has an outcome, or something may leave the index.
    Wake,
    /// Finish what was accepted, and end.
    Stop,
}

/// Wakes the preparing thread.
#[derive(Debug)]
pub(super) struct Wake(mpsc::Sender<Message>);

impl Wake {
    pub(super) fn wake(&self) {
        // A full queue wakes it as well.
        let _ = self.0.try_send(Message::Wake);
    }
}

impl Committer {
    pub(in crate::engine) fn start(state: &Arc<State>, journal: Arc<dyn Journal>) -> std::io::Result<Self> {
        let (queue, inbox) = mpsc::channel(QUEUE_MAX);
        let (groups, groups_inbox) = blocking::sync_channel(1);
        let (outcomes, outcomes_inbox) = blocking::channel();
        let wake = Wake(queue.clone());
        let journaling = {
            let state = Arc::clone(state);
            let run = move || journaling::run(&state, &journal, &groups_inbox, &outcomes, &wake);
            std::thread::Builder::new().name("arrowroot-journal".to_owned()).spawn(run)?
        };
        let (alarm, stop) = blocking::channel();
        let waking = {
            let state = Arc::clone(state);
            let wake = Wake(queue.clone());
            let run = move || waking::run(&state, &stop, &wake);
            std::thread::Builder::new().name("arrowroot-wake".to_owned()).spawn(run)?
        };
        let preparing = Preparing {
            pending: Pending::new(Arc::clone(state)),
            collecting: Collecting::new(Arc::clone(state)),
            state: Arc::clone(state),
            inbox,
            groups,
            outcomes: outcomes_inbox,
            is_busy: false,
            is_stopping: false,
        };
        let run = move || {
            preparing.run();
            // These threads end when there is nobody left to send them anything.
            let _ = journaling.join();
            drop::<blocking::Sender<()>>(alarm);
            let _ = waking.join();
        };
        let thread = std::thread::Builder::new().name("arrowroot-commit".to_owned()).spawn(run)?;
        Ok(Self { queue, thread: Mutex::new(Some(thread)) })
    }

    /// Queues a write; waits for a place in the queue if it is full.
    pub(in crate::engine) async fn submit(&self, write: Box<dyn Write>) -> Result<(), Unwritable> {
        let message = Message::Write(write, Instant::now());
        self.queue.send(message).await.map_err(|_| Unwritable::Closing)
    }

    /// What waits in the queue, and how much may.
    pub(in crate::engine) fn queued(&self) -> (usize, usize) {
        let places = self.queue.max_capacity();
        (places - self.queue.capacity(), places)
    }

    /// Finishes what was accepted, and ends the threads. Later writes are refused.
    pub(in crate::engine) fn stop(&self) {
        let Some(thread) = self.thread.lock().take() else { return };
        if super::super::wait::block_on(self.queue.send(Message::Stop)).is_ok() && thread.join().is_err() {
            tracing::error!("the committer ended by a panic");
        }
    }
}

impl Drop for Committer {
    fn drop(&mut self) {
        self.stop();
    }
}

struct Preparing {
    state: Arc<State>,
    pending: Pending,
    collecting: Collecting,
    inbox: mpsc::Receiver<Message>,
    groups: blocking::SyncSender<Group>,
    outcomes: blocking::Receiver<Outcome>,
    /// Whether the journal's thread has a group.
    is_busy: bool,
    is_stopping: bool,
}

impl Preparing {
    fn run(mut self) {
        while let Some(message) = self.inbox.blocking_recv() {
            self.receive(message);
            while self.pending.group.replies.len() < GROUP_MAX
                && let Ok(message) = self.inbox.try_recv()
            {
                self.receive(message);
            }
            self.hand_on();
            self.collecting.collect(|| !self.inbox.is_empty());
            if self.pending.group.replies.len() >= GROUP_MAX {
                self.wait_for_outcome();
                self.hand_on();
            }
            if self.is_stopping {
                break;
            }
        }
        self.finish();
    }

    fn receive(&mut self, message: Message) {
        match message {
            Message::Write(write, queued_at) if write.is_alone() => {
                self.end_group();
                self.prepare(write, queued_at);
                self.end_group();
            }
            Message::Write(write, queued_at) => self.prepare(write, queued_at),
            Message::Wake => {}
            Message::Stop => {
                self.inbox.close();
                self.is_stopping = true;
            }
        }
        while self.is_busy
            && let Ok(outcome) = self.outcomes.try_recv()
        {
            self.settle(outcome);
        }
    }

    fn prepare(&mut self, write: Box<dyn Write>, queued_at: Instant) {
        let changes_before = self.pending.group.changes.len();
        let pending = &mut self.pending;
        pending.set_now();
        // The state is sound after a panic: what was applied to the index is taken back, the rest changes at the end.
        if let Ok(reply) = catch_unwind(AssertUnwindSafe(|| write.prepare(pending))) {
            self.pending.group.replies.push((reply, queued_at));
        } else {
            tracing::error!("a write ended by a panic and was not applied");
            self.pending.abandon(changes_before);
        }
    }

    /// Hands the group, if there is any, to the journal's thread, and waits until that is free to take it.
    fn end_group(&mut self) {
        if !self.pending.group.replies.is_empty() {
            self.wait_for_outcome();
            self.hand_on();
        }
    }

    /// Hands the group to the journal's thread if that is free and there is anything to do.
    fn hand_on(&mut self) {
        if self.is_busy {
            return;
        }
        if let Some(epoch) = self.collecting.renew() {
            self.pending.set_epoch(epoch);
        }
        if !self.pending.group.replies.is_empty() {
            let group = self.pending.take_group();
            self.collecting.count_changes(group.changes.len());
            self.is_busy = self.groups.send(group).is_ok();
        }
    }

    fn wait_for_outcome(&mut self) {
        if self.is_busy {
            match self.outcomes.recv() {
                Ok(outcome) => self.settle(outcome),
                Err(_) => self.is_busy = false,
            }
        }
    }

    fn settle(&mut self, outcome: Outcome) {
        self.is_busy = false;
        if let Outcome::Failed(failed) = outcome {
            // Last in, first out: the group that was prepared on top of the failed one goes with it.
            let dependent = self.pending.take_group();
            for change in dependent.changes.iter().rev().chain(failed.changes.iter().rev()) {
                self.state.index.take_back(*change);
            }
            self.pending = Pending::new(Arc::clone(&self.state));
            for group in [failed, dependent] {
                group.reply(&Err(Unwritable::NotDurable), &self.state.measures);
            }
        }
    }

    /// Makes durable what was accepted before the end.
    fn finish(&mut self) {
        while let Ok(message) = self.inbox.try_recv() {
            self.receive(message);
        }
        self.wait_for_outcome();
        self.hand_on();
        self.wait_for_outcome();
    }
}
