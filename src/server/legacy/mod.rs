//! The backend that was there before: requests are forwarded to it as they are, and its answers compared with ours.
//!
//! Knows HTTP, but neither the graph nor what a route means: verdicts come in, and are told apart.

mod answer;
mod backend;
mod counts;
mod error;
mod headers;
mod log_limit;
mod mismatch;
mod shadow;
mod upstream;

pub(in crate::server) use answer::{LegacyFound, LegacyVerdict};
pub(in crate::server) use backend::{LegacyBackend, LegacyOptions};
pub use error::LegacyTrustError;
pub(in crate::server) use log_limit::LogLimit;
pub(in crate::server) use mismatch::{DeniedBecause, GraphFound, GraphVerdict};
pub(in crate::server) use shadow::{Shadow, ShadowQuestion};
pub use upstream::{LegacyUpstream, LegacyUpstreamError};

#[cfg(test)]
mod tests;
