//! `arrowroot serve`. Its flags stand by concern in the files beside.

mod admission;
mod audit;
mod backups;
mod datastore;
mod error;
mod grpc;
mod history;
mod http;
mod identity;
mod lifecycle;
mod limits;
mod logging;
mod memory;
mod opening;
mod reload;
mod rollout;
mod service_manager;
mod stop_signal;
mod telemetry;
mod tls;

use std::cell::OnceCell;
use std::error::Error;
use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;

use clap::Args;

use crate::engine::{Engine, EngineOptions, Opening};
use crate::lifecycle::audit::{AuditError, AuditLog};
use crate::lifecycle::{Refresh, Reloads};
use crate::server::{KeyFiles, RequestLimits, Server, ServerOptions};

use error::ServeError;
use opening::{BeingOpened, Failure, Opened};
use reload::Reloading;
use stop_signal::StopSignal;

/// Serve the gRPC API.
#[derive(Debug, Args)]
pub(super) struct Serve {
    #[command(flatten)]
    grpc: grpc::Grpc,
    #[command(flatten)]
    http: http::Http,
    #[command(flatten)]
    tls: tls::TlsFlags,
    #[command(flatten)]
    admission: admission::Admission,
    #[command(flatten)]
    lifecycle: lifecycle::LifecycleFlags,
    #[command(flatten)]
    identity: identity::IdentityFlags,
    #[command(flatten)]
    rollout: rollout::Rollout,
    #[command(flatten)]
    audit: audit::Audit,
    #[command(flatten)]
    datastore: datastore::Datastore,
    #[command(flatten)]
    backups: backups::Backups,
    #[command(flatten)]
    history: history::History,
    #[command(flatten)]
    limits: limits::Limits,
    #[command(flatten)]
    memory: memory::Memory,
    #[command(flatten)]
    logging: logging::Logging,
    #[command(flatten)]
    telemetry: telemetry::TelemetryFlags,
}

impl Serve {
    /// Serves; the warnings are for the log.
    pub(super) fn run(self, warnings: &[String]) -> Result<(), Box<dyn Error>> {
        self.check_keys()?;
        self.logging.start()?;
        for warning in warnings {
            tracing::warn!("{warning}");
        }
        let scenarios = self.datastore.read_scenarios()?;
        let opening = Arc::new(Opening::default());
        let reloads = Reloads::default();
        let mut options = self.open_server_options(&reloads)?;
        options.telemetry = self.telemetry.start()?;
        let (server, entrance) = Server::listen(options, Arc::clone(&opening))?;
        let addresses = Addresses {
            grpc: server.local_address(),
            http: server.http_address(),
            metrics: server.metrics_address(),
        };
        let Addresses { grpc, http, metrics } = addresses;
        tracing::debug!(%grpc, ?http, metrics = metrics.map(tracing::field::display), "listening");
        let serve = Arc::new(self);
        // SIGHUP ends a server that has nothing to read again, as it ends any program whose terminal is closed.
        let has_files = serve.lifecycle.is_enabled() || !reloads.is_empty();
        let reloading = has_files.then(|| Reloading::start(reloads.clone())).transpose()?;
        let being_opened = BeingOpened::start(Arc::clone(&serve), scenarios, entrance, opening, reloads)?;
        let (opened, mut attended) = (OnceCell::new(), Ok(()));
        let result = server.run(async {
            attended = serve.attend(being_opened, &opened, reloading.as_ref(), addresses).await;
        });
        drop(reloading);
        if let Some(Opened { engine, audit, backups }) = opened.into_inner() {
            // One that is being made is broken off.
            drop(backups);
            if let Some(audit) = audit {
                audit.close();
            }
            engine.close();
            tracing::info!(revision = %engine.head(), "stopped");
        }
        attended.map_err(|failure| failure as Box<dyn Error>)?;
        Ok(result?)
    }

    /// Waits for the graph, says that it is served, and waits until it is to be no longer.
    async fn attend(
        &self,
        being_opened: BeingOpened,
        opened: &OnceCell<Opened>,
        reloading: Option<&Reloading>,
        addresses: Addresses,
    ) -> Result<(), Failure> {
        // Whoever waits for the line may send a signal at once, and others may want no graph any more.
        let mut stopped = pin!(StopSignal::listen().wait());
        let hangups = reloading.map(Reloading::listen);
        let finished = tokio::select! {
            finished = being_opened.finish() => finished?,
            () = &mut stopped => {
                tracing::info!("stopped before the store was open");
                return Ok(());
            }
        };
        let Opened { engine, .. } = opened.get_or_init(|| finished);
        if let Err(error) = self.say_ready(addresses, engine) {
            tracing::error!(%error, "nobody can be told that the server is ready");
        }
        service_manager::say_ready();
        match hangups {
            Some(hangups) => tokio::select! {
                () = stopped => {}
                () = hangups.serve() => {}
            },
            None => stopped.await,
        }
        service_manager::say_stopping();
        Ok(())
    }

    fn start_audit(&self) -> Result<Option<AuditLog>, AuditError> {
        self.audit.options().map(AuditLog::start).transpose()
    }

    /// Has the lifecycle served, if it is to be.
    fn serve_lifecycle(
        &self,
        engine: &Arc<Engine>,
        audit: Option<AuditLog>,
        reloads: &Reloads,
        options: &mut ServerOptions,
    ) -> Result<(), Failure> {
        let Some(mut lifecycle) = self.lifecycle.open(engine)? else { return Ok(()) };
        if let Some(audit) = audit {
            lifecycle = lifecycle.with_audit(audit);
        }
        let accounts = self.rollout.accounts()?.map(Arc::new);
        if let Some(accounts) = &accounts {
            reloads.add(Arc::clone(accounts) as Arc<dyn Refresh>);
        }
        let identity = self.identity.open(lifecycle.profile().identity_kinds(), reloads)?;
        options.authz.identity = Some(Arc::new(identity));
        options.authz.accounts = accounts;
        options.authz.legacy_upstream = self.rollout.legacy_upstream().cloned();
        options.lifecycle = Some(Arc::new(lifecycle));
        if let Some(address) = self.http_address().filter(|address| !address.ip().is_loopback())
            && !self.tls.verifies_http_clients()
        {
            tracing::warn!(
                %address,
                "the lifecycle's HTTP routes take no key: whoever reaches this address can act as anybody"
            );
        }
        Ok(())
    }

    fn check_keys(&self) -> Result<(), ServeError> {
        self.grpc.check_keys(self.grpc.grpc_addr, self.tls.verifies_grpc_clients())?;
        let http = self.http_address();
        http.map_or(Ok(()), |address| self.grpc.check_keys(address, self.tls.verifies_http_clients()))
    }

    fn http_address(&self) -> Option<SocketAddr> {
        self.http.address(self.lifecycle.is_enabled())
    }

    fn engine_options(&self) -> EngineOptions {
        let mut options = EngineOptions {
            retention: self.history.retention(),
            checkpoint_after_bytes: self.history.checkpoint_after_bytes(),
            memory_bytes_max: self.memory.bytes_max(),
            ..EngineOptions::default()
        };
        self.limits.apply_to_engine(&mut options.limits);
        options
    }

    fn server_options(&self) -> ServerOptions {
        let mut limits = RequestLimits::default();
        self.limits.apply_to_requests(&mut limits);
        self.admission.apply_to_requests(&mut limits);
        limits.answer_bytes_max = self.memory.answer_bytes_max();
        let mut options =
            ServerOptions { limits, watch: self.history.watch_options(), ..ServerOptions::default() };
        self.grpc.apply(&mut options);
        options.http_address = self.http_address();
        options.admission = self.admission.options();
        options.metrics_address = self.telemetry.metrics_addr;
        options
    }

    /// The same with what stands in files, which is read again when they change.
    fn open_server_options(&self, reloads: &Reloads) -> Result<ServerOptions, ServeError> {
        let mut options = self.server_options();
        let key_files = KeyFiles::open(self.grpc.key_files(), options.admission.key_limits, reloads)?;
        options.key_files = key_files.map(Arc::new);
        self.tls.open(&mut options, reloads)?;
        Ok(options)
    }

    /// The one line on stdout, for whoever waits for the server.
    fn say_ready(&self, addresses: Addresses, engine: &Engine) -> io::Result<()> {
        let (journal, revision) = (self.datastore.describe(), engine.head());
        let Addresses { grpc, http, metrics } = addresses;
        let named =
            |name: &str, word: Option<String>| word.map(|word| format!(" {name}={word}")).unwrap_or_default();
        let tls = named("tls", self.tls.describe(http.is_some()).map(ToOwned::to_owned));
        let [http, metrics] = [("http", http), ("metrics", metrics)]
            .map(|(name, address)| named(name, address.map(|at| at.to_string())));
        let mut stdout = io::stdout();
        writeln!(
            stdout,
            "arrowroot ready grpc={grpc}{http}{metrics} journal={journal} revision={revision}{tls}"
        )?;
        stdout.flush()
    }
}

/// Where the server listens, with the ports that it was given.
#[derive(Debug, Clone, Copy)]
struct Addresses {
    grpc: SocketAddr,
    http: Option<SocketAddr>,
    metrics: Option<SocketAddr>,
}

#[cfg(test)]
mod tests;
