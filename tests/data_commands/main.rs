//! The commands that carry data, as processes: import, export, backup, restore, datastore, and the server's own backups.
#![cfg(test)]

mod backup;
mod backup_under_load;
mod bad_input;
mod broken_off;
mod datastore;
mod export;
mod import;
#[path = "../process/mod.rs"]
#[expect(dead_code, reason = "each test target uses a part of it")]
mod process;
mod restore;
mod scheduled;
mod support;
#[path = "../terminal/mod.rs"]
mod terminal;
mod terminals;
