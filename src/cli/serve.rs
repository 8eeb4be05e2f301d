//! `arrowroot serve`. Its flags stand by concern in the files beside.

#[cfg_attr(not(test), expect(dead_code, reason = "the lifecycle's flags are put together later"))]
mod audit;
mod datastore;
mod error;
mod grpc;
mod history;
mod http;
#[cfg_attr(not(test), expect(dead_code, reason = "no command takes these flags until the routes are served"))]
mod identity;
mod lifecycle;
mod limits;
mod logging;
#[cfg_attr(not(test), expect(dead_code, reason = "nothing is read again until the routes are served"))]
mod reload;
#[cfg_attr(not(test), expect(dead_code, reason = "the lifecycle's flags are put together later"))]
mod rollout;
mod stop_signal;

use std::error::Error;
use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::sync::Arc;

use clap::Args;

use crate::engine::{Engine, EngineOptions};
use crate::server::{RequestLimits, Server, ServerOptions};

use error::ServeError;
use stop_signal::StopSignal;

/// Serve the gRPC API.
#[derive(Debug, Args)]
pub(super) struct Serve {
    #[command(flatten)]
    grpc: grpc::Grpc,
    #[command(flatten)]
    http: http::Http,
    #[command(flatten)]
    lifecycle: lifecycle::LifecycleFlags,
    #[command(flatten)]
    datastore: datastore::Datastore,
    #[command(flatten)]
    history: history::History,
    #[command(flatten)]
    limits: limits::Limits,
    #[command(flatten)]
    logging: logging::Logging,
}

impl Serve {
    pub(super) fn run(self) -> Result<(), Box<dyn Error>> {
        self.check_keys()?;
        self.logging.start()?;
        let options = self.engine_options();
        let scenarios = self.datastore.read_scenarios()?;
        let engine = Arc::new(self.datastore.open(&options)?);
        datastore::load(&scenarios, &engine, &options)?;
        let mut server_options = self.server_options();
        server_options.lifecycle = self.lifecycle.open(&engine)?;
        let server = Server::bind(server_options, Arc::clone(&engine))?;
        let (address, http_address) = (server.local_address(), server.http_address());
        let result = server.run(async {
            // Whoever waits for the line may send a signal at once.
            let stop_signal = StopSignal::listen();
            if let Err(error) = self.say_ready(address, http_address, &engine) {
                tracing::error!(%error, "nobody can be told that the server is ready");
            }
            stop_signal.wait().await;
        });
        engine.close();
        tracing::info!(revision = %engine.head(), "stopped");
        Ok(result?)
    }

    fn check_keys(&self) -> Result<(), ServeError> {
        let addresses = [Some(self.grpc.grpc_addr), self.http_address()];
        addresses.into_iter().flatten().try_for_each(|address| self.grpc.check_keys(address))
    }

    fn http_address(&self) -> Option<SocketAddr> {
        self.http.address(self.lifecycle.is_enabled())
    }

    fn engine_options(&self) -> EngineOptions {
        let mut options = EngineOptions { retention: self.history.retention(), ..EngineOptions::default() };
        self.limits.apply_to_engine(&mut options.limits);
        options
    }

    fn server_options(&self) -> ServerOptions {
        let mut limits = RequestLimits::default();
        self.limits.apply_to_requests(&mut limits);
        let mut options =
            ServerOptions { limits, watch: self.history.watch_options(), ..ServerOptions::default() };
        self.grpc.apply(&mut options);
        options.http_address = self.http_address();
        options
    }

    /// The one line on stdout, for whoever waits for the server.
    fn say_ready(
        &self,
        address: SocketAddr,
        http_address: Option<SocketAddr>,
        engine: &Engine,
    ) -> io::Result<()> {
        let (journal, revision) = (self.datastore.describe(), engine.head());
        let http = http_address.map(|address| format!(" http={address}")).unwrap_or_default();
        let mut stdout = io::stdout();
        writeln!(stdout, "arrowroot ready grpc={address}{http} journal={journal} revision={revision}")?;
        stdout.flush()
    }
}

#[cfg(test)]
mod tests;
