//! Opening the graph, on a thread of its own, while the server already says that it is not ready.

use std::error::Error;
use std::io;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use crate::backup::ScheduledBackups;
use crate::engine::{Engine, Opening};
use crate::lifecycle::Reloads;
use crate::lifecycle::audit::AuditLog;
use crate::scenario::Scenario;
use crate::server::{Entrance, ServerOptions};

use super::error::ServeError;
use super::{Serve, datastore, telemetry};

/// How often the log tells how far the opening is.
const REPORT_INTERVAL: Duration = Duration::from_secs(5);

/// What goes wrong on another thread.
pub(super) type Failure = Box<dyn Error + Send + Sync>;

/// What is served, and what is to be ended after the server.
pub(super) struct Opened {
    pub(super) engine: Arc<Engine>,
    pub(super) audit: Option<AuditLog>,
    pub(super) backups: Option<ScheduledBackups>,
}

/// An opening that goes on. It does not end when nobody waits for it any more: the process does then.
pub(super) struct BeingOpened {
    outcome: oneshot::Receiver<Result<Opened, Failure>>,
    opening: Arc<Opening>,
}

impl BeingOpened {
    /// Begins to open what a command line asks for, and to have it served.
    pub(super) fn start(
        serve: Arc<Serve>,
        scenarios: Vec<Scenario>,
        entrance: Entrance,
        opening: Arc<Opening>,
        reloads: Reloads,
    ) -> io::Result<Self> {
        let (sender, outcome) = oneshot::channel();
        let told = Arc::clone(&opening);
        thread::Builder::new().name("arrowroot-opening".to_owned()).spawn(move || {
            // Whoever has gone away wants to know nothing.
            let _ = sender.send(open(&serve, &scenarios, entrance, told, &reloads));
        })?;
        Ok(Self { outcome, opening })
    }

    /// Waits until it is served, and logs how far that is.
    pub(super) async fn finish(mut self) -> Result<Opened, Failure> {
        let start = Instant::now();
        let outcome = loop {
            tokio::select! {
                outcome = &mut self.outcome => break outcome,
                () = tokio::time::sleep(REPORT_INTERVAL) => {
                    let progress = self.opening.progress();
                    tracing::info!(seconds = start.elapsed().as_secs(), %progress, "opening the store");
                }
            }
        };
        outcome.unwrap_or_else(|_| Err(ServeError::OpeningPanicked.into()))
    }
}

fn open(
    serve: &Serve,
    scenarios: &[Scenario],
    entrance: Entrance,
    opening: Arc<Opening>,
    reloads: &Reloads,
) -> Result<Opened, Failure> {
    let mut options = serve.engine_options();
    options.opening = Some(opening);
    let engine = Arc::new(serve.datastore.open(&options)?);
    options.opening = None;
    datastore::load(scenarios, &engine, &options)?;
    let audit = serve.start_audit()?;
    if let Some(audit) = &audit {
        telemetry::show_audit(audit, entrance.telemetry());
    }
    // Only what the lifecycle sets is used.
    let mut served = ServerOptions::default();
    serve.serve_lifecycle(&engine, audit.clone(), reloads, &mut served)?;
    // Before anything is served: where backups cannot be made, the server does not start.
    let backups = serve.backups.start(&engine, serve.datastore.describe())?;
    if let Some(backups) = &backups {
        telemetry::show_backups(backups.status(), serve.backups.interval(), entrance.telemetry());
    }
    entrance.open(Arc::clone(&engine), served.lifecycle, served.authz)?;
    Ok(Opened { engine, audit, backups })
}
