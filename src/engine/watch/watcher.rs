//! One watcher: a position, and the next steps from there.

use std::collections::VecDeque;
use std::fmt;
use std::ops::ControlFlow;
use std::sync::{Arc, Weak};

use tokio::sync::watch;

use crate::engine::error::{ConsistencyError, WatchError};
use crate::engine::handle::Engine;
use crate::engine::state::State;
use crate::engine::token::ZedToken;
use crate::engine::wait::block_on;
use crate::journal::{Journal, JournalError, JournalPlace, RelationshipChange, Transaction};
use crate::relationship::{RelationshipUpdate, Revision, UpdateOperation};

use super::feed::{Position, Published};
use super::selection::Watch;
use super::transactions::{self, JournalTurn, Kept, LARGE_BYTES_MIN};

/// Bytes of updates in one step, roughly; the last one may exceed them. As protobuf messages they are at most some six
/// times as large, where contexts are full of short values.
const STEP_BYTES_MAX: usize = 256 << 10;
/// Bytes of text in one step, roughly, which is what a message of it takes: names and contexts. A thousand updates with
/// names of usual length still come in one.
const STEP_TEXT_BYTES_MAX: usize = 96 << 10;
/// Comparisons with filters in one step: about a millisecond.
const STEP_COMPARISONS_MAX: usize = 20_000;
/// What is read from the journal at once, unless one transaction, or one part of an import, is larger.
const READ_BYTES_MAX: usize = LARGE_BYTES_MIN;
const READ_COUNT_MAX: usize = 4096;

/// What one transaction changed, or a part of it if it is large.
///
/// It takes some 256 KiB of memory at the most, unless one relationship alone takes more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changes {
    /// What happened to relationships that are watched, in the order in which it was written. Each is a touch, or a
    /// delete that says what the relationship was.
    pub updates: Vec<RelationshipUpdate>,
    /// Whether it changed the schema.
    pub is_schema_changed: bool,
    /// What the writer attached, a JSON object as text.
    pub metadata_json: Option<String>,
    /// A watch that begins after this misses nothing. Of a part that is not the last, it is the state before the
    /// transaction, which is then told of once more from its beginning.
    pub through: ZedToken,
}

impl Changes {
    /// Bytes of memory that they take, roughly.
    pub fn bytes(&self) -> usize {
        let Self { updates, metadata_json, through, .. } = self;
        let updates = updates.iter().map(|update| transactions::weight(&update.relationship)).sum::<usize>();
        updates + metadata_json.as_ref().map_or(0, String::len) + through.0.len()
    }
}

/// What a watcher has to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Something happened that is watched, or the schema changed.
    Changes(Changes),
    /// Something happened that is not watched.
    Skipped,
    /// Nothing has happened yet: [`Watcher::changed`] waits until something has.
    CaughtUp,
    /// What comes next has to be read: [`Watcher::journal_turn`], then [`Watcher::read_journal`].
    InJournal,
}

/// Follows the graph from a state on. It holds no thread, and little memory however far it is behind and however large
/// what it meets: some megabytes, or none once it was told to [`rest`](Self::rest).
pub struct Watcher {
    state: Arc<State>,
    /// The engine's: a watcher does not hold the store open.
    journal: Weak<dyn Journal>,
    published: watch::Receiver<Published>,
    watch: Watch,
    /// Everything up to here has been told.
    position: Revision,
    /// The same, for whoever asks how far watchers are behind.
    shown_position: Arc<Position>,
    /// How far the transaction after that has been told, if the journal has it in parts.
    place: JournalPlace,
    /// What comes next.
    ready: VecDeque<Arc<Kept>>,
    /// Changes of the first of them, or of what will be the first, that have been told.
    told: usize,
    /// Whether the next transaction in the journal is large.
    needs_room: bool,
}

impl Engine {
    /// Begins to watch, after a token's state or after the newest.
    ///
    /// A watch goes on until the watcher is dropped; once the engine is closed, it ends when all is told.
    pub fn watch(&self, watch: Watch) -> Result<Watcher, WatchError> {
        let state = Arc::clone(&self.state);
        let published = state.feed.subscribe();
        let head = state.head();
        let position = match &watch.after {
            None => head.revision,
            Some(token) => {
                let revision = token.decode(state.identity)?;
                state.check_kept(revision, &head)?;
                revision
            }
        };
        if !watch.filters.is_empty() {
            let program = head.schemas.program_at(position, state.index.relation_names());
            watch.check_filters(program.as_ref().map(|program| &**program.schema()))?;
        }
        Ok(Watcher {
            shown_position: state.feed.enter(position),
            state,
            journal: Arc::downgrade(&self.journal),
            published,
            watch,
            position,
            place: position.into(),
            ready: VecDeque::new(),
            told: 0,
            needs_room: false,
        })
    }
}

impl Watcher {
    /// Takes the next step. Quick, and without I/O.
    pub fn step(&mut self) -> Step {
        if self.ready.is_empty() {
            let head = self.state.head().revision;
            if self.position >= head {
                return Step::CaughtUp;
            }
            if !self.place.is_within() {
                self.ready = self.state.feed.recent.lock().after(self.position, head);
            }
        }
        let Some(kept) = self.ready.front().map(Arc::clone) else {
            return Step::InJournal;
        };
        let transaction = &kept.transaction;
        let updates = self.updates(&transaction.changes);
        let is_told = self.told == transaction.changes.len();
        if is_told {
            self.ready.pop_front();
            self.told = 0;
            self.place = kept.next;
        }
        let is_whole = is_told && kept.is_last();
        if is_whole {
            self.position = transaction.revision;
            self.shown_position.set(transaction.revision);
        }
        let is_schema_changed = is_whole && self.is_schema_changed(transaction);
        if updates.is_empty() && !is_schema_changed {
            return Step::Skipped;
        }
        let metadata_json = transaction.metadata_json.clone();
        Step::Changes(Changes { updates, is_schema_changed, metadata_json, through: self.position() })
    }

    /// Waits until there is a next step. Cancelling it does no harm. An error once the engine is closed and everything
    /// has been told.
    pub async fn changed(&mut self) -> Result<(), WatchError> {
        let position = self.position;
        let is_due = |published: &Published| published.head > position || published.is_closed;
        match self.published.wait_for(is_due).await {
            Ok(published) if published.head > position => Ok(()),
            _ => Err(WatchError::Closing),
        }
    }

    /// Waits for the turn to read the journal: watchers read one after another.
    pub fn journal_turn(&self) -> impl Future<Output = Result<JournalTurn, WatchError>> + Send + use<> {
        let turn = self.state.feed.reading.lock().turn(self.needs_room);
        async move { turn.await.ok_or(WatchError::Closing) }
    }

    /// Lets go of what has been read ahead, for as long as nothing is told: it is read again when the next step is taken.
    ///
    /// Only a large transaction is kept, which would have to be read whole for each of its parts.
    pub fn rest(&mut self) {
        if !self.ready.front().is_some_and(|kept| kept.is_large()) {
            self.ready = VecDeque::new();
        }
    }

    /// Reads what comes next from the journal. Blocks the thread, for as long as it takes to read some megabytes, or one
    /// transaction if that is larger and was not imported.
    pub fn read_journal(&mut self, turn: JournalTurn) -> Result<(), WatchError> {
        let journal = self.journal.upgrade().ok_or(WatchError::Closing)?;
        let JournalTurn { mut room, .. } = turn;
        self.needs_room = false;
        let shared = self.state.feed.reading.lock().find_large(self.place);
        if let Some(shared) = shared {
            self.ready.push_back(shared);
            return Ok(());
        }
        let Self { state, ready, needs_room, place, position, .. } = self;
        let mut begin = *place;
        let head = state.head().revision;
        let mut bytes = 0;
        let read = journal.read_in_parts(begin, &mut |part| {
            if part.transaction.revision > head {
                return ControlFlow::Break(());
            }
            let size = transactions::bytes(&part.transaction);
            let next = part.next;
            bytes += size;
            if size <= LARGE_BYTES_MIN {
                ready.push_back(Kept::small(part));
            } else if ready.is_empty() {
                match room.take() {
                    Some(room) => ready.push_back(state.feed.reading.lock().keep_large(begin, part, room)),
                    None => *needs_room = true,
                }
            }
            begin = next;
            let has_room = bytes < READ_BYTES_MAX && ready.len() < READ_COUNT_MAX;
            if has_room { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        });
        read.map_err(|error| match error {
            // It was there when the watch began, which has come too far behind.
            JournalError::Trimmed { oldest } => {
                ConsistencyError::Expired { revision: *position, oldest }.into()
            }
            error => WatchError::Unreadable(error),
        })?;
        if ready.is_empty() && !*needs_room {
            // Otherwise it would be read for ever.
            let fault = format!("revision {} is not there", self.position.next());
            return Err(WatchError::Unreadable(JournalError::Storage(fault)));
        }
        Ok(())
    }

    /// Waits for the next changes. Blocks the thread; in async code, take the steps one by one.
    pub fn next_changes(&mut self) -> Result<Changes, WatchError> {
        loop {
            match self.step() {
                Step::Changes(changes) => return Ok(changes),
                Step::Skipped => {}
                Step::CaughtUp => block_on(self.changed())?,
                Step::InJournal => {
                    let turn = block_on(self.journal_turn())?;
                    self.read_journal(turn)?;
                }
            }
        }
    }

    /// The state up to which everything has been told.
    pub fn position(&self) -> ZedToken {
        ZedToken::new(self.state.identity, self.position)
    }

    /// The next updates that are watched, as many as fit into a step.
    fn updates(&mut self, changes: &[RelationshipChange]) -> Vec<RelationshipUpdate> {
        let mut updates = Vec::new();
        let mut bytes_left = STEP_BYTES_MAX;
        let mut text_bytes_left = STEP_TEXT_BYTES_MAX;
        let mut comparisons_left = STEP_COMPARISONS_MAX;
        for change in &changes[self.told..] {
            if bytes_left == 0 || text_bytes_left == 0 || comparisons_left == 0 {
                break;
            }
            self.told += 1;
            comparisons_left = comparisons_left.saturating_sub(self.watch.cost());
            let relationship = change.relationship();
            if self.watch.selects(relationship) {
                bytes_left = bytes_left.saturating_sub(transactions::weight(relationship));
                text_bytes_left = text_bytes_left.saturating_sub(transactions::text_bytes(relationship));
                let operation = match change {
                    RelationshipChange::Touch(_) => UpdateOperation::Touch,
                    RelationshipChange::Delete(_) => UpdateOperation::Delete,
                };
                updates.push(RelationshipUpdate { operation, relationship: relationship.clone() });
            }
        }
        updates.shrink_to_fit();
        updates
    }

    /// Whether a transaction changed the schema, and not only wrote it once more.
    fn is_schema_changed(&self, transaction: &Transaction) -> bool {
        let Some(text) = &transaction.schema else { return false };
        let before = Revision(transaction.revision.0.saturating_sub(1));
        self.state.head().schemas.text_at(before).map_or("", |text| &**text) != text.as_str()
    }
}

impl fmt::Debug for Watcher {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Watcher")
            .field("watch", &self.watch)
            .field("position", &self.position)
            .finish_non_exhaustive()
    }
}
