//! Counting what a counter's filter describes.

use crate::evaluate::Limits;
use crate::relationship::CounterName;

use super::budget::Budget;
use super::error::CountRelationshipsError;
use super::handle::Engine;
use super::matching::Matcher;
use super::token::ZedToken;
use super::view::View;

/// A count, and when it was right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counted {
    /// Relationships that match the counter's filter.
    pub count: u64,
    /// The state in which they were counted.
    pub read_at: ZedToken,
}

impl Engine {
    /// Counts the relationships of a counter in the newest state. Synchronous, without I/O: it walks over what the
    /// filter's resources or its subject have, or over everything where the filter has neither.
    ///
    /// What the schema no longer has, has no relationships: a counter that names it counts nothing.
    pub fn count_relationships(
        &self,
        counter: &CounterName,
        limits: Limits<'_>,
    ) -> Result<Counted, CountRelationshipsError> {
        let view = View::at_newest(&self.state);
        let Some(filter) = view.counters().filter(counter) else {
            return Err(CountRelationshipsError::NotRegistered { name: counter.clone() });
        };
        let budget = Budget::new(limits);
        let mut count = 0;
        Matcher::new(view.snapshot(), filter).within(&budget).visit(|_| {
            count += 1;
            true
        });
        budget.finish()?;
        Ok(Counted { count, read_at: view.token() })
    }

    /// The bounds on one count that the engine was opened with.
    pub fn count_limits(&self) -> Limits<'static> {
        Limits { visits_max: self.state.options.limits.count_visits_max, ..Limits::default() }
    }
}
