//! What every answer ends with: the request's id, the version if it was asked for, and the operations it took.

use std::pin::Pin;
use std::time::Duration;

use arrowroot::engine::{Engine, EngineOptions};
use arrowroot::server::wire::v1;
use arrowroot::server::wire::v1::permissions_service_client::PermissionsServiceClient;
use arrowroot::server::wire::v1::permissions_service_server::PermissionsService;
use arrowroot::server::{Server, ServerOptions};
use tokio_stream::{Stream, StreamExt as _};
use tonic::metadata::MetadataMap;
use tonic::{Code, Request, Response, Status, async_trait};

use super::harness::{Running, SCHEMA};
use super::notation;

const DISPATCHED: &str = "io.spicedb.respmeta.dispatchedoperationscount";
const CACHED: &str = "io.spicedb.respmeta.cachedoperationscount";
const VERSION: &str = "io.spicedb.debug.version";

/// Of what an answer ends with, what the tests look at.
#[derive(Debug, PartialEq, Eq)]
struct End {
    id: Option<String>,
    version: Option<String>,
    operations: Option<(String, String)>,
}

/// A unary answer's trailers are part of its metadata.
fn end(metadata: &MetadataMap) -> End {
    let text = |key| metadata.get(key).map(|value| value.to_str().unwrap().to_owned());
    End { id: text("x-request-id"), version: text(VERSION), operations: text(DISPATCHED).zip(text(CACHED)) }
}

fn operations(count: &str) -> (String, String) {
    (count.to_owned(), "0".to_owned())
}

fn with<T>(message: T, headers: &[(&'static str, &str)]) -> Request<T> {
    let mut request = Request::new(message);
    for (key, value) in headers {
        request.metadata_mut().insert(*key, value.parse().unwrap());
    }
    request
}

#[tokio::test]
async fn an_id_comes_back_and_one_is_made_where_there_is_none() {
    let (_running, client) = Running::holding(&["doc:1#viewer@user:a"]).await;
    let mut permissions = client.permissions;
    let answer = permissions
        .check_permission(with(notation::check("doc:1 view user:a"), &[("x-request-id", "mine-1")]))
        .await
        .unwrap();
    let expected = End { id: Some("mine-1".to_owned()), version: None, operations: Some(operations("1")) };
    assert_eq!(end(answer.metadata()), expected);
    let mut made = Vec::new();
    for _ in 0..2 {
        let answer = permissions.check_permission(notation::check("doc:1 view user:a")).await.unwrap();
        made.push(end(answer.metadata()).id.unwrap());
    }
    assert!(made[0] != made[1] && made.iter().all(|id| id.len() == 32), "{made:?}");
}

#[tokio::test]
async fn an_error_has_an_id_too() {
    let (_running, client) = Running::holding(&[]).await;
    let mut permissions = client.permissions;
    let headers = [("x-request-id", "mine-2"), ("io.spicedb.requestversion", "")];
    let request = with(v1::CheckPermissionRequest::default(), &headers);
    let refused = permissions.check_permission(request).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    let version = Some(format!("v{}", env!("CARGO_PKG_VERSION")));
    let expected = End { id: Some("mine-2".to_owned()), version, operations: None };
    assert_eq!(end(refused.metadata()), expected);
}

#[tokio::test]
async fn the_version_is_told_unless_the_operator_forbids_it() {
    for reveals_version in [true, false] {
        let mut options = ServerOptions::default();
        options.reveals_version = reveals_version;
        let running = Running::with(options, EngineOptions::default());
        let mut schema = running.client().await.schema;
        let write = v1::WriteSchemaRequest { schema: SCHEMA.to_owned() };
        let answer =
            schema.write_schema(with(write, &[("io.spicedb.requestversion", "true")])).await.unwrap();
        let version = reveals_version.then(|| format!("v{}", env!("CARGO_PKG_VERSION")));
        assert_eq!(end(answer.metadata()).version, version);
    }
}

#[tokio::test]
async fn operations_are_counted_as_spicedb_counts_them() {
    let (_running, mut client) = Running::holding(&["doc:1#viewer@user:a"]).await;
    let precondition = notation::precondition("must type=doc");
    let preconditions = vec![precondition.clone(), precondition];
    let write = v1::WriteRelationshipsRequest {
        updates: vec![notation::update("~doc:1#viewer@user:b")],
        optional_preconditions: preconditions.clone(),
        ..Default::default()
    };
    let written = client.permissions.write_relationships(write).await.unwrap();
    assert_eq!(end(written.metadata()).operations.unwrap(), operations("3"));
    let delete = v1::DeleteRelationshipsRequest {
        relationship_filter: Some(notation::filter("type=doc")),
        optional_preconditions: preconditions,
        ..Default::default()
    };
    let deleted = client.permissions.delete_relationships(delete).await.unwrap();
    assert_eq!(end(deleted.metadata()).operations.unwrap(), operations("3"));
    // One definition stays, three go.
    let write = v1::WriteSchemaRequest { schema: "definition user {}".to_owned() };
    let written = client.schema.write_schema(write).await.unwrap();
    assert_eq!(end(written.metadata()).operations.unwrap(), operations("4"));
    let read = client.schema.read_schema(v1::ReadSchemaRequest {}).await.unwrap();
    assert_eq!(end(read.metadata()).operations.unwrap(), operations("1"));
}

#[tokio::test]
async fn a_stream_ends_with_them() {
    let (_running, client) = Running::holding(&["doc:1#viewer@user:a", "doc:2#viewer@user:a"]).await;
    let mut permissions = client.permissions;
    let read = v1::ReadRelationshipsRequest {
        relationship_filter: Some(notation::filter("type=doc")),
        ..Default::default()
    };
    let answer = permissions.read_relationships(with(read, &[("x-request-id", "mine-3")])).await.unwrap();
    let mut stream = answer.into_inner();
    assert_eq!((&mut stream).filter(Result::is_ok).fold(0, |count, _| count + 1).await, 2);
    let trailers = stream.trailers().await.unwrap().unwrap();
    let expected = End { id: Some("mine-3".to_owned()), version: None, operations: Some(operations("1")) };
    assert_eq!(end(&trailers), expected);
}

#[tokio::test]
async fn health_counts_no_operations() {
    let running = Running::start();
    let mut health = tonic_health::pb::health_client::HealthClient::new(running.channel().await);
    let answer = health.check(tonic_health::pb::HealthCheckRequest::default()).await.unwrap();
    let end = end(answer.metadata());
    assert!(end.id.is_some() && end.operations.is_none(), "{end:?}");
}

/// Streams that say something or nothing, and then stay silent.
#[derive(Debug)]
struct Silent;

type Messages<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

#[async_trait]
impl PermissionsService for Silent {
    async fn read_relationships(
        &self,
        request: Request<v1::ReadRelationshipsRequest>,
    ) -> Result<Response<Messages<v1::ReadRelationshipsResponse>>, Status> {
        let count = request.into_inner().optional_limit as usize;
        let messages = std::iter::repeat_with(|| Ok(v1::ReadRelationshipsResponse::default())).take(count);
        Ok(Response::new(Box::pin(tokio_stream::iter(messages).chain(tokio_stream::pending()))))
    }

    async fn lookup_resources(
        &self,
        _request: Request<v1::LookupResourcesRequest>,
    ) -> Result<Response<Messages<v1::LookupResourcesResponse>>, Status> {
        std::future::pending().await
    }
}

#[tokio::test]
async fn a_stream_that_is_silent_for_too_long_ends() {
    let mut options = ServerOptions::default();
    options.limits.stream_silence_max = Duration::from_millis(20);
    let engine = Engine::in_memory(EngineOptions::default()).unwrap();
    let running = Running::over(engine, options, |options, engine| {
        Server::bind_with_permissions(options, engine, Silent)
    });
    let mut permissions = PermissionsServiceClient::new(running.channel().await);
    let refused = permissions.lookup_resources(v1::LookupResourcesRequest::default()).await.unwrap_err();
    let message = "operation took longer than allowed 20ms to complete";
    assert_eq!((refused.code(), refused.message()), (Code::DeadlineExceeded, message));
    assert!(end(refused.metadata()).id.is_some());
    for count in [0, 2] {
        let read = v1::ReadRelationshipsRequest { optional_limit: count, ..Default::default() };
        let mut stream = permissions.read_relationships(read).await.unwrap().into_inner();
        for _ in 0..count {
            assert!(stream.message().await.unwrap().is_some());
        }
        let ended = stream.message().await.unwrap_err();
        assert_eq!((ended.code(), ended.message()), (Code::DeadlineExceeded, message));
        assert!(end(ended.metadata()).id.is_some());
    }
}
