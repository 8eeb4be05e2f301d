//! Why a question has no answer.

use crate::caveat::{ConversionError, EvaluationError};
use crate::relationship::CaveatName;

/// An evaluation that ended without an answer. None of these may be taken for a yes or a no.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EvaluateError {
    /// Sub-questions nest deeper than allowed.
    #[error("the question nests deeper than {depth_max} sub-questions")]
    DepthExceeded {
        /// The bound that was reached.
        depth_max: u32,
    },
    /// More entries were visited than allowed.
    #[error("the question visits more than {visits_max} entries")]
    VisitsExceeded {
        /// The bound that was reached.
        visits_max: u64,
    },
    /// Those who are excepted from a wildcard do not fit into one answer.
    #[error("the subjects that are excepted from the wildcard take more than {bytes_max} bytes")]
    ExceptionsTooLarge {
        /// The bound that was reached.
        bytes_max: usize,
    },
    /// The deadline passed.
    #[error("the deadline passed before the answer was found")]
    DeadlineExceeded,
    /// The caller no longer waits.
    #[error("the question was cancelled")]
    Cancelled,
    /// The answer depends on its own negation, so that there is none.
    #[error("permissions exclude each other in a circle: {}", cycle.join(" -> "))]
    NegationCycle {
        /// The questions of the circle as `type:id#permission`, the first one again at the end.
        cycle: Vec<String>,
    },
    /// The answer hangs on a caveat that cannot be evaluated.
    #[error(transparent)]
    Caveat(#[from] Box<CaveatError>),
}

/// A relation or permission that cannot be laid out as a tree.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExpandError {
    /// The tree would have more levels than allowed.
    #[error("the tree has more than {levels_max} levels")]
    TooDeep {
        /// The bound that was reached.
        levels_max: u32,
    },
    /// The tree would be larger than allowed.
    #[error("the tree has more than {bytes_max} bytes")]
    TooLarge {
        /// The bound that was reached.
        bytes_max: usize,
    },
    /// A permission comes back to itself on the same object, so that the tree would never end.
    #[error("permissions contain each other in a circle: {}", circle.join(" -> "))]
    Circle {
        /// The permissions of the circle as `type:id#permission`, the first one again at the end.
        circle: Vec<String>,
    },
    /// Too much work, too late, or cancelled.
    #[error(transparent)]
    Evaluate(#[from] EvaluateError),
}

/// A caveat that cannot be evaluated with the contexts that there are.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("could not evaluate caveat `{caveat}`: {problem}")]
pub struct CaveatError {
    /// The caveat.
    pub caveat: CaveatName,
    /// What stands in the way.
    pub problem: CaveatProblem,
}

/// Why a caveat cannot be evaluated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CaveatProblem {
    /// A context has a value of a wrong type.
    #[error(transparent)]
    Conversion(#[from] ConversionError),
    /// The expression has no value.
    #[error(transparent)]
    Evaluation(#[from] EvaluationError),
    /// The schema does not have it.
    #[error("the schema does not declare it")]
    Undeclared,
}
