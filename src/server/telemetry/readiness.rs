//! Whether requests should come here now, and if not, why.

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use tonic::codegen::http::StatusCode;

use crate::engine::{Engine, Opening, OpeningProgress};
use crate::server::health::Health;

/// For so long after a write that could not be made durable, no requests should come. Then some may: it takes a write to
/// find out whether the next one can.
const NOT_WRITABLE_FOR: Duration = Duration::from_secs(10);

/// What says whether a server is ready.
#[derive(Debug, Clone)]
pub(in crate::server) struct Readiness {
    pub(super) health: Health,
    pub(super) opening: Arc<Opening>,
}

/// Whether it is, and why not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Ready,
    /// The graph is not there yet.
    Opening(OpeningProgress),
    /// The server was told to stop.
    Stopping,
    /// The last write could not be made durable, a moment ago.
    NotWritable,
}

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::server) enum Asker {
    /// Whoever looks after the server.
    Operator,
    /// Whoever can reach it. How large the graph is, is none of their business.
    Anyone,
}

/// An answer in words.
#[derive(Debug, Serialize)]
struct Told {
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    opening: Option<Progress>,
}

#[derive(Debug, Serialize)]
struct Progress {
    relationships: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    of: Option<u64>,
}

impl Readiness {
    /// Of a server whose health this is.
    pub(in crate::server) fn new(health: Health, opening: Arc<Opening>) -> Self {
        Self { health, opening }
    }

    /// How it is now.
    pub(super) fn state(&self) -> State {
        if self.health.is_stopping() {
            return State::Stopping;
        }
        match self.health.engine() {
            None => State::Opening(self.opening.progress()),
            Some(engine) if is_failing(&engine) => State::NotWritable,
            Some(_) => State::Ready,
        }
    }

    /// The answer over HTTP: a status, and JSON.
    pub(in crate::server) fn answer(&self, asker: Asker) -> (StatusCode, String) {
        let state = self.state();
        let status = if state == State::Ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
        (status, serde_json::to_string(&state.told(asker)).unwrap_or_default() + "\n")
    }
}

impl State {
    fn told(self, asker: Asker) -> Told {
        let not_ready = |reason| Told { status: "not ready", reason: Some(reason), opening: None };
        match self {
            Self::Ready => Told { status: "ready", reason: None, opening: None },
            Self::Opening(OpeningProgress { relationships, of }) => Told {
                opening: (asker == Asker::Operator).then_some(Progress { relationships, of }),
                ..not_ready("the store is being opened")
            },
            Self::Stopping => not_ready("the server is stopping"),
            Self::NotWritable => not_ready("the last write could not be made durable"),
        }
    }
}

fn is_failing(engine: &Engine) -> bool {
    let failed_at = engine.measures().since_failed_group();
    !engine.is_writable() && failed_at.is_some_and(|since| since < NOT_WRITABLE_FOR)
}
