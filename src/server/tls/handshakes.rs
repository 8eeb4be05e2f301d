//! Handshakes of one socket: each is a task of its own, bounded in time, and all together in number.
//!
//! Whoever does not go on with a handshake costs a place for some seconds. Where all are taken the oldest is given up, so
//! that a client that does go on always finds one.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::task::{AbortHandle, JoinSet};
use tokio_rustls::TlsAcceptor;

use super::TlsStream;
use super::identity::Tls;

/// How long a handshake may take.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// Handshakes that go on at once.
pub(super) const HANDSHAKES_MAX: usize = 512;

/// Handshakes that go on. Dropping it ends them.
#[derive(Debug)]
pub(in crate::server) struct Handshakes {
    tls: Arc<Tls>,
    running: JoinSet<Option<TlsStream>>,
    /// In the order in which they began; some have ended.
    begun: VecDeque<AbortHandle>,
}

impl Handshakes {
    pub(in crate::server) fn new(tls: Arc<Tls>) -> Self {
        Self { tls, running: JoinSet::new(), begun: VecDeque::new() }
    }

    /// Begins one more.
    pub(in crate::server) fn begin(&mut self, stream: TcpStream) {
        if self.running.len() >= HANDSHAKES_MAX {
            self.give_up_oldest();
        }
        let acceptor = TlsAcceptor::from(self.tls.config());
        self.begun.push_back(self.running.spawn(async move {
            match tokio::time::timeout(HANDSHAKE_TIMEOUT, acceptor.accept(stream)).await {
                Ok(Ok(stream)) => Some(stream),
                Ok(Err(error)) => {
                    tracing::debug!(%error, "a TLS handshake failed");
                    None
                }
                Err(_) => {
                    tracing::debug!("a TLS handshake took too long");
                    None
                }
            }
        }));
        while self.begun.front().is_some_and(AbortHandle::is_finished) {
            self.begun.pop_front();
        }
        if self.begun.len() > 2 * HANDSHAKES_MAX {
            self.begun.retain(|handshake| !handshake.is_finished());
        }
    }

    fn give_up_oldest(&mut self) {
        while let Some(oldest) = self.begun.pop_front() {
            if !oldest.is_finished() {
                oldest.abort();
                return;
            }
        }
    }

    /// The next one that ends: a connection, or none if it failed. Waits forever where none goes on.
    pub(in crate::server) async fn next(&mut self) -> Option<TlsStream> {
        match self.running.join_next().await {
            Some(ended) => ended.ok().flatten(),
            None => std::future::pending().await,
        }
    }
}
