//! Tells one client what its watcher finds.

use std::convert::Infallible;
use std::time::Duration;

use tokio::time::Instant;
use tonic::Status;

use crate::engine::{Changes, Step, Watcher, ZedToken};
use crate::server::pool::Pool;
use crate::server::wire::v1::WatchKind;

use super::buffer::{Ending, Sender};
use super::message::Message;
use super::refusal::WatchRefusal;

/// Checkpoints are not sent more often than this while nothing happens.
const HEARTBEAT_MIN: Duration = Duration::from_millis(10);

/// What a client is told of, beside relationships, which it is always told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Kinds {
    /// Whether the client named relationships, or nothing at all: only then types and filters exclude each other.
    pub(super) are_relationships_asked_for: bool,
    schema: bool,
    checkpoints: bool,
}

impl Kinds {
    /// Numbers without a name mean nothing.
    pub(super) fn of(kinds: &[i32]) -> Self {
        let has = |kind: WatchKind| kinds.contains(&i32::from(kind));
        Self {
            are_relationships_asked_for: kinds.is_empty()
                || has(WatchKind::Unspecified)
                || has(WatchKind::IncludeRelationshipUpdates),
            schema: has(WatchKind::IncludeSchemaUpdates),
            checkpoints: has(WatchKind::IncludeCheckpoints),
        }
    }
}

/// Why a client is told nothing more, and what becomes of the messages that it has not taken.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) status: Status,
    pub(super) ending: Ending,
}

impl From<WatchRefusal> for Ended {
    fn from(refusal: WatchRefusal) -> Self {
        Self { status: refusal.into(), ending: Ending::Now }
    }
}

impl<E: Into<Status>> From<Told<E>> for Ended {
    fn from(Told(error): Told<E>) -> Self {
        Self { status: error.into(), ending: Ending::AfterMessages }
    }
}

/// An error that comes in its place, after what was told before.
#[derive(Debug)]
struct Told<E>(E);

/// One client's watcher.
#[derive(Debug)]
pub(super) struct Teller {
    pub(super) watcher: Watcher,
    pub(super) pool: Pool,
    pub(super) kinds: Kinds,
    pub(super) heartbeat: Duration,
}

impl Teller {
    /// Tells of every change, until that is no longer possible.
    pub(super) async fn tell(self, sender: &Sender) -> Result<Infallible, Ended> {
        let Self { mut watcher, pool, kinds, heartbeat } = self;
        let mut beat = Beat::new(heartbeat, watcher.position());
        loop {
            match watcher.step() {
                Step::Changes(changes) => {
                    for message in messages(changes, kinds) {
                        // Whoever waits for a client holds nothing but what that client is told next.
                        if let Err(message) = sender.try_push(message) {
                            watcher.rest();
                            sender.push(message).await?;
                        }
                    }
                }
                Step::Skipped => {}
                Step::CaughtUp => {
                    if kinds.checkpoints && beat.has_moved(&watcher.position()) {
                        sender.push(beat.checkpoint(watcher.position())).await?;
                    }
                    tokio::select! {
                        changed = watcher.changed() => changed.map_err(Told)?,
                        () = tokio::time::sleep_until(beat.due_at), if kinds.checkpoints => {}
                    }
                }
                Step::InJournal => {
                    let turn = watcher.journal_turn().await.map_err(Told)?;
                    let read = pool.run(move |_| (watcher.read_journal(turn), watcher));
                    let (read, with) = read.await.map_err(Told)?;
                    watcher = with;
                    read.map_err(Told)?;
                }
            }
            if kinds.checkpoints && beat.is_due() {
                sender.push(beat.checkpoint(watcher.position())).await?;
            }
            // A long way through the past is no reason to keep others waiting.
            tokio::task::yield_now().await;
        }
    }
}

/// When the next checkpoint is due, and what the last one was.
struct Beat {
    interval: Duration,
    due_at: Instant,
    told: ZedToken,
}

impl Beat {
    fn new(interval: Duration, position: ZedToken) -> Self {
        let interval = interval.max(HEARTBEAT_MIN);
        Self { interval, due_at: Instant::now() + interval, told: position }
    }

    fn is_due(&self) -> bool {
        Instant::now() >= self.due_at
    }

    fn has_moved(&self, position: &ZedToken) -> bool {
        self.told != *position
    }

    fn checkpoint(&mut self, position: ZedToken) -> Message {
        self.due_at = Instant::now() + self.interval;
        self.told = position.clone();
        Message::Checkpoint(position)
    }
}

/// The messages about some changes: the relationships, and that the schema changed.
fn messages(changes: Changes, kinds: Kinds) -> impl Iterator<Item = Message> {
    let is_schema_told = changes.is_schema_changed && kinds.schema;
    let schema = is_schema_told.then(|| Message::SchemaUpdated(changes.through.clone()));
    let relationships = (!changes.updates.is_empty()).then_some(Message::Relationships(changes));
    relationships.into_iter().chain(schema)
}
