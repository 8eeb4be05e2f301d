//! The audit log: one JSON line for each write and for some of the decisions, in files that are rotated.
//!
//! Whoever answers only puts an entry into a bounded queue; a thread of its own makes the line. What the disk or the queue
//! does not take is counted, and a later line says how much that was: no answer waits for the log, or fails with it.

mod entry;
mod error;
mod explain;
mod file;
mod line;
mod log;
mod options;
mod queue;
mod writer;

pub use entry::{DecisionEntry, Outcome, Verb, Who, WriteEntry};
pub use error::AuditError;
pub use explain::deciding_relationships;
pub use log::{AuditCounts, AuditLog};
pub use options::AuditOptions;

/// Relationships that one list of an entry shows, at most.
pub const RELATIONSHIPS_MAX: usize = 100;

#[cfg(test)]
mod tests;
