//! A request's path → its service, past the doorkeeper.

use std::convert::Infallible;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::sync::watch;
use tonic::Status;
use tonic::body::Body;
use tonic::codegen::http::{HeaderMap, Request, Response};
use tonic::codegen::{Body as HttpBody, Bytes, Service, StdError};
use tonic_health::pb::health_server::HealthServer;
use tower::util::BoxCloneSyncService;

use crate::engine::Opening;
use crate::lifecycle::Lifecycle;

use super::admission::{Doorkeeper, Pass, Refused};
use super::backend::Backend;
use super::experimental::Experimental;
use super::front::Front;
use super::guard::Guarded;
use super::health::Health;
use super::heavy::Heavy;
use super::lifecycle::Lifecycles;
use super::options::{ServerOptions, WatchOptions};
use super::outbox::Outbox;
use super::schema::Schemas;
use super::silence::Silence;
use super::telemetry::{Current, Telemetry};
use super::trailers::{Answered, Trailers, request_id};
use super::unbroken::Unbroken;
use super::watches::{Room, Watches};
use super::wire::FILE_DESCRIPTOR_SET;
use super::wire::lifecycle_v1::lifecycle_service_server::LifecycleServiceServer;
use super::wire::v1::experimental_service_server::ExperimentalServiceServer;
use super::wire::v1::permissions_service_server::{PermissionsService, PermissionsServiceServer};
use super::wire::v1::schema_service_server::SchemaServiceServer;
use super::wire::v1::watch_service_server::WatchServiceServer;

/// What every connection of one server asks. Until its graph is there, it answers for health, and refuses the rest.
/// Cloned for each request, so it is one pointer.
pub(super) struct Router<P>(Arc<Lobby<P>>);

impl<P> Clone for Router<P> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

/// What needs no graph, and behind it what does.
struct Lobby<P> {
    doorkeeper: Doorkeeper,
    reveals_version: bool,
    stream_silence_max: Duration,
    health: HealthServer<Health>,
    opening: Arc<Opening>,
    outbox: Outbox,
    telemetry: Telemetry,
    services: OnceLock<Services<P>>,
}

type Reflection = BoxCloneSyncService<Request<Body>, Response<Body>, Infallible>;

/// Every service that asks the engine, and those that tell of them.
pub(super) struct Services<P> {
    permissions: PermissionsServiceServer<P>,
    schema: SchemaServiceServer<Schemas>,
    watch: WatchServiceServer<Watches>,
    experimental: ExperimentalServiceServer<Experimental>,
    lifecycle: Option<LifecycleServiceServer<Lifecycles>>,
    reflection_v1: Reflection,
    reflection_v1alpha: Reflection,
    heavy: Heavy,
}

impl<P: PermissionsService> Services<P> {
    /// The services of a server.
    pub(super) fn new(
        permissions: P,
        backend: &Arc<Backend>,
        lifecycle: Option<Arc<Lifecycle>>,
        (watch, room): (WatchOptions, Room),
        heavy: Heavy,
        is_stopping: watch::Receiver<bool>,
    ) -> Result<Self, tonic_reflection::server::Error> {
        let bytes_max = backend.limits.message_bytes_max;
        let schema = Schemas { backend: Arc::clone(backend) };
        let experimental = Experimental { backend: Arc::clone(backend) };
        let watch = Watches { backend: Arc::clone(backend), options: watch, room, is_stopping };
        let lifecycle = lifecycle.map(|lifecycle| Lifecycles::new(lifecycle, Arc::clone(backend)));
        let reflection = || {
            tonic_reflection::server::Builder::configure()
                .register_encoded_file_descriptor_set(FILE_DESCRIPTOR_SET)
                .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
        };
        Ok(Self {
            permissions: PermissionsServiceServer::new(permissions).max_decoding_message_size(bytes_max),
            schema: SchemaServiceServer::new(schema).max_decoding_message_size(bytes_max),
            watch: WatchServiceServer::new(watch).max_decoding_message_size(bytes_max),
            experimental: ExperimentalServiceServer::new(experimental).max_decoding_message_size(bytes_max),
            lifecycle: lifecycle
                .map(|lifecycle| LifecycleServiceServer::new(lifecycle).max_decoding_message_size(bytes_max)),
            reflection_v1: Reflection::new(reflection().build_v1()?),
            reflection_v1alpha: Reflection::new(reflection().build_v1alpha()?),
            heavy,
        })
    }

    fn answer<B>(&self, request: Request<B>) -> Guarded
    where
        B: HttpBody<Data = Bytes> + Send + Unpin + 'static,
        B::Error: Into<StdError> + Send + 'static,
    {
        let path = request.uri().path();
        let heavy = is_heavy(path).then(|| self.heavy.clone());
        let start = |answer| match heavy {
            Some(heavy) => heavy.make(answer),
            None => answer,
        };
        match service_name(path) {
            "authzed.api.v1.PermissionsService" => {
                let mut service = self.permissions.clone();
                Guarded::start(move || start(service.call(request.map(Unbroken))))
            }
            "authzed.api.v1.SchemaService" => {
                let mut service = self.schema.clone();
                Guarded::start(move || service.call(request))
            }
            WATCH => {
                let mut service = self.watch.clone();
                Guarded::start(move || service.call(request))
            }
            "authzed.api.v1.ExperimentalService" => {
                let mut service = self.experimental.clone();
                Guarded::start(move || start(service.call(request.map(Unbroken))))
            }
            "arrowroot.v1.LifecycleService" => match self.lifecycle.clone() {
                Some(mut service) => Guarded::start(move || start(service.call(request.map(Unbroken)))),
                None => Guarded::refuse(Status::unimplemented(NO_LIFECYCLE)),
            },
            REFLECTION_V1 => {
                let mut service = self.reflection_v1.clone();
                Guarded::start(move || service.call(request.map(Body::new)))
            }
            REFLECTION_V1ALPHA => {
                let mut service = self.reflection_v1alpha.clone();
                Guarded::start(move || service.call(request.map(Body::new)))
            }
            service => Guarded::refuse(Status::unimplemented(format!("{service} is not served"))),
        }
    }
}

impl<P: PermissionsService> Router<P> {
    /// A router that has no services yet, and tells how far their graph is.
    pub(super) fn new(
        options: &ServerOptions,
        health: Health,
        opening: Arc<Opening>,
        outbox: Outbox,
        front: Arc<Front>,
    ) -> Self {
        Self(Arc::new(Lobby {
            doorkeeper: Doorkeeper::new(
                &options.preshared_keys,
                options.key_files.clone(),
                options.admission,
                front,
            ),
            reveals_version: options.reveals_version,
            stream_silence_max: options.limits.stream_silence_max,
            health: HealthServer::new(health),
            opening,
            outbox,
            telemetry: options.telemetry.clone(),
            services: OnceLock::new(),
        }))
    }

    /// Serves from now on. The first services stay.
    pub(super) fn open(&self, services: Services<P>) {
        // Whoever has the only right to call this has it once.
        let _ = self.0.services.set(services);
    }

    /// Whether it serves.
    pub(super) fn is_open(&self) -> bool {
        self.0.services.get().is_some()
    }

    /// Whether a call with these headers may come in. Health always may; reflection needs no key, and takes a place of its own.
    pub(super) fn enter(&self, headers: &HeaderMap, path: &str) -> Result<Pass, Refused> {
        match service_name(path) {
            HEALTH => Ok(self.0.doorkeeper.enter_freely()),
            REFLECTION_V1 | REFLECTION_V1ALPHA => self.0.doorkeeper.enter_for_reflection(),
            _ => self.0.doorkeeper.enter(headers, path),
        }
    }

    /// The same for a request that is no call of the API, and knows its sender in its own way.
    pub(super) fn enter_without_key(&self) -> Result<Pass, Refused> {
        self.0.doorkeeper.enter_without_key()
    }

    /// What is counted of requests.
    pub(super) fn telemetry(&self) -> &Telemetry {
        &self.0.telemetry
    }

    /// Room for answers.
    pub(super) fn outbox(&self) -> &Outbox {
        &self.0.outbox
    }

    /// Answers a request, if it may come in.
    pub(super) fn ask<B>(&self, request: Request<B>) -> Answered
    where
        B: HttpBody<Data = Bytes> + Send + Unpin + 'static,
        B::Error: Into<StdError> + Send + 'static,
    {
        let entered = self.enter(request.headers(), request.uri().path());
        self.ask_with(request, entered)
    }

    /// Answers a request that has a pass already, or none.
    pub(super) fn ask_with<B>(&self, request: Request<B>, entered: Result<Pass, Refused>) -> Answered
    where
        B: HttpBody<Data = Bytes> + Send + Unpin + 'static,
        B::Error: Into<StdError> + Send + 'static,
    {
        let path = request.uri().path();
        let is_api = service_name(path).starts_with(API);
        let request_id = request_id(request.headers());
        let (call, trace) = self.0.telemetry.begin(&request, &request_id);
        let current = Current { request_id, trace };
        let mut trailers = Trailers::new(request.headers(), current, self.0.reveals_version, is_api);
        let silence = is_bounded_stream(path).then(|| Silence::new(self.0.stream_silence_max));
        let outbox = (service_name(path) != WATCH).then(|| self.0.outbox.clone());
        match entered {
            Ok(pass) => {
                let answer = trailers.run(|| self.answer(request));
                Answered::new(answer, trailers, call, silence, outbox, Some(pass))
            }
            Err(refused) => {
                Answered::new(Guarded::refuse(refused.into()), trailers, call, silence, outbox, None)
            }
        }
    }

    fn answer<B>(&self, request: Request<B>) -> Guarded
    where
        B: HttpBody<Data = Bytes> + Send + Unpin + 'static,
        B::Error: Into<StdError> + Send + 'static,
    {
        let service = service_name(request.uri().path());
        if service == HEALTH {
            let mut service = self.0.health.clone();
            return Guarded::start(move || service.call(request));
        }
        let needs_key = !matches!(service, REFLECTION_V1 | REFLECTION_V1ALPHA);
        match self.0.services.get() {
            Some(services) => services.answer(request),
            None => Guarded::refuse(self.not_ready(needs_key)),
        }
    }

    /// Before the services are there. How much there is, only those are told who have shown a key.
    fn not_ready(&self, is_admitted: bool) -> Status {
        if is_admitted {
            Status::unavailable(format!("{NOT_READY}: {}", self.0.opening.progress()))
        } else {
            Status::unavailable(NOT_READY)
        }
    }
}

impl<P, B> Service<Request<B>> for Router<P>
where
    P: PermissionsService,
    B: HttpBody<Data = Bytes> + Send + Unpin + 'static,
    B::Error: Into<StdError> + Send + 'static,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Answered;

    fn poll_ready(&mut self, _context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Answered {
        self.ask(request)
    }
}

/// What is said before there is a graph.
pub(super) const NOT_READY: &str = "the server is not ready yet";

/// Its messages have a room of their own.
const WATCH: &str = "authzed.api.v1.WatchService";
const HEALTH: &str = "grpc.health.v1.Health";
const REFLECTION_V1: &str = "grpc.reflection.v1.ServerReflection";
const REFLECTION_V1ALPHA: &str = "grpc.reflection.v1alpha.ServerReflection";

const NO_LIFECYCLE: &str =
    "arrowroot.v1.LifecycleService is not served: the server was started without --lifecycle-profile";

/// The package of the services that are the API.
const API: &str = "authzed.api.v1.";

/// Whether a method answers with a stream that is to end; a watch may well be silent.
fn is_bounded_stream(path: &str) -> bool {
    let method = path.rsplit_once('/').map_or(path, |(_, method)| method);
    matches!(
        method,
        "ReadRelationships"
            | "LookupResources"
            | "LookupSubjects"
            | "ExportBulkRelationships"
            | "BulkExportRelationships"
            | "Search"
            | "LookupOwned"
    )
}

/// Whether a method may read or write much more than one answer.
fn is_heavy(path: &str) -> bool {
    let method = path.rsplit_once('/').map_or(path, |(_, method)| method);
    is_bounded_stream(path)
        || matches!(method, "ImportBulkRelationships" | "BulkImportRelationships" | "ListOrphans")
}

/// `package.Service` of `/package.Service/Method`.
fn service_name(path: &str) -> &str {
    let path = path.strip_prefix('/').unwrap_or(path);
    path.split_once('/').map_or(path, |(service, _)| service)
}
