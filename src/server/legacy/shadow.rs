//! Asking the side that did not answer, afterwards, and comparing. It changes no answer and delays none.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use super::answer::{LegacyFound, LegacyVerdict};
use super::counts::{Counters, ShadowCounts};
use super::log_limit::LogLimit;
use super::mismatch::{Compared, GraphFound, GraphVerdict, Mismatch, compare_check, compare_search};

/// Comparisons that run at once.
const RUNNING_MAX: usize = 64;
/// Comparisons that wait for their turn. More than that are not made.
const WAITING_MAX: usize = 1_024;
/// Searches among those that run: each may hold two complete lists.
const RUNNING_SEARCHES_MAX: usize = 4;
/// Bytes that all comparisons hold while they wait and run, in units of [`UNIT_BYTES`].
const HELD_UNITS_MAX: usize = 64 << 10;
const UNIT_BYTES: usize = 1 << 10;
/// How long one side may take.
const SIDE_TIMEOUT: Duration = Duration::from_secs(30);
/// Characters of a name that the log shows.
const NAME_CHARS_MAX: usize = 200;

/// Compares the graph with the legacy backend, a bounded number of questions at a time. A clone is a pointer.
#[derive(Debug, Clone)]
pub(in crate::server) struct Shadow(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    admitted: Arc<Semaphore>,
    running: Semaphore,
    running_searches: Semaphore,
    held: Arc<Semaphore>,
    counters: Counters,
    log_limit: LogLimit,
}

/// What was asked, as the log names it: nothing of who asked but the account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::server) struct ShadowQuestion {
    /// The account that was selected.
    pub(in crate::server) account: String,
    /// The operation, such as `read`.
    pub(in crate::server) operation: String,
    /// The resource's type, such as `agent`.
    pub(in crate::server) resource_type: String,
    /// The resource's selector; none for a search.
    pub(in crate::server) selector: Option<String>,
    /// Bytes that the sides hold until they are asked: the request to pass on, the answer that was given.
    pub(in crate::server) held_bytes: usize,
}

/// What is compared.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Check,
    Search,
}

impl Shadow {
    /// A shadow that has compared nothing yet.
    pub(in crate::server) fn new() -> Self {
        Self(Arc::new(Inner {
            admitted: Arc::new(Semaphore::new(RUNNING_MAX + WAITING_MAX)),
            running: Semaphore::new(RUNNING_MAX),
            running_searches: Semaphore::new(RUNNING_SEARCHES_MAX),
            held: Arc::new(Semaphore::new(HELD_UNITS_MAX)),
            counters: Counters::default(),
            log_limit: LogLimit::new(Instant::now()),
        }))
    }

    /// Compares what both sides say to a check, some time later. The side that has answered already is a future that is
    /// ready. Returns at once; to be called within a runtime.
    pub(in crate::server) fn compare_check(
        &self,
        question: ShadowQuestion,
        graph: impl Future<Output = GraphVerdict> + Send + 'static,
        legacy: impl Future<Output = LegacyVerdict> + Send + 'static,
    ) {
        self.compare(question, Kind::Check, async {
            let (graph, legacy) = tokio::join!(timeout(SIDE_TIMEOUT, graph), timeout(SIDE_TIMEOUT, legacy));
            compare_check(graph.unwrap_or(GraphVerdict::Failed), legacy.unwrap_or(LegacyVerdict::Failed))
        });
    }

    /// The same for a search.
    pub(in crate::server) fn compare_search(
        &self,
        question: ShadowQuestion,
        graph: impl Future<Output = GraphFound> + Send + 'static,
        legacy: impl Future<Output = LegacyFound> + Send + 'static,
    ) {
        self.compare(question, Kind::Search, async {
            let (graph, legacy) = tokio::join!(timeout(SIDE_TIMEOUT, graph), timeout(SIDE_TIMEOUT, legacy));
            compare_search(&graph.unwrap_or(GraphFound::Failed), &legacy.unwrap_or(LegacyFound::Failed))
        });
    }

    /// What all comparisons came to so far.
    pub(in crate::server) fn counts(&self) -> ShadowCounts {
        self.0.counters.read()
    }

    fn compare(
        &self,
        question: ShadowQuestion,
        kind: Kind,
        compared: impl Future<Output = Compared> + Send + 'static,
    ) {
        let (Some(admitted), Ok(runtime)) = (self.admit(question.held_bytes), Handle::try_current()) else {
            self.0.counters.count_dropped();
            return;
        };
        let inner = Arc::clone(&self.0);
        runtime.spawn(async move {
            let _admitted = admitted;
            // Errors would mean that a semaphore was closed, which nobody does. A search that waits for others keeps no
            // check from running.
            let _running_search = match kind {
                Kind::Check => None,
                Kind::Search => inner.running_searches.acquire().await.ok(),
            };
            let _running = inner.running.acquire().await;
            let compared = compared.await;
            inner.counters.count(&compared);
            inner.tell(&question, &compared);
        });
    }

    /// A place among those that wait, and room for what it holds.
    fn admit(&self, held_bytes: usize) -> Option<[OwnedSemaphorePermit; 2]> {
        let units = u32::try_from(held_bytes.div_ceil(UNIT_BYTES)).ok()?;
        let place = Arc::clone(&self.0.admitted).try_acquire_owned().ok()?;
        let room = Arc::clone(&self.0.held).try_acquire_many_owned(units).ok()?;
        Some([place, room])
    }
}

impl Inner {
    fn tell(&self, question: &ShadowQuestion, compared: &Compared) {
        match compared {
            Compared::Answered(mismatches) => {
                for mismatch in mismatches {
                    self.tell_mismatch(question, mismatch);
                }
            }
            Compared::Failed { is_graph_failed, is_legacy_failed } => {
                tracing::debug!(is_graph_failed, is_legacy_failed, "a shadow comparison has no answer");
            }
        }
    }

    fn tell_mismatch(&self, question: &ShadowQuestion, mismatch: &Mismatch) {
        let Some(suppressed) = self.log_limit.pass(Instant::now()) else { return };
        let selector = question.selector.as_deref().or(mismatch.example.as_deref()).unwrap_or_default();
        // Quoted and escaped, since it comes from outside.
        tracing::warn!(
            kind = mismatch.kind.as_str(),
            account = ?shown(&question.account),
            operation = ?shown(&question.operation),
            resource_type = ?shown(&question.resource_type),
            selector = ?shown(selector),
            count = mismatch.count,
            suppressed,
            "the graph and the legacy backend answer differently"
        );
    }
}

fn shown(name: &str) -> &str {
    name.char_indices().nth(NAME_CHARS_MAX).map_or(name, |(end, _)| &name[..end])
}
