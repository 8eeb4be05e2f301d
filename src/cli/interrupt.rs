//! Ctrl-C, for commands that say how far they came.

use std::process::ExitCode;

/// Ended by Ctrl-C, as shells say it.
const INTERRUPTED: u8 = 130;

/// The status of a command that was ended so.
pub(super) fn status() -> ExitCode {
    ExitCode::from(INTERRUPTED)
}

/// Waits for Ctrl-C, which does not end the process by itself from then on. Without an end if it cannot be listened for.
pub(super) async fn wait() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
