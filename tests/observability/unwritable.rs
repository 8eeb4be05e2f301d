//! A server whose journal takes no writes for a while.

use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use arrowroot::engine::{Engine, EngineOptions, Unwritable, WriteSchemaError};
use arrowroot::journal::{AppendError, Journal, JournalError, JournalIdentity, MemoryJournal, Transaction};
use arrowroot::relationship::Revision;
use arrowroot::server::{Server, ServerOptions};
use tokio::sync::oneshot;

use super::http::get;
use super::page::Page;

/// A journal in memory that refuses to append while it is told to.
#[derive(Debug, Default)]
struct Failing {
    journal: MemoryJournal,
    is_failing: AtomicBool,
}

impl Journal for Failing {
    fn identity(&self) -> JournalIdentity {
        self.journal.identity()
    }

    fn head(&self) -> Result<Revision, JournalError> {
        self.journal.head()
    }

    fn append(&self, expected_head: Revision, transactions: &[Transaction]) -> Result<(), AppendError> {
        if self.is_failing.load(Ordering::Relaxed) {
            return Err(AppendError::Storage("there is no room".to_owned()));
        }
        self.journal.append(expected_head, transactions)
    }

    fn read(
        &self,
        after: Revision,
        visit: &mut dyn FnMut(Transaction) -> ControlFlow<()>,
    ) -> Result<(), JournalError> {
        self.journal.read(after, visit)
    }
}

#[test]
fn a_server_that_cannot_write_is_not_ready_until_it_can() {
    let journal = Arc::new(Failing::default());
    let engine = Engine::with_journal(Arc::clone(&journal) as _, EngineOptions::default()).unwrap();
    let engine = Arc::new(engine);
    let mut options = ServerOptions::default();
    let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    (options.address, options.metrics_address, options.threads) = (any, Some(any), NonZeroUsize::new(1));
    let server = Server::bind(options, Arc::clone(&engine)).unwrap();
    let metrics = server.metrics_address().unwrap().to_string();
    let (stop, stopped) = oneshot::channel::<()>();
    let thread = std::thread::spawn(move || server.run(async { drop(stopped.await) }).unwrap());
    assert_eq!(get(&metrics, "/readyz").status, 200);

    journal.is_failing.store(true, Ordering::Relaxed);
    let refused = engine.write_schema("definition user {}").unwrap_err();
    assert!(matches!(refused, WriteSchemaError::Unwritable(Unwritable::NotDurable)), "{refused}");
    let not_ready = get(&metrics, "/readyz");
    let expected = "{\"status\":\"not ready\",\"reason\":\"the last write could not be made durable\"}\n";
    assert_eq!((not_ready.status, not_ready.body.as_str()), (503, expected));
    assert_eq!(get(&metrics, "/healthz").status, 200);
    let page = Page::read(get(&metrics, "/metrics"));
    assert_eq!((page.value("arrowroot_ready"), page.value("arrowroot_writable")), (0.0, 0.0));
    assert_eq!(page.value("arrowroot_commit_group_failures_total"), 1.0);

    journal.is_failing.store(false, Ordering::Relaxed);
    engine.write_schema("definition user {}").unwrap();
    assert_eq!(get(&metrics, "/readyz").status, 200);
    let page = Page::read(get(&metrics, "/metrics"));
    assert_eq!((page.value("arrowroot_ready"), page.value("arrowroot_writable")), (1.0, 1.0));
    assert_eq!(page.value("arrowroot_commit_seconds_count"), 2.0);
    drop(stop);
    thread.join().unwrap();
}
