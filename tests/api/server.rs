//! The server around the services: keys, health, reflection, what is not served, panics and the end.

use arrowroot::engine::{Engine, EngineOptions};
use arrowroot::server::wire::v1;
use arrowroot::server::wire::v1::watch_service_client::WatchServiceClient;
use arrowroot::server::{PresharedKey, Server, ServerOptions};
use tonic::codegen::BoxStream;
use tonic::metadata::MetadataValue;
use tonic::{Code, Request};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tonic_reflection::pb::v1::ServerReflectionRequest;
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;

use crate::harness::{Running, told};
use crate::notation;

fn guarded() -> Running {
    let mut options = ServerOptions::default();
    options.preshared_keys = ["old", "new"].into_iter().filter_map(PresharedKey::new).collect();
    Running::with(options, EngineOptions::default())
}

#[tokio::test]
async fn a_key_is_needed_and_each_one_opens() {
    let running = guarded();
    let mut client = running.client().await;
    let cases = [
        (None, "Unauthenticated `missing preshared key: send one as `authorization: Bearer <key>``"),
        (Some("Bearer wrong"), "PermissionDenied `invalid preshared key: invalid token`"),
        (
            Some("Basic old"),
            "Unauthenticated `missing preshared key: send one as `authorization: Bearer <key>``",
        ),
        (Some("Bearer old"), "NotFound `no schema has been defined; please call WriteSchema to start`"),
        (Some("bearer new"), "NotFound `no schema has been defined; please call WriteSchema to start`"),
    ];
    for (authorization, expected) in cases {
        let mut request = Request::new(v1::ReadSchemaRequest {});
        if let Some(authorization) = authorization {
            request.metadata_mut().insert("authorization", MetadataValue::from_static(authorization));
        }
        assert_eq!(told(client.schema.read_schema(request).await), expected, "{authorization:?}");
    }
    let mut watch = WatchServiceClient::new(running.channel().await);
    assert_eq!(watch.watch(v1::WatchRequest::default()).await.unwrap_err().code(), Code::Unauthenticated);
}

#[tokio::test]
async fn health_needs_no_key_and_knows_its_services() {
    let running = guarded();
    let mut health = HealthClient::new(running.channel().await);
    let services = [
        "",
        "authzed.api.v1.PermissionsService",
        "authzed.api.v1.SchemaService",
        "authzed.api.v1.WatchService",
        "arrowroot.writes",
    ];
    for service in services {
        let response = health.check(HealthCheckRequest { service: service.to_owned() }).await.unwrap();
        assert_eq!(response.into_inner().status(), ServingStatus::Serving, "{service}");
    }
    let unknown = health.check(HealthCheckRequest { service: "nothing".to_owned() }).await;
    assert_eq!(told(unknown), "NotFound `unknown service`");
}

#[tokio::test]
async fn whoever_watches_health_is_told_of_the_end() {
    let mut running = Running::start();
    let mut health = HealthClient::new(running.channel().await);
    let mut stream = health.watch(HealthCheckRequest::default()).await.unwrap().into_inner();
    assert_eq!(stream.message().await.unwrap().unwrap().status(), ServingStatus::Serving);
    tokio::task::spawn_blocking(move || running.stop()).await.unwrap();
    assert_eq!(stream.message().await.unwrap().unwrap().status(), ServingStatus::NotServing);
    assert!(stream.message().await.unwrap().is_none());
}

#[tokio::test]
async fn reflection_needs_no_key_and_lists_the_services() {
    let running = guarded();
    let mut reflection = ServerReflectionClient::new(running.channel().await);
    let list = ServerReflectionRequest {
        host: String::new(),
        message_request: Some(MessageRequest::ListServices(String::new())),
    };
    let mut stream = reflection.server_reflection_info(tokio_stream::once(list)).await.unwrap().into_inner();
    let answer = stream.message().await.unwrap().unwrap().message_response.unwrap();
    let MessageResponse::ListServicesResponse(list) = answer else { panic!("{answer:?}") };
    let names: Vec<_> = list.service.into_iter().map(|service| service.name).collect();
    for service in ["PermissionsService", "SchemaService", "WatchService", "ExperimentalService"] {
        assert!(names.contains(&format!("authzed.api.v1.{service}")), "{names:?}");
    }
    assert!(names.contains(&"grpc.health.v1.Health".to_owned()), "{names:?}");
}

#[tokio::test]
async fn what_is_not_served_is_unimplemented() {
    let running = Running::start();
    let mut client = running.client().await;
    let request = v1::ExpandPermissionTreeRequest::default();
    let answer = told(client.permissions.expand_permission_tree(request).await);
    assert!(answer.starts_with("Unimplemented `"), "{answer}");
}

/// A service that panics, at once and later.
struct Panicking;

#[tonic::async_trait]
impl v1::permissions_service_server::PermissionsService for Panicking {
    async fn check_permission(
        &self,
        _request: Request<v1::CheckPermissionRequest>,
    ) -> Result<tonic::Response<v1::CheckPermissionResponse>, tonic::Status> {
        tokio::task::yield_now().await;
        panic!("a test's panic")
    }

    async fn read_relationships(
        &self,
        _request: Request<v1::ReadRelationshipsRequest>,
    ) -> Result<tonic::Response<BoxStream<v1::ReadRelationshipsResponse>>, tonic::Status> {
        panic!("a test's panic")
    }
}

#[tokio::test]
async fn a_panic_ends_its_request_only() {
    let engine = Engine::in_memory(EngineOptions::default()).unwrap();
    let running = Running::over(engine, ServerOptions::default(), |options, engine| {
        Server::bind_with_permissions(options, engine, Panicking)
    });
    let mut client = running.client().await;
    let expected = "Internal `internal error; the server's log has the details`";
    for _ in 0..3 {
        let check = client.permissions.check_permission(notation::check("doc:1 view user:a")).await;
        assert_eq!(told(check), expected);
        let read = client.permissions.read_relationships(v1::ReadRelationshipsRequest::default()).await;
        assert_eq!(told(read), expected);
    }
    client.write_schema("definition user {}").await.unwrap();
}

#[tokio::test]
async fn one_port_is_not_shared_by_two_servers() {
    let running = Running::start();
    let mut options = ServerOptions::default();
    options.address = running.address;
    let error = Server::bind(options, running.engine.clone()).unwrap_err();
    assert!(error.to_string().starts_with(&format!("cannot listen on {}: ", running.address)), "{error}");
}

#[tokio::test]
async fn what_is_acknowledged_before_the_end_is_written() {
    let mut running = Running::start();
    let mut client = running.client().await;
    client.write_schema(crate::harness::SCHEMA).await.unwrap();
    let writes: Vec<_> = (0..200)
        .map(|index| {
            let mut client = client.clone();
            let update = notation::update(&format!("+doc:{index}#viewer@user:a"));
            tokio::spawn(async move { client.write(vec![update]).await })
        })
        .collect();
    tokio::task::yield_now().await;
    let address = running.address;
    let stopped = tokio::task::spawn_blocking(move || {
        running.stop();
        running
    });
    let mut acknowledged = 0;
    for write in writes {
        // The others were not taken any more.
        acknowledged += u64::from(write.await.unwrap().is_ok());
    }
    let running = stopped.await.unwrap();
    let head = running.engine.head().0;
    assert!(head > acknowledged, "{acknowledged} writes were acknowledged, and the head is {head}");
    assert!(tokio::net::TcpStream::connect(address).await.is_err());
}
