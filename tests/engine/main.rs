//! The engine through its public door: what a program that embeds it relies on.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test ends where its fact does not hold")]

mod caveat_circles;
mod caveats;
mod checkpoints;
mod checks;
mod counters;
mod deciding;
mod durability;
mod expirations;
mod imports;
mod lookups;
mod memory;
#[expect(clippy::print_stdout, reason = "a failure is repeated by its seed")]
#[path = "../random/number.rs"]
mod number;
mod reads;
mod removals;
mod schemas;
mod support;
mod tokens;
mod watched_imports;
mod watches;
mod window;
mod writes;
