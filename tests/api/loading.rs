//! A server whose graph is not there yet.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use arrowroot::engine::{Engine, EngineOptions, Opening};
use arrowroot::server::wire::v1;
use arrowroot::server::wire::v1::experimental_service_client::ExperimentalServiceClient;
use arrowroot::server::{AuthzOptions, Entrance, PresharedKey, Server, ServerOptions};
use tokio::sync::oneshot;
use tonic::metadata::MetadataValue;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Request};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tonic_reflection::pb::v1::ServerReflectionRequest;
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;

use crate::harness::{Client, told};
use crate::http::{self, Http};
use crate::notation;

const SERVICES: [&str; 5] = [
    "",
    "authzed.api.v1.PermissionsService",
    "authzed.api.v1.SchemaService",
    "authzed.api.v1.WatchService",
    "arrowroot.writes",
];

/// A server that runs without a graph until it is dropped.
struct Loading {
    channel: Channel,
    http: Http,
    opening: Arc<Opening>,
    entrance: Option<Entrance>,
    _stop: oneshot::Sender<()>,
}

impl Loading {
    async fn start(mut options: ServerOptions) -> Self {
        options.address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let opening = Arc::new(Opening::default());
        let (server, entrance) = Server::listen(options, Arc::clone(&opening)).unwrap();
        let (address, http) = (server.local_address(), server.http_address().unwrap());
        let (stop, stopped) = oneshot::channel::<()>();
        std::thread::spawn(move || server.run(async { drop(stopped.await) }).unwrap());
        let channel = Endpoint::from_shared(format!("http://{address}")).unwrap().connect().await.unwrap();
        Self { channel, http: Http::at(http).await, opening, entrance: Some(entrance), _stop: stop }
    }

    fn open(&mut self) {
        let engine = Arc::new(Engine::in_memory(EngineOptions::default()).unwrap());
        engine.write_schema(crate::harness::SCHEMA).unwrap();
        self.entrance.take().unwrap().open(engine, None, AuthzOptions::default()).unwrap();
    }

    async fn health(&self, service: &str) -> ServingStatus {
        let request = HealthCheckRequest { service: service.to_owned() };
        HealthClient::new(self.channel.clone()).check(request).await.unwrap().into_inner().status()
    }
}

#[tokio::test]
async fn health_is_not_serving_until_the_graph_is_there() {
    let mut loading = Loading::start(http::options()).await;
    let mut watches = Vec::new();
    for service in SERVICES {
        assert_eq!(loading.health(service).await, ServingStatus::NotServing, "{service}");
        let request = HealthCheckRequest { service: service.to_owned() };
        let watch = HealthClient::new(loading.channel.clone()).watch(request).await;
        watches.push(watch.unwrap().into_inner());
    }
    let unknown = HealthCheckRequest { service: "nothing".to_owned() };
    let unknown = HealthClient::new(loading.channel.clone()).check(unknown).await;
    assert_eq!(told(unknown), "NotFound `unknown service`");
    for watch in &mut watches {
        assert_eq!(watch.message().await.unwrap().unwrap().status(), ServingStatus::NotServing);
    }
    loading.open();
    for (watch, service) in watches.iter_mut().zip(SERVICES) {
        let status = watch.message().await.unwrap().unwrap().status();
        assert_eq!(status, ServingStatus::Serving, "{service}");
        assert_eq!(loading.health(service).await, ServingStatus::Serving, "{service}");
    }
    // Nobody said that there is one.
    assert_eq!(loading.health("arrowroot.v1.LifecycleService").await, ServingStatus::NotServing);
}

#[tokio::test]
async fn all_else_is_unavailable_with_the_progress_and_then_served_on_the_same_connections() {
    let mut loading = Loading::start(http::options()).await;
    let mut client = Client::new(loading.channel.clone());
    let mut experimental = ExperimentalServiceClient::new(loading.channel.clone());
    for (expected, of, loaded) in [
        ("the store is being opened", 0, 0),
        ("200 of 3000 relationships are loaded", 3000, 200),
        ("3000 of 3000 relationships are loaded", 0, 2800),
    ] {
        loading.opening.expect(of);
        loading.opening.add(loaded);
        let expected = format!("Unavailable `the server is not ready yet: {expected}`");
        let check = client.permissions.check_permission(notation::check("doc:1 view user:a")).await;
        assert_eq!(told(check), expected);
        assert_eq!(told(client.schema.read_schema(v1::ReadSchemaRequest {}).await), expected);
        let read = client.permissions.read_relationships(v1::ReadRelationshipsRequest::default()).await;
        assert_eq!(told(read), expected);
        let imports = tokio_stream::once(v1::ImportBulkRelationshipsRequest::default());
        assert_eq!(told(client.permissions.import_bulk_relationships(imports).await), expected);
        let bulk = v1::BulkCheckPermissionRequest::default();
        assert_eq!(told(experimental.bulk_check_permission(bulk).await), expected);
    }
    loading.open();
    let check = client.permissions.check_permission(notation::check("doc:1 view user:a")).await;
    assert_eq!(told(check), "OK");
    assert_eq!(told(client.schema.read_schema(v1::ReadSchemaRequest {}).await), "OK");
}

#[tokio::test]
async fn over_http_everything_is_unavailable_until_then() {
    let mut loading = Loading::start(http::options()).await;
    for path in ["/healthz", "/healthz?service=authzed.api.v1.SchemaService"] {
        let unhealthy = (503, 14, "status:NOT_SERVING".to_owned());
        assert_eq!(loading.http.get(path).await.error(), unhealthy, "{path}");
    }
    assert_eq!(loading.http.get("/healthz?service=nobody").await.status, 404);
    let unready = (503, 14, "the server is not ready yet".to_owned());
    for path in ["/v1/schema/read", "/v1/permissions/check", "/v1/authz/check", "/nothing"] {
        assert_eq!(loading.http.post(path, "{}").await.error(), unready, "{path}");
    }
    assert_eq!(loading.http.get("/openapi.json").await.error(), unready);
    loading.open();
    assert_eq!(loading.http.get("/healthz").await.status, 200);
    assert_eq!(loading.http.post("/v1/schema/read", "{}").await.status, 200);
    assert_eq!(loading.http.get("/openapi.json").await.status, 200);
}

#[tokio::test]
async fn without_a_key_nobody_is_told_how_much_there_is() {
    let mut options = http::options();
    options.preshared_keys = ["key"].into_iter().filter_map(PresharedKey::new).collect();
    let mut loading = Loading::start(options).await;
    loading.opening.add(7);
    let mut client = Client::new(loading.channel.clone());
    let refused = client.schema.read_schema(v1::ReadSchemaRequest {}).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unauthenticated);
    let mut request = Request::new(v1::ReadSchemaRequest {});
    request.metadata_mut().insert("authorization", MetadataValue::from_static("Bearer key"));
    let unready = told(client.schema.read_schema(request).await);
    assert!(unready.ends_with("7 relationships are loaded so far`"), "{unready}");
    let mut reflection = ServerReflectionClient::new(loading.channel.clone());
    let asked = tokio_stream::once(ServerReflectionRequest::default());
    let unready = told(reflection.server_reflection_info(asked).await);
    assert_eq!(unready, "Unavailable `the server is not ready yet`");
    assert_eq!(loading.http.post("/v1/schema/read", "{}").await.error().2, "the server is not ready yet");
    assert_eq!(loading.health("").await, ServingStatus::NotServing);
}
