//! What is known of a server's front, for whoever watches it: refusals, connections, handshakes, certificates.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::SystemTime;

use super::refusals::Refusals;
use super::tls::Tls;

/// The front of one server. All of it is counted while it serves, and costs nothing to look at.
#[derive(Debug, Default)]
pub struct Front {
    /// What was refused.
    pub refusals: Refusals,
    /// Where gRPC is served.
    pub grpc: Listening,
    /// Where HTTP is served; all zeros if it is not.
    pub http: Listening,
}

/// One address, with all of its sockets.
#[derive(Debug, Default)]
pub struct Listening {
    connections_open: AtomicUsize,
    handshakes_failed: AtomicU64,
    tls: Option<Arc<Tls>>,
}

impl Listening {
    pub(super) fn new(tls: Option<Arc<Tls>>) -> Self {
        Self { tls, ..Self::default() }
    }

    /// Connections that are open; those whose handshake goes on are not among them.
    pub fn connections_open(&self) -> usize {
        self.connections_open.load(Ordering::Relaxed)
    }

    /// TLS handshakes that failed, took too long, or had to make room for others, since the start.
    pub fn handshakes_failed(&self) -> u64 {
        self.handshakes_failed.load(Ordering::Relaxed)
    }

    /// When the certificate that is in force expires; none without TLS.
    pub fn certificate_expires_at(&self) -> Option<SystemTime> {
        self.tls.as_ref().map(|tls| tls.expires_at())
    }

    pub(super) fn tls(&self) -> Option<&Arc<Tls>> {
        self.tls.as_ref()
    }

    pub(super) fn count_failed_handshake(&self) {
        self.handshakes_failed.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts one more connection, unless there are as many as there may be.
    pub(super) fn open_connection(&self, connections_max: usize) -> bool {
        let is_room = |open: usize| (open < connections_max).then_some(open + 1);
        self.connections_open.fetch_update(Ordering::Relaxed, Ordering::Relaxed, is_room).is_ok()
    }

    pub(super) fn close_connection(&self) {
        self.connections_open.fetch_sub(1, Ordering::Relaxed);
    }
}
