//! What one walk over the index may cost.

use std::cell::{Cell, RefCell};
use std::sync::atomic::Ordering;
use std::time::Instant;

use crate::evaluate::{EvaluateError, Limits};

/// Counts what a walk looks at, and ends it when that is too much, too late, or for nobody.
#[derive(Debug)]
pub(super) struct Budget<'caller> {
    limits: Limits<'caller>,
    visits: Cell<u64>,
    problem: RefCell<Option<EvaluateError>>,
}

impl<'caller> Budget<'caller> {
    pub(super) fn new(limits: Limits<'caller>) -> Self {
        Self { limits, visits: Cell::new(0), problem: RefCell::default() }
    }

    /// Counts some visits. Whether the walk may go on.
    pub(super) fn spend(&self, visits: usize) -> bool {
        let Limits { visits_max, deadline, cancelled, .. } = self.limits;
        self.visits.set(self.visits.get().saturating_add(visits as u64));
        let problem = if self.visits.get() > visits_max {
            EvaluateError::VisitsExceeded { visits_max }
        } else if cancelled.is_some_and(|cancelled| cancelled.load(Ordering::Relaxed)) {
            EvaluateError::Cancelled
        } else if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            EvaluateError::DeadlineExceeded
        } else {
            return true;
        };
        *self.problem.borrow_mut() = Some(problem);
        false
    }

    /// Why the walk ended early, if it did.
    pub(super) fn finish(self) -> Result<(), EvaluateError> {
        self.problem.into_inner().map_or(Ok(()), Err)
    }
}
