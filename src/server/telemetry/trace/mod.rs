//! Traces: which requests have one, what it says, and how it gets to the collector.
//!
//! Whether a request is traced is decided from its headers, before anything is made for it: as its caller decided, or
//! else by a draw. Spans wait in a bounded queue, and are dropped when the collector takes none.

mod exporter;
mod sampling;
mod span;
mod tracer;

pub(in crate::server) use span::{Part, Trace};
pub(super) use tracer::Tracer;
pub use tracer::{TraceError, TraceOptions};

#[cfg(test)]
mod tests;
