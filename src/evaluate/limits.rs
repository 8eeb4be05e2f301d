//! Bounds on the work for one question.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use super::error::EvaluateError;

/// How far one question may go.
#[derive(Debug, Clone, Copy)]
pub struct Limits<'caller> {
    /// Sub-questions that may nest.
    pub depth_max: u32,
    /// Sub-questions asked and entries read, together.
    pub visits_max: u64,
    /// When the caller stops waiting.
    pub deadline: Option<Instant>,
    /// Set by the caller when nobody waits any more.
    pub cancelled: Option<&'caller AtomicBool>,
}

/// Ten thousand nested questions, and ten million visits: a second or two of work, and at the worst half a gigabyte of
/// memory while it lasts.
impl Default for Limits<'_> {
    fn default() -> Self {
        Self { depth_max: 10_000, visits_max: 10_000_000, deadline: None, cancelled: None }
    }
}

/// Visits between two looks at the clock.
const VISITS_PER_LOOK: u64 = 4096;

/// Counts the work done against the limits.
#[derive(Debug)]
pub(super) struct Meter<'caller> {
    limits: Limits<'caller>,
    visits: u64,
    next_look: u64,
}

impl<'caller> Meter<'caller> {
    pub(super) fn new(limits: Limits<'caller>) -> Self {
        Self { limits, visits: 0, next_look: VISITS_PER_LOOK.min(limits.visits_max) }
    }

    /// Counts some visits, and ends the evaluation if they are too many or it is too late.
    pub(super) fn visit(&mut self, visits: u64) -> Result<(), EvaluateError> {
        self.visits += visits;
        if self.visits < self.next_look { Ok(()) } else { self.look() }
    }

    /// Visits counted so far.
    pub(super) fn visits(&self) -> u64 {
        self.visits
    }

    /// Ends the evaluation if it is too deep.
    pub(super) fn check_depth(&self, depth: usize) -> Result<(), EvaluateError> {
        let depth_max = self.limits.depth_max;
        if depth < depth_max as usize { Ok(()) } else { Err(EvaluateError::DepthExceeded { depth_max }) }
    }

    #[cold]
    fn look(&mut self) -> Result<(), EvaluateError> {
        let visits_max = self.limits.visits_max;
        self.next_look = (self.visits + VISITS_PER_LOOK).min(visits_max.max(self.visits + 1));
        if self.visits > visits_max {
            return Err(EvaluateError::VisitsExceeded { visits_max });
        }
        if self.limits.cancelled.is_some_and(|cancelled| cancelled.load(Ordering::Relaxed)) {
            return Err(EvaluateError::Cancelled);
        }
        if self.limits.deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            return Err(EvaluateError::DeadlineExceeded);
        }
        Ok(())
    }
}
