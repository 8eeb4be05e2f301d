//! Which side serves an account while it moves from another backend to the graph, and back.

mod error;
mod file;
mod mode;

pub use error::{RolloutError, RolloutProblem};
pub use file::Rollout;
pub use mode::{AccountRollout, Mode};

#[cfg(test)]
mod tests;
