//! The command line's own gRPC client: how a server is reached, and what its refusals mean for a command.

mod connection;
mod error;
mod health;
mod lifecycle;

pub(super) use connection::Connection;
pub(super) use error::CallError;
pub(super) use health::{health, serving};
pub(super) use lifecycle::{LifecycleCalls, WireDuration, wire_duration};
