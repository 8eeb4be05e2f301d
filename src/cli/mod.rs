//! The `arrowroot` command: one file a subcommand.

mod command;
mod duration;
mod log;
mod serve;
mod version;

pub use command::run;
