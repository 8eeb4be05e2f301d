//! The `arrowroot` command: one file a subcommand.

mod bulk_check;
mod check;
mod client;
mod command;
mod completions;
mod context;
mod contexts;
mod duration;
mod expand;
mod explanation;
mod health;
mod interrupt;
mod items;
mod lifecycle;
mod lines;
mod log;
mod lookup;
mod man;
mod output;
mod problems;
mod question;
mod relationship;
mod schema;
mod secrets;
mod serve;
mod validate;
mod version;
mod watch;

pub use command::{definition, run};
