//! Ctrl-C, for commands that leave something to go on with.

use std::future::Future;
use std::io;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The status of a command that was ended by Ctrl-C, as shells say it.
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

/// What work comes to; nothing if Ctrl-C or SIGTERM comes first, which drops it where it waits.
pub(super) async fn unless_interrupted<T>(work: impl Future<Output = T>) -> Option<T> {
    use tokio::signal::unix::{SignalKind, signal};

    // Where they cannot be listened for, they end the process as they always do.
    let (Ok(mut interrupt), Ok(mut terminate)) =
        (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
    else {
        return Some(work.await);
    };
    tokio::select! {
        done = work => Some(done),
        _ = interrupt.recv() => None,
        _ = terminate.recv() => None,
    }
}

/// A flag that Ctrl-C and SIGTERM set, for work that looks at it now and then. A second one ends the process at once.
pub(super) fn watch() -> io::Result<Arc<AtomicBool>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let is_interrupted = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&is_interrupted);
    std::thread::Builder::new().name("arrowroot-signals".to_owned()).spawn(move || {
        runtime.block_on(async {
            if unless_interrupted(std::future::pending::<()>()).await.is_none() {
                flag.store(true, Ordering::Relaxed);
            }
            unless_interrupted(std::future::pending::<()>()).await;
            std::process::exit(i32::from(INTERRUPTED));
        });
    })?;
    Ok(is_interrupted)
}
