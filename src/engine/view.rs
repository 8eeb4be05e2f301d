//! The graph and its schema at one revision, for questions.

use std::sync::Arc;

use crate::evaluate::Program;
use crate::index::Snapshot;
use crate::relationship::{CounterName, RelationshipFilter, Revision, Timestamp};

use super::counters::Counters;
use super::error::{ConsistencyError, CursorError, InvalidCursor};
use super::state::{Head, State};
use super::token::{Consistency, Cursor, ZedToken};

/// One state of the graph. Every question that is asked of one view sees the same relationships and the same schema,
/// whatever is written meanwhile.
#[derive(Debug, Clone)]
pub struct View {
    pub(super) state: Arc<State>,
    head: Arc<Head>,
    revision: Revision,
    /// When it was taken: what had expired by then is absent. Of a view that is kept for long, more is.
    now: Timestamp,
    pub(super) program: Option<Arc<Program>>,
}

impl View {
    /// The state that a requirement asks for.
    pub(super) fn at(state: &Arc<State>, consistency: &Consistency) -> Result<Self, ConsistencyError> {
        let head = state.head();
        match consistency {
            Consistency::MinimizeLatency | Consistency::FullyConsistent => Ok(Self::at_head(state, head)),
            Consistency::AtLeastAsFresh(token) => {
                let revision = token.decode(state.identity)?;
                head.check_reached(revision)?;
                Ok(Self::at_head(state, head))
            }
            Consistency::AtExactSnapshot(token) => {
                let revision = token.decode(state.identity)?;
                state.check_kept(revision, &head)?;
                Ok(Self::at_revision(state, head, revision))
            }
        }
    }

    /// The newest state.
    pub(super) fn at_newest(state: &Arc<State>) -> Self {
        Self::at_head(state, state.head())
    }

    /// The state that a cursor's first page was read at, and the position to go on after.
    pub(super) fn at_cursor(
        state: &Arc<State>,
        text: &str,
        call: u64,
    ) -> Result<(Self, String), CursorError> {
        let cursor = Cursor::decode(text, state.identity)?;
        if cursor.call != call {
            return Err(InvalidCursor::OtherCall.into());
        }
        let head = state.head();
        state.check_kept(cursor.revision, &head)?;
        Ok((Self::at_revision(state, head, cursor.revision), cursor.position))
    }

    /// The revision.
    pub fn revision(&self) -> Revision {
        self.revision
    }

    /// The revision as a token.
    pub fn token(&self) -> ZedToken {
        ZedToken::new(self.state.identity, self.revision)
    }

    /// The name of the store that it is a view of, which no other store has: 16 hexadecimal digits.
    pub fn store(&self) -> String {
        self.state.identity.to_string()
    }

    /// A cursor that goes on after a position, for a call with the same arguments.
    pub fn cursor(&self, call: u64, position: String) -> String {
        Cursor { revision: self.revision, call, position }.encode(self.state.identity)
    }

    /// The schema's text, as it was written; `None` before a schema was written, or if it has no definitions.
    pub fn read_schema(&self) -> Option<&str> {
        let program = self.program.as_ref()?;
        (!program.schema().definitions().is_empty()).then_some(())?;
        self.head.schemas.text_at(self.revision).map(|text| &**text)
    }

    /// Bytes of the schema's text.
    pub fn schema_bytes(&self) -> usize {
        self.schema_text().len()
    }

    /// The schema's text, definitions or not; empty before a schema was written.
    pub fn schema_text(&self) -> &str {
        self.head.schemas.text_at(self.revision).map_or("", |text| text)
    }

    /// The counters that were registered when the view was taken, whatever its revision, in order of their names.
    pub fn registered_counters(&self) -> Vec<(CounterName, RelationshipFilter)> {
        self.head.counters.all()
    }

    /// The counters that are registered now, whatever the revision.
    pub(super) fn counters(&self) -> &Counters {
        &self.head.counters
    }

    pub(super) fn snapshot(&self) -> Snapshot<'_> {
        self.state.index.snapshot(self.revision, self.state.snapshot_time_since(self.now))
    }

    fn at_head(state: &Arc<State>, head: Arc<Head>) -> Self {
        let revision = head.revision;
        Self::at_revision(state, head, revision)
    }

    fn at_revision(state: &Arc<State>, head: Arc<Head>, revision: Revision) -> Self {
        let program = head.schemas.program_at(revision, state.index.relation_names());
        let now = state.snapshot_time();
        Self { state: Arc::clone(state), head, revision, now, program }
    }
}
