//! What the service manager is told, if there is one that listens: systemd, by a unit of `Type=notify`.

use sd_notify::NotifyState;

/// The graph is served.
pub(super) fn say_ready() {
    tell(&NotifyState::Ready);
}

/// The end has begun: running requests are finished, and a checkpoint that is due is written.
pub(super) fn say_stopping() {
    tell(&NotifyState::Stopping);
}

fn tell(state: &NotifyState<'_>) {
    if let Err(error) = sd_notify::notify(std::slice::from_ref(state)) {
        tracing::warn!(%error, "the service manager cannot be told how the server is");
    }
}
