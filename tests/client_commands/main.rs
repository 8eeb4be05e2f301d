//! The commands that ask and change a server: what they print, their statuses, and what they say of bad input.
#![cfg(test)]

mod bulk_check;
mod check;
mod contexts;
mod harness;
mod lookups;
#[path = "../process/mod.rs"]
#[expect(dead_code, reason = "other tests use all of it")]
mod process;
mod relationships;
mod schemas;
mod shells;
#[path = "../terminal/mod.rs"]
mod terminal;
mod tls;
mod watch;
