//! What is counted of what was asked.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use arrowroot::server::wire::v1;
use arrowroot::server::wire::v1::permissions_service_client::PermissionsServiceClient;
use arrowroot::server::wire::v1::watch_service_client::WatchServiceClient;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::{Code, Request};

use super::http::{ask, get};
use super::page::{Page, await_page};
use super::server::{Server, check, refused, touch};

const PERMISSIONS: &str = "authzed.api.v1.PermissionsService";

#[tokio::test]
async fn calls_are_counted_by_their_method_and_code() {
    let server = Server::start(&[]);
    let mut permissions = PermissionsServiceClient::new(server.channel().await);
    for _ in 0..5 {
        permissions.check_permission(check("ana")).await.unwrap();
    }
    for _ in 0..3 {
        let status = permissions.check_permission(check("a b")).await.unwrap_err();
        assert_eq!(status.code(), Code::InvalidArgument);
    }
    let read = v1::ReadRelationshipsRequest {
        relationship_filter: Some(v1::RelationshipFilter {
            resource_type: "agent".to_owned(),
            ..Default::default()
        }),
        ..Default::default()
    };
    let mut stream = permissions.read_relationships(read).await.unwrap().into_inner();
    while stream.message().await.unwrap().is_some() {}
    let page = await_page(&server, |page| {
        page.handled("server_stream", PERMISSIONS, "ReadRelationships", "OK") == 1.0
    })
    .await;
    assert_eq!(page.handled("unary", PERMISSIONS, "CheckPermission", "OK"), 5.0);
    assert_eq!(page.handled("unary", PERMISSIONS, "CheckPermission", "InvalidArgument"), 3.0);
    let of_check =
        format!("grpc_type=\"unary\",grpc_service=\"{PERMISSIONS}\",grpc_method=\"CheckPermission\"");
    assert_eq!(page.value(&format!("grpc_server_started_total{{{of_check}}}")), 8.0);
    let times = |part: &str, more: &str| {
        page.value(&format!("grpc_server_handling_seconds_{part}{{{more}{of_check},grpc_code=\"OK\"}}"))
    };
    assert_eq!((times("count", ""), times("bucket", "le=\"+Inf\",")), (5.0, 5.0), "{}", page.text);
    assert!((0.0..60.0).contains(&times("sum", "")) && times("sum", "") > 0.0);
    assert_eq!(page.value("arrowroot_grpc_calls_in_flight"), 0.0);
    assert_eq!(page.value("arrowroot_connections{address=\"grpc\"}"), 1.0);
    server.stop();
}

#[tokio::test]
async fn names_that_clients_make_up_are_no_labels() {
    let server = Server::start(&["--http-enabled", "--http-addr=127.0.0.1:0"]);
    let mut client = tonic::client::Grpc::new(server.channel().await);
    for number in 0..20 {
        client.ready().await.unwrap();
        let path: PathAndQuery = format!("/made.up.Service{number}/Method").parse().unwrap();
        let codec = tonic_prost::ProstCodec::<v1::ReadSchemaRequest, v1::ReadSchemaResponse>::default();
        let status = client.unary(Request::new(v1::ReadSchemaRequest {}), path, codec).await.unwrap_err();
        assert_eq!(status.code(), Code::Unimplemented);
        assert_eq!(get(server.http(), &format!("/made/up/{number}")).status, 404);
        assert_eq!(ask(server.http(), "BREW", "/coffee", &[], "").status, 404);
    }
    let page =
        await_page(&server, |page| page.handled("unary", "unknown", "unknown", "Unimplemented") == 20.0)
            .await;
    assert!(!page.text.contains("made.up") && !page.text.contains("made/up"), "{}", page.text);
    let requests = page.all("arrowroot_http_request_seconds_count");
    assert_eq!(requests, [("arrowroot_http_request_seconds_count{route=\"unknown\",status=\"404\"}", 40.0)]);
    server.stop();
}

#[tokio::test]
async fn requests_over_http_are_counted_by_route_and_as_calls() {
    let server = Server::start(&["--http-enabled", "--http-addr=127.0.0.1:0"]);
    let body = r#"{"resource":{"objectType":"agent","objectId":"planner"},"permission":"read","subject":{"object":{"objectType":"user","objectId":"ana"}}}"#;
    for (body, status) in [(body, 200), (body, 200), ("{", 400)] {
        assert_eq!(ask(server.http(), "POST", "/v1/permissions/check", &[], body).status, status);
    }
    let count = |status: u16| {
        format!("arrowroot_http_request_seconds_count{{route=\"/v1/permissions/check\",status=\"{status}\"}}")
    };
    let page =
        await_page(&server, |page| page.value(&count(200)) == 2.0 && page.value(&count(400)) == 1.0).await;
    assert_eq!(page.handled("unary", PERMISSIONS, "CheckPermission", "OK"), 2.0);
    server.stop();
}

#[tokio::test]
async fn writes_and_the_graph_are_counted() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("data").display().to_string();
    let bootstrap = format!("{}/schema/quickstart.yaml", env!("CARGO_MANIFEST_DIR"));
    let server = Server::start_with(&["--datastore-path", &path, "--datastore-bootstrap-files", &bootstrap]);
    let before = Page::of(&server);
    let mut permissions = PermissionsServiceClient::new(server.channel().await);
    for number in 0..10 {
        permissions.write_relationships(touch(number)).await.unwrap();
    }
    let after = Page::of(&server);
    let grown = |sample: &str| after.value(sample) - before.value(sample);
    for (sample, by) in [
        ("arrowroot_relationships", 10.0),
        ("arrowroot_objects", 10.0),
        ("arrowroot_head_revision", 10.0),
        ("arrowroot_commit_seconds_count", 10.0),
        ("arrowroot_commit_group_writes_sum", 10.0),
        ("arrowroot_commit_group_changes_sum", 10.0),
        // One after another, each in a group of its own.
        ("arrowroot_journal_append_seconds_count", 10.0),
        ("arrowroot_journal_sync_seconds_count", 10.0),
    ] {
        assert_eq!(grown(sample), by, "{sample}\n{}", after.text);
    }
    assert!(grown("arrowroot_journal_bytes{part=\"after_checkpoint\"}") > 0.0);
    assert!(after.value("arrowroot_journal_sync_seconds_sum") > 0.0);
    assert!(after.value("arrowroot_memory_bytes{part=\"postings\"}") >= 40.0 * 35.0);
    assert_eq!((after.value("arrowroot_ready"), after.value("arrowroot_writable")), (1.0, 1.0));
    assert!(after.value("process_resident_memory_bytes") > 1e6 && after.value("process_open_fds") > 3.0);
    server.stop();
}

#[tokio::test]
async fn clients_that_watch_are_counted_until_they_have_gone() {
    let server = Server::start(&[]);
    let channel = server.channel().await;
    let mut stream = WatchServiceClient::new(channel.clone())
        .watch(v1::WatchRequest::default())
        .await
        .unwrap()
        .into_inner();
    let page = await_page(&server, |page| page.value("arrowroot_watch_clients") == 1.0).await;
    assert_eq!(page.value("arrowroot_grpc_calls_in_flight"), 1.0);
    PermissionsServiceClient::new(channel).write_relationships(touch(1)).await.unwrap();
    assert!(stream.message().await.unwrap().is_some());
    await_page(&server, |page| page.value("arrowroot_watch_lag_revisions") == 0.0).await;
    drop(stream);
    let gone = |page: &Page| {
        page.value("arrowroot_watch_clients") == 0.0
            && page.handled("server_stream", "authzed.api.v1.WatchService", "Watch", "Canceled") == 1.0
    };
    await_page(&server, gone).await;
    server.stop();
}

#[test]
fn both_formats_are_there() {
    let server = Server::start(&[]);
    let open =
        ask(server.metrics(), "GET", "/metrics", &["accept: application/openmetrics-text;version=1.0.0"], "");
    assert_eq!(
        open.header("content-type"),
        Some("application/openmetrics-text; version=1.0.0; charset=utf-8")
    );
    assert!(open.body.ends_with("# EOF\n"));
    let (open, plain) = (Page::read(open), Page::of(&server));
    let unsuffixed = |page: &Page| -> Vec<String> {
        page.kinds.keys().map(|name| name.trim_end_matches("_total").to_owned()).collect()
    };
    assert_eq!(unsuffixed(&open), unsuffixed(&plain));
    for (name, kind) in &plain.kinds {
        let expected = if name.ends_with("_total") { "counter" } else { kind };
        assert_eq!(kind, expected, "{name}");
        assert_ne!((kind.as_str(), name.ends_with("_total")), ("counter", false), "{name}");
    }
    server.stop();
}

#[test]
fn what_is_not_asked_for_in_the_right_way_is_refused() {
    let server = Server::start(&[]);
    assert_eq!(get(server.metrics(), "/").status, 404);
    assert_eq!(ask(server.metrics(), "POST", "/metrics", &[], "").status, 405);
    assert_eq!(ask(server.metrics(), "HEAD", "/metrics", &[], "").body, "");
    let taken = refused(&["--metrics-addr", server.metrics()]);
    assert!(taken.contains("cannot listen on"), "{taken}");
    let mut endless = TcpStream::connect(server.metrics()).unwrap();
    // It may be answered, or cut off, before all of it is there.
    let _ = endless.write_all(format!("GET /{} HTTP/1.1\r\n", "a".repeat(1 << 20)).as_bytes());
    let mut answer = Vec::new();
    let _ = endless.read_to_end(&mut answer);
    assert!(!answer.starts_with(b"HTTP/1.1 200"));
    assert_eq!(get(server.metrics(), "/healthz").status, 200);
    server.stop();
}
