//! Backups: schema, counters and relationships of one revision, in one compressed file that tells whether it is whole.
//!
//! `format` says what stands where in the file, `writer` and `reader` speak it, `file` puts it under its name only when it
//! is complete and durable. `capture` and `load` join it with an engine, `schedule` makes backups of a running one. Knows no
//! wire type and no command line.

mod capture;
mod error;
mod file;
mod format;
mod load;
mod reader;
mod schedule;
mod status;
mod writer;

pub use capture::{capture, header_of};
pub use error::{LoadError, ReadBackupError, WriteBackupError};
pub use file::{BackupFile, open, verify};
pub use format::{FORMAT, Header, Summary, Totals};
pub use load::load;
pub use reader::{BackupReader, Part};
pub use schedule::{Schedule, ScheduledBackups};
pub use status::{BackupStatus, LastBackup};
pub use writer::BackupWriter;

#[cfg(test)]
mod tests;
