//! `&&` and `||` over operands that may be unknown or fail.

use super::caveat::Missing;
use super::error::EvaluationError;
use super::stop::{Stop, merge};

/// Operands of `&&` or `||`, put together one by one. One decisive operand decides whatever the others are; else an
/// unknown one counts before a failed one.
pub(super) struct Fold {
    /// `false` for `&&`, `true` for `||`.
    decisive: bool,
    is_decided: bool,
    unknown: Option<Missing>,
    /// The first one.
    failure: Option<EvaluationError>,
}

impl Fold {
    /// No operand so far.
    pub(super) fn new(decisive: bool) -> Self {
        Self { decisive, is_decided: false, unknown: None, failure: None }
    }

    /// Adds an operand. Whether it decides.
    pub(super) fn add(&mut self, operand: Result<bool, Stop>) -> Result<bool, Stop> {
        match operand {
            Ok(value) => self.is_decided = value == self.decisive,
            Err(Stop::Unknown(missing)) => match &mut self.unknown {
                Some(known) => merge(known, &missing),
                None => self.unknown = Some(missing),
            },
            Err(Stop::Failed(error)) => _ = self.failure.get_or_insert(error),
            Err(stop @ Stop::Exhausted(_)) => return Err(stop),
        }
        Ok(self.is_decided)
    }

    /// What the operands come to.
    pub(super) fn finish(self) -> Result<bool, Stop> {
        match (self.is_decided, self.unknown, self.failure) {
            (true, _, _) => Ok(self.decisive),
            (false, Some(missing), _) => Err(Stop::Unknown(missing)),
            (false, None, Some(error)) => Err(Stop::Failed(error)),
            (false, None, None) => Ok(!self.decisive),
        }
    }
}
