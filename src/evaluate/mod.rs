//! Answers: a compiled schema, a snapshot, a question → who has what.
//!
//! Pure and synchronous: no I/O, no task, no lock held between steps, no allocation for each hop. Depth is bounded by
//! configuration and lives on the heap; work is bounded by limits that the caller sets.

mod answer;
mod asker;
mod check;
mod conditions;
mod error;
mod exact;
mod expand;
mod explain;
mod goal;
mod limits;
mod lookup;
mod machine;
mod program;
mod questions;
mod subjects;
mod system;
mod table;
mod trace;

pub use check::{Check, Membership, check};
pub use error::{CaveatError, CaveatProblem, EvaluateError, ExpandError};
pub use expand::{PermissionTree, SetOperation, TREE_BYTES_MAX, TREE_LEVELS_MAX, TreeSubjects, expand};
pub use explain::{TRACE_BYTES_MAX, explain};
pub use limits::Limits;
pub use lookup::{Found, FoundSubject, ResourceLookup, ResourceQuestion, SubjectLookup, SubjectQuestion};
pub use program::Program;
pub use trace::{Trace, TraceAnswer, TraceCondition};
