//! Every journal does the same: one set of facts over all of them, and what the durable one promises besides.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test ends where its fact does not hold")]

#[macro_use]
mod facts;

mod acceptance;
mod checkpoints;
mod crash;
mod damage;
mod directory;
mod faults;
mod generations;
mod random;
mod support;
