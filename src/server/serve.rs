//! The server: sockets, one runtime a core, what is served once there is a graph, and a graceful end.

use std::fmt;
use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::thread::{self, JoinHandle};

use tokio::runtime::Builder;
use tokio::sync::{mpsc, watch};

use crate::engine::{Engine, Opening};
use crate::lifecycle::Lifecycle;

use super::authz::Authz;
use super::backend::Backend;
use super::front::{Front, Listening};
use super::gateway::Gateway;
use super::health::{Health, Served};
use super::heavy::Heavy;
use super::legacy::LegacyTrustError;
use super::listener::{self, Socket};
use super::options::{AuthzOptions, ServerOptions};
use super::outbox::Outbox;
use super::permissions::Permissions;
use super::pool::Pool;
use super::reception::{Address, Reception};
use super::refusals::Refusals;
use super::router::{Router, Services};
use super::telemetry::{Endpoint, Monitor, Telemetry};
use super::watches::Room;
use super::wire::v1::permissions_service_server::PermissionsService;
use super::worker::{self, Entry};

/// Pieces of heavy work at once for each runtime.
const POOL_THREADS_PER_RUNTIME: NonZeroUsize = NonZeroUsize::MIN.saturating_add(1);
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
    front: Arc<Front>,
    metrics: Option<(Endpoint, SocketAddr)>,
    telemetry: Telemetry,
    heavy: Heavy,
    threads: NonZeroUsize,
    is_stopping: watch::Sender<bool>,
    ended: mpsc::Receiver<()>,
}

impl Server {
    /// Binds a server for an engine.
    pub fn bind(options: ServerOptions, engine: Arc<Engine>) -> Result<Self, ServeError> {
        Self::bind_with(options, engine, Permissions::new)
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
        mut options: ServerOptions,
        engine: Arc<Engine>,
        permissions: impl FnOnce(Arc<Backend>) -> P,
    ) -> Result<Self, ServeError> {
        let (lifecycle, authz) = (options.lifecycle.take(), std::mem::take(&mut options.authz));
        let (server, door) = Self::bind_closed(options, Arc::default())?;
        door.open(engine, lifecycle, authz, permissions)?;
        Ok(server)
    }

    /// Binds a server for an engine that is yet to be opened. While it runs without one, health says `NOT_SERVING` of
    /// everything and all else is refused as UNAVAILABLE, with what `opening` says. The lifecycle and the routes of
    /// the options are passed over: they come with the engine.
    pub fn listen(options: ServerOptions, opening: Arc<Opening>) -> Result<(Self, Entrance), ServeError> {
        let (server, door) = Self::bind_closed(options, opening)?;
        Ok((server, Entrance(door)))
    }

    fn bind_closed<P: PermissionsService>(
        options: ServerOptions,
        opening: Arc<Opening>,
    ) -> Result<(Self, Door<P>), ServeError> {
        let threads =
            options.threads.or_else(|| thread::available_parallelism().ok()).unwrap_or(NonZeroUsize::MIN);
        let grpc = Sockets::bind(options.address, threads)?;
        let http = options.http_address.map(|address| Sockets::bind(address, threads)).transpose()?;
        let (is_stopping, stopping) = watch::channel(false);
        let (served, health) = Health::new(options.watch.is_enabled, stopping.clone());
        let outbox = Outbox::new(options.limits.answer_bytes_max);
        let front = Arc::new(Front {
            refusals: Refusals::default(),
            grpc: Listening::new(options.grpc_tls.clone()),
            http: Listening::new(options.http_tls.clone()),
        });
        let pool = Pool::new(threads.saturating_mul(POOL_THREADS_PER_RUNTIME), outbox.clone());
        let monitor = Monitor {
            telemetry: options.telemetry.clone(),
            front: Arc::clone(&front),
            health: health.clone(),
            opening: Arc::clone(&opening),
            outbox: outbox.clone(),
            pool: pool.clone(),
            room: Room::default(),
        };
        let (readiness, room) = (monitor.readiness(), monitor.room.clone());
        let metrics = options.metrics_address.map(|address| bind_metrics(address, monitor)).transpose()?;
        let router = Router::new(&options, health, opening, outbox, Arc::clone(&front));
        let gateway = Gateway::new(router.clone(), options.limits.message_bytes_max, readiness);
        let gateway = gateway.map_err(|error| ServeError::Gateway(error.to_string()))?;
        let (end_signal, ended) = mpsc::channel(1);
        let (local_address, http_address) = (grpc.address, http.as_ref().map(|http| http.address));
        let mut http_listeners = http.map(|http| http.listeners.into_iter());
        let reception =
            |address| Reception::new(Arc::clone(&front), address, options.admission.connections_max);
        let (grpc_reception, http_reception) = (reception(Address::Grpc), reception(Address::Http));
        let workers = grpc.listeners.into_iter().map(|socket| {
            let (router, is_stopping) = (router.clone(), stopping.clone());
            let grpc = Entry { socket, reception: grpc_reception.clone() };
            let http = http_listeners
                .as_mut()
                .and_then(Iterator::next)
                .map(|socket| (Entry { socket, reception: http_reception.clone() }, gateway.clone()));
            let (age_max, grace_period) =
                (options.admission.connection_age_max, options.shutdown_grace_period);
            let end_signal = EndSignal(end_signal.clone());
            let work: Worker = Box::new(move || {
                let _end_signal = end_signal;
                worker::work(grpc, router, http, age_max, grace_period, is_stopping)
            });
            work
        });
        let workers = workers.collect();
        let telemetry = options.telemetry.clone();
        let heavy = Heavy::default();
        let door = Door {
            router,
            gateway,
            served,
            pool,
            room,
            heavy: heavy.clone(),
            options,
            is_stopping: stopping,
        };
        let bound = Self {
            workers,
            local_address,
            http_address,
            front,
            metrics,
            telemetry,
            heavy,
            threads,
            is_stopping,
            ended,
        };
        Ok((bound, door))
    }

    /// Where the server listens, with the port that it was given.
    pub fn local_address(&self) -> SocketAddr {
        self.local_address
    }

    /// Where it listens for HTTP, if it does.
    pub fn http_address(&self) -> Option<SocketAddr> {
        self.http_address
    }

    /// What there is to know of its front, also while it runs.
    pub fn front(&self) -> Arc<Front> {
        Arc::clone(&self.front)
    }

    /// Where it listens for those who ask for metrics and health, if it does.
    pub fn metrics_address(&self) -> Option<SocketAddr> {
        self.metrics.as_ref().map(|(_, address)| *address)
    }

    /// Answers until `shutdown` is there, then lets running requests finish for the grace period. Blocks the thread.
    pub fn run(self, shutdown: impl Future<Output = ()>) -> Result<(), ServeError> {
        let Self { workers, metrics, telemetry, heavy, threads, is_stopping, mut ended, .. } = self;
        let runtime = Builder::new_current_thread().enable_all().build().map_err(ServeError::Runtime)?;
        let mut shutdown = pin!(shutdown);
        // What it listens for, it hears before anyone is answered.
        let was_told_early =
            runtime.block_on(poll_fn(|context| Poll::Ready(shutdown.as_mut().poll(context).is_ready())));
        // Whoever asks is told until the end how it goes.
        let _answering =
            metrics.map(|(endpoint, _)| endpoint.start()).transpose().map_err(ServeError::Runtime)?;
        // Ended after the workers, whose connections wait for what is made there.
        let _heavy_threads = heavy.start(threads).map_err(ServeError::Runtime)?;
        let start =
            |(number, worker)| thread::Builder::new().name(format!("arrowroot-grpc-{number}")).spawn(worker);
        let threads: Result<Vec<_>, _> = workers.into_iter().enumerate().map(start).collect();
        let threads = threads.map_err(ServeError::Runtime)?;
        let was_told = was_told_early
            || runtime.block_on(async {
                tokio::select! {
                    () = shutdown => true,
                    _ = ended.recv() => false,
                }
            });
        is_stopping.send_replace(true);
        let results: Vec<_> = threads.into_iter().map(join).collect();
        let result: Result<(), ServeError> = results.into_iter().collect();
        telemetry.close();
        if was_told { result } else { result.and(Err(ServeError::Ended)) }
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Server").field("local_address", &self.local_address).finish_non_exhaustive()
    }
}

/// The way in for the engine of a server that is bound already.
pub struct Entrance(Door<Permissions>);

impl Entrance {
    /// Has the engine served, and an application's registry of resources, if there is one, over gRPC and as `authz`
    /// says over HTTP.
    pub fn open(
        self,
        engine: Arc<Engine>,
        lifecycle: Option<Arc<Lifecycle>>,
        authz: AuthzOptions,
    ) -> Result<(), ServeError> {
        self.0.open(engine, lifecycle, authz, Permissions::new)
    }

    /// What is counted of the server's requests, and shown with what is added.
    pub fn telemetry(&self) -> &Telemetry {
        &self.0.options.telemetry
    }
}

impl fmt::Debug for Entrance {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Entrance").finish_non_exhaustive()
    }
}

/// What lets the engine in, once.
struct Door<P> {
    router: Router<P>,
    gateway: Gateway<P>,
    served: watch::Sender<Option<Served>>,
    pool: Pool,
    room: Room,
    heavy: Heavy,
    options: ServerOptions,
    is_stopping: watch::Receiver<bool>,
}

impl<P: PermissionsService> Door<P> {
    fn open(
        self,
        engine: Arc<Engine>,
        lifecycle: Option<Arc<Lifecycle>>,
        authz: AuthzOptions,
        permissions: impl FnOnce(Arc<Backend>) -> P,
    ) -> Result<(), ServeError> {
        let Self { router, gateway, served, pool, room, heavy, options, is_stopping } = self;
        let is_lifecycle_enabled = lifecycle.is_some();
        let backend = Arc::new(Backend { engine: Arc::clone(&engine), pool, limits: options.limits });
        let permissions = permissions(Arc::clone(&backend));
        let services = Services::new(
            permissions,
            &backend,
            lifecycle.clone(),
            (options.watch, room),
            heavy,
            is_stopping,
        )?;
        if let Some(lifecycle) = lifecycle {
            gateway.serve_authz(Authz::new(lifecycle, backend, authz)?);
        }
        router.open(services);
        // Last of all: whoever is told that the server serves may ask at once.
        served.send_replace(Some(Served { engine, is_lifecycle_enabled }));
        Ok(())
    }
}

/// One socket a runtime, all at one address.
struct Sockets {
    listeners: Vec<Socket>,
    address: SocketAddr,
}

impl Sockets {
    fn bind(address: SocketAddr, count: NonZeroUsize) -> Result<Self, ServeError> {
        let listen_error = |error| ServeError::Listen { address, error };
        let listeners = listener::bind(address, count).map_err(listen_error)?;
        let address = listeners.first().map_or(Ok(address), Socket::local_addr).map_err(listen_error)?;
        Ok(Self { listeners, address })
    }
}

fn bind_metrics(address: SocketAddr, monitor: Monitor) -> Result<(Endpoint, SocketAddr), ServeError> {
    let listen_error = |error| ServeError::Listen { address, error };
    let endpoint = Endpoint::bind(address, monitor).map_err(listen_error)?;
    let address = endpoint.local_address().map_err(listen_error)?;
    Ok((endpoint, address))
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
