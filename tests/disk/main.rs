//! What a disk can do to a store: lose power, fill up, fail, and give back other bytes than it was given.
//!
//! Processes are recorded, or made to meet faults, by a small library that is preloaded into them; the C compiler that
//! builds the dependencies builds it.

#![cfg(target_os = "linux")]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test ends where its fact does not hold"
)]

mod damaged;
mod failing;
mod full;
mod graph;
mod image;
mod medium;
mod powerloss;
mod process;
mod recorder;
mod recording;
mod reports;
mod server;
mod simulation;
mod trial;
mod workload;
