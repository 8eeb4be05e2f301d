//! How much work one evaluation may do.

use super::error::EvaluationError;

/// Steps left. A step is one operation, one element of a list or map that is looked at, or 64 bytes of text.
#[derive(Debug, Clone)]
pub struct Budget {
    limit: u64,
    used: u64,
}

/// One hundred thousand steps: a few milliseconds.
impl Default for Budget {
    fn default() -> Self {
        Self::new(100_000)
    }
}

impl Budget {
    /// A budget of some steps.
    pub fn new(limit: u64) -> Self {
        Self { limit, used: 0 }
    }

    /// Steps taken.
    pub fn used(&self) -> u64 {
        self.used
    }

    /// Takes some steps; an error once there are more than allowed.
    pub(super) fn take(&mut self, steps: u64) -> Result<(), EvaluationError> {
        self.used = self.used.saturating_add(steps);
        if self.used <= self.limit {
            return Ok(());
        }
        let limit = self.limit;
        Err(EvaluationError { problem: format!("the expression takes more than {limit} steps") })
    }
}
