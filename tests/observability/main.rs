//! What operators see of a server that runs as a process: metrics, health, traces and logs.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test ends where something is not as it should be")]
#![expect(clippy::float_cmp, reason = "counts are whole numbers, and exact as floats")]

mod collector;
mod documents;
mod http;
mod logs;
mod metrics;
mod page;
mod readiness;
mod server;
mod traces;
mod unwritable;
