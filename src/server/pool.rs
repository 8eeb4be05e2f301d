//! Threads for work that would hold up a runtime: heavy checks, long reads, schemas; and the room for its results.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use tokio::sync::Semaphore;

use super::error::PoolError;
use super::outbox::Outbox;
use super::telemetry;

/// Lets a bounded number of pieces of work run at once, beside the runtimes; the others wait in line.
#[derive(Debug, Clone)]
pub(super) struct Pool {
    permits: Arc<Semaphore>,
    places: usize,
    waiting: Arc<AtomicUsize>,
    outbox: Outbox,
}

/// One that waits for its place, until this is dropped.
struct Waiting(Arc<AtomicUsize>);

impl Waiting {
    fn among(waiting: &Arc<AtomicUsize>) -> Self {
        waiting.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(waiting))
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
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
        let places = threads.get();
        Self { permits: Arc::new(Semaphore::new(places)), places, waiting: Arc::default(), outbox }
    }

    /// Pieces of work that are being done.
    pub(super) fn running(&self) -> usize {
        self.places.saturating_sub(self.permits.available_permits())
    }

    /// Pieces of work that wait for a place.
    pub(super) fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }

    /// Pieces of work that may be done at once.
    pub(super) fn places(&self) -> usize {
        self.places
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
        let permit = {
            let (_waiting, _part) = (Waiting::among(&self.waiting), telemetry::part("wait for a thread"));
            Arc::clone(&self.permits).acquire_owned().await.map_err(|_| PoolError::Closing)?
        };
        let mut current = telemetry::take_current();
        let cancelled = Arc::new(AtomicBool::new(false));
        let _guard = CancelOnDrop(Arc::clone(&cancelled));
        let task = tokio::task::spawn_blocking(move || {
            let result = telemetry::run(&mut current, || {
                let _part = telemetry::part("evaluate");
                work(&cancelled)
            });
            (result, permit)
        });
        match task.await {
            Ok((result, _permit)) => Ok(result),
            Err(error) if error.is_panic() => Err(PoolError::Panicked),
            Err(_) => Err(PoolError::Closing),
        }
    }
}
