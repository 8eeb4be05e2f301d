//! Faults of the store below, and its panics made into faults.

use std::any::Any;
use std::fmt;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What the store below reports, for a log and an operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fault {
    /// The file system refuses: disk full, I/O error, missing rights.
    Storage(String),
    /// The file system answers, but not with what was written.
    Damage(String),
}

impl Fault {
    /// A fault of the file system, with what was attempted.
    pub(super) fn of_file(attempt: &str, error: &io::Error) -> Self {
        Self::Storage(format!("{attempt}: {error}"))
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Storage(text) | Self::Damage(text)) = self;
        formatter.write_str(text)
    }
}

impl From<sled::Error> for Fault {
    fn from(error: sled::Error) -> Self {
        match error {
            sled::Error::Io(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                Self::Damage("the database file is shorter than it was".to_owned())
            }
            sled::Error::Io(error) => Self::Storage(error.to_string()),
            sled::Error::Corruption { .. } => {
                Self::Damage("a page of the database file fails its checksum".to_owned())
            }
            other => Self::Storage(other.to_string()),
        }
    }
}

/// Calls into sled where it asserts instead of returning an error.
///
/// Opening a database file that lost whole segments does so in `pagecache/segment.rs` (a page beyond the end of the
/// file) and `serialization.rs` (a page without a base), one with a misplaced segment in `pagecache/iterator.rs`;
/// reading from a tree whose pages disagree can. What was called is not relied upon after a fault, so no broken
/// state is seen.
pub(super) fn contained<T>(call: impl FnOnce() -> Result<T, sled::Error>) -> Result<T, Fault> {
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(outcome) => Ok(outcome?),
        Err(panic) => Err(Fault::Damage(panic_message(panic.as_ref()))),
    }
}

fn panic_message(panic: &(dyn Any + Send)) -> String {
    let text =
        panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    format!("the database file contradicts itself: {}", text.unwrap_or("no details"))
}
