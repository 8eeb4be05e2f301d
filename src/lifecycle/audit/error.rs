//! Why an audit log cannot be kept.

use std::io;
use std::path::PathBuf;

/// The log does not start.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// The file cannot be opened or made.
    #[error("cannot write the audit log {}: {error}", .path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// Why not.
        error: io::Error,
    },
    /// A part of all decisions that is no part.
    #[error("the rate of logged decisions is {rate}, and must be from 0 to 1")]
    Rate {
        /// What was asked for.
        rate: f64,
    },
    /// Files of no size.
    #[error("a file of the audit log must be allowed at least one byte")]
    NoRoom,
    /// The machine gives no thread.
    #[error("cannot start the thread of the audit log: {0}")]
    Thread(io::Error),
}
