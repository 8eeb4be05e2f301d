//! The default journal: one directory, kept by sled 0.34.7.
//!
//! The only room that knows sled. sled alone promises less than the journal must, so each file here closes one
//! gap: `writer` makes its writes durable, `group` makes them atomic, `record` and `marker` notice damage that sled
//! passes over, `directory` keeps out second processes and foreign files, `fault` catches its panics, `store` has
//! its settings and why. And since sled never gives space back, and a start would have to read everything that ever
//! happened, `checkpointing` begins a new database now and then: a `generation`, filled by `next_generation` with a
//! `checkpoint` and with the transactions that are still asked for.

mod chain;
mod checkpoint;
mod checkpoint_record;
mod checkpointing;
mod directory;
mod encoding;
mod fault;
mod generation;
mod group;
mod inspection;
mod journal;
mod marker;
mod next_generation;
mod opening;
mod reader;
mod record;
mod staged_group;
mod store;
mod writer;

pub use inspection::{DirectoryReport, HeldDirectory, Holder};
pub use journal::SledJournal;

#[cfg(test)]
mod tests;
