//! The `arrowroot` command: one file a subcommand.

mod client;
mod command;
mod duration;
mod explanation;
mod health;
mod lifecycle;
mod lines;
mod log;
mod output;
mod problems;
mod secrets;
mod serve;
mod version;

pub use command::{definition, run};
