//! Files of settings are read again while the server runs: when they change, and on SIGHUP.

use std::io;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::lifecycle::Reloads;

/// How often files are looked at.
const LOOK_INTERVAL: Duration = Duration::from_secs(1);

/// The thread that looks at the files, since reading them may take a while. It ends with this value.
#[derive(Debug)]
pub(super) struct Reloading {
    /// One that waits is enough, however many are sent.
    requests: Option<SyncSender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// SIGHUP, which does not end the process once it is listened for.
pub(super) struct Hangups<'reloading> {
    signals: io::Result<Signal>,
    reloading: &'reloading Reloading,
}

impl Reloading {
    pub(super) fn start(reloads: Reloads) -> io::Result<Self> {
        Self::start_looking(reloads, LOOK_INTERVAL)
    }

    fn start_looking(reloads: Reloads, interval: Duration) -> io::Result<Self> {
        let (requests, receiver) = mpsc::sync_channel(1);
        let thread = thread::Builder::new()
            .name("arrowroot-reload".to_owned())
            .spawn(move || look(&reloads, &receiver, interval))?;
        Ok(Self { requests: Some(requests), thread: Some(thread) })
    }

    /// Listens for SIGHUP from now on.
    pub(super) fn listen(&self) -> Hangups<'_> {
        Hangups { signals: signal(SignalKind::hangup()), reloading: self }
    }

    fn request(&self) {
        if let Some(requests) = &self.requests {
            // If another one waits, it serves for both.
            let _ = requests.try_send(());
        }
    }
}

impl Drop for Reloading {
    fn drop(&mut self) {
        drop(self.requests.take());
        if let Some(thread) = self.thread.take() {
            // The hook has told of a panic already.
            let _ = thread.join();
        }
    }
}

impl Hangups<'_> {
    /// Has everything read again at each signal. Never ends by itself.
    pub(super) async fn serve(self) {
        let mut signals = match self.signals {
            Ok(signals) => signals,
            Err(error) => {
                tracing::error!(%error, "SIGHUP cannot be listened for: files are read again when they change");
                return std::future::pending().await;
            }
        };
        while signals.recv().await.is_some() {
            tracing::info!("SIGHUP: reading files again");
            self.reloading.request();
        }
        std::future::pending::<()>().await;
    }
}

/// Looks at the files until nobody can ask for it any more.
fn look(reloads: &Reloads, requests: &Receiver<()>, interval: Duration) {
    loop {
        match requests.recv_timeout(interval) {
            Ok(()) => reloads.reload(),
            Err(RecvTimeoutError::Timeout) => reloads.refresh(),
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}

#[cfg(test)]
mod tests;
