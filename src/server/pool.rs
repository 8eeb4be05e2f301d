//! Threads for work that would hold up a runtime: heavy checks, long reads, schemas; and the room for its results.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Semaphore;

use super::error::PoolError;
use super::outbox::Outbox;

/// Lets a bounded number of pieces of work run at once, beside the runtimes; the others wait in line.
#[derive(Debug, Clone)]
pub(super) struct Pool {
    permits: Arc<Semaphore>,
    outbox: Outbox,
}

/// Tells the work that nobody waits for it any more.
struct CancelOnDrop(Arc<AtomicBool>);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Pool {
    /// A pool in which this many pieces of work run at once, and room for the answers made of them.
    pub(super) fn new(threads: NonZeroUsize, outbox: Outbox) -> Self {
        Self { permits: Arc::new(Semaphore::new(threads.get())), outbox }
    }

    /// Room for what is answered.
    pub(super) fn outbox(&self) -> &Outbox {
        &self.outbox
    }

    /// Runs the work and waits for its result. When the caller stops waiting, the flag that the work was given is
    /// set. The work's place in the pool is taken until it really ends, and its result is taken up: so results that
    /// wait for a busy runtime are no more than there are places.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&AtomicBool) -> T + Send + 'static,
    ) -> Result<T, PoolError> {
        let permit = Arc::clone(&self.permits).acquire_owned().await.map_err(|_| PoolError::Closing)?;
        let cancelled = Arc::new(AtomicBool::new(false));
        let _guard = CancelOnDrop(Arc::clone(&cancelled));
        let task = tokio::task::spawn_blocking(move || {
            let result = work(&cancelled);
            (result, permit)
        });
        match task.await {
            Ok((result, _permit)) => Ok(result),
            Err(error) if error.is_panic() => Err(PoolError::Panicked),
            Err(_) => Err(PoolError::Closing),
        }
    }
}
