//! The resource lifecycle over real gRPC, with a store on disk: a server in this process on a free port.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test ends where something is not as it should be")]

mod account;
mod backfill;
mod bounds;
mod check;
mod commands;
mod deregister;
mod grant;
mod harness;
mod orphans;
mod races;
mod register;
mod search;
mod service;
mod trouble;
