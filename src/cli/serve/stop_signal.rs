//! When the operator wants an end.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};

/// SIGTERM and SIGINT, which do not end the process once they are listened for.
pub(super) struct StopSignal(io::Result<[Signal; 2]>);

impl StopSignal {
    /// Listens from now on.
    pub(super) fn listen() -> Self {
        let [terminate, interrupt] = [SignalKind::terminate(), SignalKind::interrupt()].map(signal);
        Self(terminate.and_then(|terminate| Ok([terminate, interrupt?])))
    }

    /// Waits for one of them.
    pub(super) async fn wait(self) {
        let [mut terminate, mut interrupt] = match self.0 {
            Ok(signals) => signals,
            Err(error) => {
                tracing::error!(%error, "signals cannot be listened for: only SIGKILL stops this server");
                return std::future::pending().await;
            }
        };
        tokio::select! {
            _ = terminate.recv() => tracing::info!("SIGTERM: stopping"),
            _ = interrupt.recv() => tracing::info!("SIGINT: stopping"),
        }
    }
}
