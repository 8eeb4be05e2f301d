//! `arrowroot serve`.

use std::error::Error;
use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, ValueEnum};
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::engine::{Engine, EngineLimits, EngineOptions};
use crate::scenario::{Bootstrapped, Scenario, bootstrap};
use crate::server::{PresharedKey, RequestLimits, Server, ServerOptions};

use super::duration::Duration;
use super::log::{self, LogFormat};

/// Serve the gRPC API.
#[derive(Debug, Args)]
pub(super) struct Serve {
    /// Where to listen; port 0 takes any that is free
    #[arg(long, env = "ARROWROOT_GRPC_ADDR", default_value = "127.0.0.1:50051", value_name = "ADDRESS")]
    grpc_addr: SocketAddr,
    /// A key that clients show as bearer token; give several, repeated or with commas, to change keys without a gap
    #[arg(
        long,
        env = "ARROWROOT_GRPC_PRESHARED_KEY",
        hide_env_values = true,
        value_delimiter = ',',
        value_name = "KEY",
        value_parser = parse_key
    )]
    grpc_preshared_key: Vec<PresharedKey>,
    /// Serve everyone, without a key; only on a loopback address
    #[arg(long, env = "ARROWROOT_GRPC_NO_AUTH", conflicts_with = "grpc_preshared_key")]
    grpc_no_auth: bool,
    /// How long running requests may take after the server was told to stop
    #[arg(long, env = "ARROWROOT_GRPC_SHUTDOWN_GRACE_PERIOD", default_value = "5s", value_name = "DURATION")]
    grpc_shutdown_grace_period: Duration,
    /// Where relationships are kept
    #[arg(long, env = "ARROWROOT_DATASTORE_ENGINE", default_value = "sled", value_name = "ENGINE")]
    datastore_engine: DatastoreEngine,
    /// The directory of the sled engine; it is made if it is not there
    #[arg(
        long,
        env = "ARROWROOT_DATASTORE_PATH",
        default_value = "./arrowroot-data",
        value_name = "DIRECTORY"
    )]
    datastore_path: PathBuf,
    /// Validation files, repeated or with commas, whose schema and relationships are loaded into an empty store
    #[arg(long, env = "ARROWROOT_DATASTORE_BOOTSTRAP_FILES", value_delimiter = ',', value_name = "FILES")]
    datastore_bootstrap_files: Vec<PathBuf>,
    /// How the log on stderr is written
    #[arg(long, env = "ARROWROOT_LOG_FORMAT", default_value = "text", value_name = "FORMAT")]
    log_format: LogFormat,
    /// What the log holds: error, warn, info, debug or trace, also by module, as in `info,arrowroot=debug`
    #[arg(long, env = "ARROWROOT_LOG_LEVEL", default_value = "info", value_name = "LEVEL")]
    log_level: String,
    #[command(flatten)]
    limits: Limits,
}

/// Bounds on requests.
#[derive(Debug, Args)]
struct Limits {
    /// Sub-questions that may nest within one check
    #[arg(long, env = "ARROWROOT_DISPATCH_MAX_DEPTH", default_value_t = EngineLimits::default().depth_max, value_name = "COUNT")]
    dispatch_max_depth: u32,
    /// Updates in one `WriteRelationships`
    #[arg(
        long,
        env = "ARROWROOT_WRITE_RELATIONSHIPS_MAX_UPDATES_PER_CALL",
        default_value_t = EngineLimits::default().updates_max,
        value_name = "COUNT"
    )]
    write_relationships_max_updates_per_call: usize,
    /// Preconditions of one write or delete
    #[arg(
        long,
        env = "ARROWROOT_UPDATE_RELATIONSHIPS_MAX_PRECONDITIONS_PER_CALL",
        default_value_t = EngineLimits::default().preconditions_max,
        value_name = "COUNT"
    )]
    update_relationships_max_preconditions_per_call: usize,
    /// The limit of one `ReadRelationships`, if it has one
    #[arg(
        long,
        env = "ARROWROOT_MAX_READ_RELATIONSHIPS_LIMIT",
        default_value_t = RequestLimits::default().read_relationships_limit_max,
        value_name = "COUNT"
    )]
    max_read_relationships_limit: u32,
    /// The limit of one `DeleteRelationships`, if it has one
    #[arg(
        long,
        env = "ARROWROOT_MAX_DELETE_RELATIONSHIPS_LIMIT",
        default_value_t = EngineLimits::default().delete_limit_max,
        value_name = "COUNT"
    )]
    max_delete_relationships_limit: u32,
    /// Bytes of the context that a request gives for caveats; 0 for no bound
    #[arg(
        long,
        env = "ARROWROOT_MAX_CAVEAT_CONTEXT_SIZE",
        default_value_t = RequestLimits::default().caveat_context_bytes_max,
        value_name = "BYTES"
    )]
    max_caveat_context_size: usize,
    /// Bytes of the caveat that is stored with a relationship
    #[arg(
        long,
        env = "ARROWROOT_MAX_RELATIONSHIP_CONTEXT_SIZE",
        default_value_t = EngineLimits::default().caveat_bytes_max,
        value_name = "BYTES"
    )]
    max_relationship_context_size: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum DatastoreEngine {
    /// Durable, in a directory.
    Sled,
    /// Ends with the process.
    Memory,
}

/// Why the server does not start.
#[derive(Debug, thiserror::Error)]
enum ServeError {
    #[error(
        "a preshared key is needed: give --grpc-preshared-key or ARROWROOT_GRPC_PRESHARED_KEY, or on a loopback \
         address --grpc-no-auth"
    )]
    NoKey,
    #[error("--grpc-no-auth serves everyone who can reach {0}: it is allowed on a loopback address only")]
    OpenToAll(SocketAddr),
    #[error("cannot open the store in {}: {error}", .path.display())]
    Open { path: PathBuf, error: crate::engine::OpenError },
}

impl Serve {
    pub(super) fn run(self) -> Result<(), Box<dyn Error>> {
        self.check_keys()?;
        log::start(self.log_format, &self.log_level)?;
        let scenarios: Vec<_> =
            self.datastore_bootstrap_files.iter().map(Scenario::read).collect::<Result<_, _>>()?;
        let options = self.engine_options();
        let engine = Arc::new(self.open(&options)?);
        if !scenarios.is_empty() {
            match bootstrap(&engine, &options, &scenarios)? {
                Bootstrapped::Loaded { relationships } => {
                    tracing::info!(relationships, "the store was empty and has been bootstrapped");
                }
                Bootstrapped::Skipped => {
                    tracing::info!(revision = %engine.head(), "the store is not empty: bootstrap files are skipped");
                }
            }
        }
        let server = Server::bind(self.server_options(), Arc::clone(&engine))?;
        let address = server.local_address();
        let result = server.run(async {
            // Whoever waits for the line may send a signal at once.
            let stop_signal = StopSignal::listen();
            if let Err(error) = self.say_ready(address, &engine) {
                tracing::error!(%error, "nobody can be told that the server is ready");
            }
            stop_signal.wait().await;
        });
        engine.close();
        tracing::info!(revision = %engine.head(), "stopped");
        Ok(result?)
    }

    fn check_keys(&self) -> Result<(), ServeError> {
        match (self.grpc_preshared_key.is_empty(), self.grpc_no_auth) {
            (false, _) => Ok(()),
            (true, false) => Err(ServeError::NoKey),
            (true, true) if self.grpc_addr.ip().is_loopback() => Ok(()),
            (true, true) => Err(ServeError::OpenToAll(self.grpc_addr)),
        }
    }

    fn open(&self, options: &EngineOptions) -> Result<Engine, ServeError> {
        match self.datastore_engine {
            DatastoreEngine::Sled => Engine::open(&self.datastore_path, options.clone()),
            DatastoreEngine::Memory => Engine::in_memory(options.clone()),
        }
        .map_err(|error| ServeError::Open { path: self.datastore_path.clone(), error })
    }

    fn engine_options(&self) -> EngineOptions {
        let mut options = EngineOptions::default();
        options.limits.depth_max = self.limits.dispatch_max_depth;
        options.limits.updates_max = self.limits.write_relationships_max_updates_per_call;
        options.limits.preconditions_max = self.limits.update_relationships_max_preconditions_per_call;
        options.limits.delete_limit_max = self.limits.max_delete_relationships_limit;
        options.limits.caveat_bytes_max = self.limits.max_relationship_context_size;
        options
    }

    fn server_options(&self) -> ServerOptions {
        ServerOptions {
            address: self.grpc_addr,
            preshared_keys: self.grpc_preshared_key.clone(),
            shutdown_grace_period: self.grpc_shutdown_grace_period.0,
            limits: RequestLimits {
                read_relationships_limit_max: self.limits.max_read_relationships_limit,
                caveat_context_bytes_max: self.limits.max_caveat_context_size,
                ..RequestLimits::default()
            },
            ..ServerOptions::default()
        }
    }

    /// The one line on stdout, for whoever waits for the server.
    fn say_ready(&self, address: SocketAddr, engine: &Engine) -> io::Result<()> {
        let revision = engine.head();
        let journal = match self.datastore_engine {
            DatastoreEngine::Sled => format!("sled path={}", self.datastore_path.display()),
            DatastoreEngine::Memory => "memory".to_owned(),
        };
        let mut stdout = io::stdout();
        writeln!(stdout, "arrowroot ready grpc={address} journal={journal} revision={revision}")?;
        stdout.flush()
    }
}

fn parse_key(text: &str) -> Result<PresharedKey, &'static str> {
    PresharedKey::new(text).ok_or("a preshared key cannot be empty")
}

/// SIGTERM and SIGINT, which do not end the process once they are listened for.
struct StopSignal(io::Result<[Signal; 2]>);

impl StopSignal {
    /// Listens from now on.
    fn listen() -> Self {
        let [terminate, interrupt] = [SignalKind::terminate(), SignalKind::interrupt()].map(signal);
        Self(terminate.and_then(|terminate| Ok([terminate, interrupt?])))
    }

    /// Waits for one of them.
    async fn wait(self) {
        let [mut terminate, mut interrupt] = match self.0 {
            Ok(signals) => signals,
            Err(error) => {
                tracing::error!(%error, "signals cannot be listened for: only SIGKILL stops this server");
                return std::future::pending().await;
            }
        };
        tokio::select! {
            _ = terminate.recv() => tracing::info!("SIGTERM: stopping"),
            _ = interrupt.recv() => tracing::info!("SIGINT: stopping"),
        }
    }
}

#[cfg(test)]
mod tests;
