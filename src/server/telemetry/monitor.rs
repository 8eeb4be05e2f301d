//! Everything that is shown of a server, in one hand.

use std::sync::Arc;

use crate::engine::{Engine, Opening};
use crate::server::front::Front;
use crate::server::health::Health;
use crate::server::outbox::Outbox;
use crate::server::pool::Pool;
use crate::server::watches::Room;

use super::options::Telemetry;
use super::readiness::Readiness;

/// What is read when somebody asks. Cloned for the thread that answers.
#[derive(Debug, Clone)]
pub(in crate::server) struct Monitor {
    pub(in crate::server) telemetry: Telemetry,
    pub(in crate::server) front: Arc<Front>,
    pub(in crate::server) health: Health,
    pub(in crate::server) opening: Arc<Opening>,
    pub(in crate::server) outbox: Outbox,
    pub(in crate::server) pool: Pool,
    pub(in crate::server) room: Room,
}

impl Monitor {
    /// The engine, once it is served.
    pub(super) fn engine(&self) -> Option<Arc<Engine>> {
        self.health.engine()
    }

    /// Whether requests should come.
    pub(in crate::server) fn readiness(&self) -> Readiness {
        Readiness::new(self.health.clone(), Arc::clone(&self.opening))
    }
}
