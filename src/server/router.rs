//! A request's path → its service, past the doorkeeper.

use std::convert::Infallible;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::sync::watch;
use tonic::Status;
use tonic::body::Body;
use tonic::codegen::http::{HeaderMap, Request, Response};
use tonic::codegen::{Body as HttpBody, Bytes, Service, StdError};
use tonic_health::pb::health_server::HealthServer;
use tower::util::BoxCloneSyncService;

use crate::lifecycle::Lifecycle;

use super::auth::Doorkeeper;
use super::backend::Backend;
use super::experimental::Experimental;
use super::guard::Guarded;
use super::health::HealthOfEngine;
use super::lifecycle::Lifecycles;
use super::options::WatchOptions;
use super::schema::Schemas;
use super::silence::Silence;
use super::trailers::{Answered, Trailers};
use super::unbroken::Unbroken;
use super::watches::{Room, Watches};
use super::wire::FILE_DESCRIPTOR_SET;
use super::wire::lifecycle_v1::lifecycle_service_server::LifecycleServiceServer;
use super::wire::v1::experimental_service_server::ExperimentalServiceServer;
use super::wire::v1::permissions_service_server::{PermissionsService, PermissionsServiceServer};
use super::wire::v1::schema_service_server::SchemaServiceServer;
use super::wire::v1::watch_service_server::WatchServiceServer;

/// Every service of one server. Cloned for each request, so it is one pointer.
pub(super) struct Router<P>(Arc<Services<P>>);

impl<P> Clone for Router<P> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

type Reflection = BoxCloneSyncService<Request<Body>, Response<Body>, Infallible>;

struct Services<P> {
    doorkeeper: Doorkeeper,
    reveals_version: bool,
    stream_silence_max: Duration,
    permissions: PermissionsServiceServer<P>,
    schema: SchemaServiceServer<Schemas>,
    watch: WatchServiceServer<Watches>,
    experimental: ExperimentalServiceServer<Experimental>,
    lifecycle: Option<LifecycleServiceServer<Lifecycles>>,
    health: HealthServer<HealthOfEngine>,
    reflection_v1: Reflection,
    reflection_v1alpha: Reflection,
}

impl<P: PermissionsService> Router<P> {
    /// The router of a server.
    pub(super) fn new(
        permissions: P,
        backend: &Arc<Backend>,
        lifecycle: Option<Arc<Lifecycle>>,
        doorkeeper: Doorkeeper,
        watch: WatchOptions,
        reveals_version: bool,
        is_stopping: watch::Receiver<bool>,
    ) -> Result<Self, tonic_reflection::server::Error> {
        let bytes_max = backend.limits.message_bytes_max;
        let schema = Schemas { backend: Arc::clone(backend) };
        let experimental = Experimental { backend: Arc::clone(backend) };
        let is_watch_enabled = watch.is_enabled;
        let watch = Watches {
            backend: Arc::clone(backend),
            options: watch,
            room: Room::default(),
            is_stopping: is_stopping.clone(),
        };
        let health = HealthOfEngine {
            engine: Arc::clone(&backend.engine),
            is_watch_enabled,
            is_lifecycle_enabled: lifecycle.is_some(),
            is_stopping,
        };
        let lifecycle = lifecycle.map(|lifecycle| Lifecycles::new(lifecycle, Arc::clone(backend)));
        let reflection = || {
            tonic_reflection::server::Builder::configure()
                .register_encoded_file_descriptor_set(FILE_DESCRIPTOR_SET)
                .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
        };
        Ok(Self(Arc::new(Services {
            doorkeeper,
            reveals_version,
            stream_silence_max: backend.limits.stream_silence_max,
            permissions: PermissionsServiceServer::new(permissions).max_decoding_message_size(bytes_max),
            schema: SchemaServiceServer::new(schema).max_decoding_message_size(bytes_max),
            watch: WatchServiceServer::new(watch).max_decoding_message_size(bytes_max),
            experimental: ExperimentalServiceServer::new(experimental).max_decoding_message_size(bytes_max),
            lifecycle: lifecycle
                .map(|lifecycle| LifecycleServiceServer::new(lifecycle).max_decoding_message_size(bytes_max)),
            health: HealthServer::new(health),
            reflection_v1: Reflection::new(reflection().build_v1()?),
            reflection_v1alpha: Reflection::new(reflection().build_v1alpha()?),
        })))
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
        let path = request.uri().path();
        let is_api = service_name(path).starts_with(API);
        let trailers = Trailers::new(request.headers(), self.0.reveals_version, is_api);
        let silence = is_bounded_stream(path).then(|| Silence::new(self.0.stream_silence_max));
        Answered::new(self.answer(request), trailers, silence)
    }
}

impl<P: PermissionsService> Router<P> {
    /// Whether a request with these headers may come in; every call of the API asks this by itself.
    pub(super) fn admit(&self, headers: &HeaderMap) -> Result<(), Status> {
        self.0.doorkeeper.admit(headers)
    }

    fn answer<B>(&self, request: Request<B>) -> Guarded
    where
        B: HttpBody<Data = Bytes> + Send + Unpin + 'static,
        B::Error: Into<StdError> + Send + 'static,
    {
        let services = &self.0;
        let service = service_name(request.uri().path());
        let is_open = matches!(
            service,
            "grpc.health.v1.Health"
                | "grpc.reflection.v1.ServerReflection"
                | "grpc.reflection.v1alpha.ServerReflection"
        );
        if !is_open && let Err(status) = services.doorkeeper.admit(request.headers()) {
            return Guarded::refuse(status);
        }
        match service {
            "authzed.api.v1.PermissionsService" => {
                let mut service = services.permissions.clone();
                Guarded::start(move || service.call(request.map(Unbroken)))
            }
            "authzed.api.v1.SchemaService" => {
                let mut service = services.schema.clone();
                Guarded::start(move || service.call(request))
            }
            "authzed.api.v1.WatchService" => {
                let mut service = services.watch.clone();
                Guarded::start(move || service.call(request))
            }
            "authzed.api.v1.ExperimentalService" => {
                let mut service = services.experimental.clone();
                Guarded::start(move || service.call(request.map(Unbroken)))
            }
            "arrowroot.v1.LifecycleService" => match services.lifecycle.clone() {
                Some(mut service) => Guarded::start(move || service.call(request.map(Unbroken))),
                None => Guarded::refuse(Status::unimplemented(NO_LIFECYCLE)),
            },
            "grpc.health.v1.Health" => {
                let mut service = services.health.clone();
                Guarded::start(move || service.call(request))
            }
            "grpc.reflection.v1.ServerReflection" => {
                let mut service = services.reflection_v1.clone();
                Guarded::start(move || service.call(request.map(Body::new)))
            }
            "grpc.reflection.v1alpha.ServerReflection" => {
                let mut service = services.reflection_v1alpha.clone();
                Guarded::start(move || service.call(request.map(Body::new)))
            }
            _ => Guarded::refuse(Status::unimplemented(format!("{service} is not served"))),
        }
    }
}

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

/// `package.Service` of `/package.Service/Method`.
fn service_name(path: &str) -> &str {
    let path = path.strip_prefix('/').unwrap_or(path);
    path.split_once('/').map_or(path, |(service, _)| service)
}
