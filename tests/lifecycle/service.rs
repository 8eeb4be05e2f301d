//! The service among others: behind the same door, known to reflection and health, absent without a profile.

use std::sync::Arc;

use arrowroot::engine::{Engine, EngineOptions, ManualClock};
use arrowroot::server::{PresharedKey, ServerOptions};
use tonic::{Code, Request};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;
use tonic_reflection::pb::v1::ServerReflectionRequest;
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;

use super::harness::{Running, register_request, time};

const SERVICE: &str = "arrowroot.v1.LifecycleService";

async fn health(running: &Running) -> String {
    let mut health = HealthClient::new(running.channel().await);
    let request = HealthCheckRequest { service: SERVICE.to_owned() };
    format!("{:?}", health.check(request).await.unwrap().into_inner().status())
}

#[tokio::test]
async fn without_a_profile_it_is_not_served() {
    let engine = Arc::new(Engine::in_memory(EngineOptions::default()).unwrap());
    let clock = Arc::new(ManualClock::at(time(0)));
    let running = Running::with(engine, clock, None, ServerOptions::default());
    let mut client = running.client().await;
    let refused = client.0.register(register_request("ana@a", "agent:p", "")).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unimplemented);
    assert!(refused.message().contains("--lifecycle-profile"), "{}", refused.message());
    assert_eq!(health(&running).await, "NotServing");
}

#[tokio::test]
async fn reflection_and_health_know_it() {
    let (running, _client) = Running::start().await;
    assert_eq!(health(&running).await, "Serving");
    let mut reflection = ServerReflectionClient::new(running.channel().await);
    let request = ServerReflectionRequest {
        host: String::new(),
        message_request: Some(MessageRequest::ListServices(String::new())),
    };
    let mut answer =
        reflection.server_reflection_info(tokio_stream::iter([request])).await.unwrap().into_inner();
    let Some(MessageResponse::ListServicesResponse(services)) =
        answer.message().await.unwrap().unwrap().message_response
    else {
        panic!("no services");
    };
    assert!(services.service.iter().any(|service| service.name == SERVICE));
}

#[tokio::test]
async fn it_stands_behind_the_same_door() {
    let directory = tempfile::tempdir().unwrap();
    let mut options = ServerOptions::default();
    options.preshared_keys = vec![PresharedKey::new("secret").unwrap()];
    let running = Running::at(directory.path(), options);
    let mut client = running.client().await;
    let request = || register_request("ana@a", "agent:p", "");
    assert_eq!(client.0.register(request()).await.unwrap_err().code(), Code::Unauthenticated);
    let mut with_key = Request::new(request());
    with_key.metadata_mut().insert("authorization", "Bearer secret".parse().unwrap());
    assert!(client.0.register(with_key).await.unwrap().into_inner().changed);
}

#[tokio::test]
async fn what_was_acknowledged_is_there_after_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let running = Running::at(directory.path(), ServerOptions::default());
    let mut client = running.client().await;
    client.register("ana@a", "agent:p", "").await;
    client.register("ana@a", "agent:gone", "").await;
    client.deregister("ana@a", "agent:gone").await;
    let graph = running.graph();
    drop((client, running));
    let running = Running::at(directory.path(), ServerOptions::default());
    let mut client = running.client().await;
    assert_eq!(running.graph(), graph);
    assert_eq!(client.check("ana@a", "read", "agent:p").await, "permission");
    assert_eq!(client.register("ana@a", "agent:gone", "").await, "AlreadyExists DEREGISTERED");
    // Ages are those from before.
    running.set_time(3600);
    let selection = super::harness::selection("agent", "", 3000);
    assert_eq!(client.orphans(selection, Some(&[])).await.unwrap(), ["agent:p a NotLiving"]);
}
