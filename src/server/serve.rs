//! The server: sockets, one runtime a core, and a graceful end.

use std::fmt;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tokio::runtime::Builder;
use tokio::sync::{mpsc, watch};

use crate::engine::Engine;

use super::auth::Doorkeeper;
use super::authz::Authz;
use super::backend::Backend;
use super::gateway::{self, Gateway};
use super::legacy::LegacyTrustError;
use super::listener::{self, Connections};
use super::options::ServerOptions;
use super::permissions::Permissions;
use super::pool::Pool;
use super::router::Router;
use super::wire::v1::permissions_service_server::PermissionsService;

/// Requests that one connection may have open at once.
const STREAMS_MAX: u32 = 1024;
/// Bytes of a request's headers.
const HEADER_BYTES_MAX: u32 = 16 << 10;
/// Bytes that a client may send ahead of what is read: of one request, and of all of one connection.
const STREAM_WINDOW_BYTES: u32 = 1 << 20;
const CONNECTION_WINDOW_BYTES: u32 = 4 << 20;
/// A silent connection is asked whether it lives this often, and closed if it does not answer in time.
const KEEPALIVE_INTERVAL: Duration = Duration::from_mins(1);
const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(20);
/// Pieces of heavy work at once for each runtime.
const POOL_THREADS_PER_RUNTIME: NonZeroUsize = NonZeroUsize::MIN.saturating_add(1);
/// How long the end waits for work in the pool that was told to stop.
const POOL_STOP_TIMEOUT: Duration = Duration::from_secs(5);

/// Why a server does not start, or ended before it was told to.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {error}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why not.
        error: io::Error,
    },
    /// The descriptors of the API cannot be served.
    #[error("cannot serve reflection: {0}")]
    Reflection(#[from] tonic_reflection::server::Error),
    /// The same for HTTP.
    #[error("cannot serve HTTP: {0}")]
    Gateway(String),
    /// Nothing says whose certificates the legacy backend may show.
    #[error("cannot connect to the legacy backend: {0}")]
    Legacy(#[from] LegacyTrustError),
    /// The machine gave no thread or no runtime.
    #[error("cannot start a runtime: {0}")]
    Runtime(io::Error),
    /// A runtime ended by itself.
    #[error("a runtime of the server ended unexpectedly")]
    Ended,
}

/// A server that is bound to its address. It answers once it runs.
pub struct Server {
    workers: Vec<Worker>,
    local_address: SocketAddr,
    http_address: Option<SocketAddr>,
    is_stopping: watch::Sender<bool>,
    ended: mpsc::Receiver<()>,
}

impl Server {
    /// Binds a server for an engine.
    pub fn bind(options: ServerOptions, engine: Arc<Engine>) -> Result<Self, ServeError> {
        Self::bind_with(options, engine, |backend| Permissions { backend: Arc::clone(backend) })
    }

    /// Binds a server with another `PermissionsService` on the same runtimes and behind the same layers: what it costs
    /// is what a request costs at the least.
    #[doc(hidden)]
    pub fn bind_with_permissions(
        options: ServerOptions,
        engine: Arc<Engine>,
        permissions: impl PermissionsService,
    ) -> Result<Self, ServeError> {
        Self::bind_with(options, engine, |_| permissions)
    }

    fn bind_with<P: PermissionsService>(
        options: ServerOptions,
        engine: Arc<Engine>,
        permissions: impl FnOnce(&Arc<Backend>) -> P,
    ) -> Result<Self, ServeError> {
        let threads =
            options.threads.or_else(|| thread::available_parallelism().ok()).unwrap_or(NonZeroUsize::MIN);
        let grpc = Sockets::bind(options.address, threads)?;
        let http = options.http_address.map(|address| Sockets::bind(address, threads)).transpose()?;
        let (is_stopping, stopping) = watch::channel(false);
        let pool = Pool::new(threads.saturating_mul(POOL_THREADS_PER_RUNTIME));
        let backend = Arc::new(Backend { engine, pool, limits: options.limits });
        let doorkeeper = Doorkeeper::new(options.preshared_keys);
        let authz = options
            .lifecycle
            .clone()
            .map(|lifecycle| Authz::new(lifecycle, Arc::clone(&backend), options.authz))
            .transpose()?;
        let permissions = permissions(&backend);
        let router = Router::new(
            permissions,
            &backend,
            options.lifecycle,
            doorkeeper,
            options.watch,
            options.reveals_version,
            stopping.clone(),
        )?;
        let gateway = Gateway::new(router.clone(), backend.limits.message_bytes_max, authz);
        let gateway = gateway.map_err(|error| ServeError::Gateway(error.to_string()))?;
        let (end_signal, ended) = mpsc::channel(1);
        let (local_address, http_address) = (grpc.address, http.as_ref().map(|http| http.address));
        let mut http_listeners = http.map(|http| http.listeners.into_iter());
        let workers = grpc.listeners.into_iter().map(|listener| {
            let (router, is_stopping) = (router.clone(), stopping.clone());
            let http = http_listeners.as_mut().and_then(Iterator::next).map(|http| (http, gateway.clone()));
            let grace_period = options.shutdown_grace_period;
            let end_signal = EndSignal(end_signal.clone());
            let work: Worker = Box::new(move || {
                let _end_signal = end_signal;
                work(listener, router, http, grace_period, is_stopping)
            });
            work
        });
        Ok(Self { workers: workers.collect(), local_address, http_address, is_stopping, ended })
    }

    /// Where the server listens, with the port that it was given.
    pub fn local_address(&self) -> SocketAddr {
        self.local_address
    }

    /// Where it listens for HTTP, if it does.
    pub fn http_address(&self) -> Option<SocketAddr> {
        self.http_address
    }

    /// Answers until `shutdown` is there, then lets running requests finish for the grace period. Blocks the thread.
    pub fn run(self, shutdown: impl Future<Output = ()>) -> Result<(), ServeError> {
        let Self { workers, is_stopping, mut ended, .. } = self;
        let runtime = Builder::new_current_thread().enable_all().build().map_err(ServeError::Runtime)?;
        let start =
            |(number, worker)| thread::Builder::new().name(format!("arrowroot-grpc-{number}")).spawn(worker);
        let threads: Result<Vec<_>, _> = workers.into_iter().enumerate().map(start).collect();
        let threads = threads.map_err(ServeError::Runtime)?;
        let was_told = runtime.block_on(async {
            tokio::select! {
                () = shutdown => true,
                _ = ended.recv() => false,
            }
        });
        is_stopping.send_replace(true);
        let results: Vec<_> = threads.into_iter().map(join).collect();
        let result: Result<(), ServeError> = results.into_iter().collect();
        if was_told { result } else { result.and(Err(ServeError::Ended)) }
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Server").field("local_address", &self.local_address).finish_non_exhaustive()
    }
}

/// One socket a runtime, all at one address.
struct Sockets {
    listeners: Vec<TcpListener>,
    address: SocketAddr,
}

impl Sockets {
    fn bind(address: SocketAddr, count: NonZeroUsize) -> Result<Self, ServeError> {
        let listen_error = |error| ServeError::Listen { address, error };
        let listeners = listener::bind(address, count).map_err(listen_error)?;
        let address = listeners.first().map_or(Ok(address), TcpListener::local_addr).map_err(listen_error)?;
        Ok(Self { listeners, address })
    }
}

/// What a thread of the server does until its end.
type Worker = Box<dyn FnOnce() -> io::Result<()> + Send>;

fn join(worker: JoinHandle<io::Result<()>>) -> Result<(), ServeError> {
    worker.join().map_err(|_| ServeError::Ended)?.map_err(ServeError::Runtime)
}

/// Tells that a worker ended, for whatever reason, panics included.
struct EndSignal(mpsc::Sender<()>);

impl Drop for EndSignal {
    fn drop(&mut self) {
        // One message is enough, whoever sent it.
        let _ = self.0.try_send(());
    }
}

/// Answers what comes in at one socket, and at one for HTTP, on one runtime.
fn work<P: PermissionsService>(
    listener: TcpListener,
    router: Router<P>,
    http: Option<(TcpListener, Gateway<P>)>,
    grace_period: Duration,
    is_stopping: watch::Receiver<bool>,
) -> io::Result<()> {
    let runtime = Builder::new_current_thread().enable_all().thread_name("arrowroot-pool").build()?;
    let result = runtime.block_on(async {
        let connections = Connections::new(listener)?;
        let served =
            transport().serve_with_incoming_shutdown(router, connections, stopped(is_stopping.clone()));
        let http_stopping = is_stopping.clone();
        let http_served = async {
            match http {
                Some((listener, gateway)) => gateway::serve(listener, gateway, stopped(http_stopping)).await,
                None => Ok(()),
            }
        };
        let grace_period_ended = async {
            stopped(is_stopping).await;
            tokio::time::sleep(grace_period).await;
        };
        tokio::select! {
            served = async { tokio::try_join!(async { served.await.map_err(io::Error::other) }, http_served) } => served.map(|_| ()),
            () = grace_period_ended => {
                tracing::warn!("the grace period is over: requests that still run are ended");
                Ok(())
            }
        }
    });
    runtime.shutdown_timeout(POOL_STOP_TIMEOUT);
    result
}

/// Waits until the server is told to stop, or is gone.
async fn stopped(mut is_stopping: watch::Receiver<bool>) {
    // An error means that nobody is left to tell.
    let _ = is_stopping.wait_for(|is_stopping| *is_stopping).await;
}

fn transport() -> tonic::transport::Server {
    tonic::transport::Server::builder()
        .max_concurrent_streams(STREAMS_MAX)
        .http2_max_header_list_size(HEADER_BYTES_MAX)
        .initial_stream_window_size(STREAM_WINDOW_BYTES)
        .initial_connection_window_size(CONNECTION_WINDOW_BYTES)
        .http2_keepalive_interval(Some(KEEPALIVE_INTERVAL))
        .http2_keepalive_timeout(Some(KEEPALIVE_TIMEOUT))
}
