//! The handle on what a server tells of itself, and what an operator may choose of it.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::RwLock;

use super::calls::Calls;
use super::extra::Extra;
use super::http::ROUTES_COUNT;
use super::methods::METHODS;
use super::trace::{TraceError, TraceOptions, Tracer};

/// How long the end waits for spans to be sent.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(3);

/// What an operator may choose.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct TelemetryOptions {
    /// Whether every request is logged with its method, code, duration, sender and id.
    pub logs_requests: bool,
    /// Where traces are sent, if they are.
    pub traces: Option<TraceOptions>,
}

/// What is counted, traced and logged of a server's requests. A clone is a pointer to the same.
#[derive(Debug, Clone)]
pub struct Telemetry(pub(super) Arc<Inner>);

#[derive(Debug)]
pub(super) struct Inner {
    pub(super) calls: Calls,
    pub(super) http_calls: Calls,
    pub(super) extras: RwLock<Vec<Extra>>,
    pub(super) logs_requests: bool,
    pub(super) tracer: Option<Tracer>,
}

impl Default for Telemetry {
    fn default() -> Self {
        Self::with(false, None)
    }
}

impl Telemetry {
    /// Starts what sends traces, if they are to be sent. The collector need not be there.
    pub fn start(options: TelemetryOptions) -> Result<Self, TraceError> {
        let TelemetryOptions { logs_requests, traces } = options;
        Ok(Self::with(logs_requests, traces.map(Tracer::start).transpose()?))
    }

    fn with(logs_requests: bool, tracer: Option<Tracer>) -> Self {
        Self(Arc::new(Inner {
            calls: Calls::new(METHODS.len()),
            http_calls: Calls::new(ROUTES_COUNT),
            extras: RwLock::default(),
            logs_requests,
            tracer,
        }))
    }

    /// Shows one more metric from now on.
    pub fn add(&self, extra: Extra) {
        self.0.extras.write().push(extra);
    }

    /// Sends the spans that wait, and ends; waits for that three seconds at the most.
    pub fn close(&self) {
        if let Some(tracer) = &self.0.tracer {
            tracer.close(CLOSE_TIMEOUT);
        }
    }
}
