//! What operators see of a server: metrics, health, traces, and a line for each request.
//!
//! A request is resolved to a row of a table once, and counted there; nothing is looked up by its name. What is shown
//! is read when somebody asks. Requests that are neither traced nor logged pay for nothing else.

mod call;
mod calls;
mod collect;
mod current;
mod endpoint;
mod exposition;
mod extra;
mod http;
mod methods;
mod monitor;
mod options;
mod page;
mod process;
mod readiness;
mod trace;

pub(super) use call::Call;
pub(super) use current::{Current, carry, carry_for, part, request_id, run, take_current};
pub(super) use endpoint::Endpoint;
pub(super) use monitor::Monitor;
pub(super) use readiness::{Asker, Readiness};

pub use extra::Extra;
pub use options::{Telemetry, TelemetryOptions};
pub use trace::{TraceError, TraceOptions};

#[cfg(test)]
mod tests;
