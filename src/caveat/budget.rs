//! How much work one evaluation may do.

use super::error::EvaluationError;

/// Steps left. A step is one operation, one element of a list or map that is looked at, or 64 bytes of text.
#[derive(Debug, Clone)]
pub struct Budget {
    limit: u64,
    used: u64,
}

/// More steps were asked for than there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Exhausted {
    limit: u64,
}

impl From<Exhausted> for EvaluationError {
    fn from(exhausted: Exhausted) -> Self {
        let limit = exhausted.limit;
        Self { problem: format!("the expression takes more than {limit} steps") }
    }
}

/// One hundred thousand steps: a few milliseconds.
impl Default for Budget {
    fn default() -> Self {
        Self::new(100_000)
    }
}

impl Budget {
    /// Bytes of text that count as one step.
    const STEP_BYTES: usize = 64;

    /// A budget of some steps.
    pub fn new(limit: u64) -> Self {
        Self { limit, used: 0 }
    }

    /// Steps taken.
    pub fn used(&self) -> u64 {
        self.used
    }

    /// Takes some steps; an error once there are more than allowed.
    #[inline]
    pub(super) fn take(&mut self, steps: u64) -> Result<(), Exhausted> {
        self.used = self.used.saturating_add(steps);
        if self.used <= self.limit { Ok(()) } else { Err(Exhausted { limit: self.limit }) }
    }

    /// Takes a step for each element.
    #[inline]
    pub(super) fn take_elements(&mut self, elements: usize) -> Result<(), Exhausted> {
        self.take(elements as u64)
    }

    /// Takes the steps of text that is looked at or made.
    #[inline]
    pub(super) fn take_text(&mut self, bytes: usize) -> Result<(), Exhausted> {
        self.take((bytes / Self::STEP_BYTES) as u64)
    }
}
