//! Spans that a collector is sent, and what happens if there is none.

use std::time::{Duration, Instant};

use arrowroot::server::wire::v1::permissions_service_client::PermissionsServiceClient;
use tonic::{Code, Request};

use super::collector::{Collector, attribute};
use super::http::ask;
use super::page::{Page, await_page};
use super::server::{Server, check, refused, touch};

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const PARENT: &str = "b7ad6b7169203331";

fn traced<T>(message: T, is_sampled: bool) -> Request<T> {
    let mut request = Request::new(message);
    let flags = u8::from(is_sampled);
    request.metadata_mut().insert("traceparent", format!("00-{TRACE}-{PARENT}-{flags:02x}").parse().unwrap());
    request.metadata_mut().insert("tracestate", "vendor=value".parse().unwrap());
    request.metadata_mut().insert("x-request-id", "mine".parse().unwrap());
    request
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

#[tokio::test]
async fn a_span_continues_its_callers_trace() {
    let mut collector = Collector::start();
    let endpoint =
        ["--otel-endpoint", &collector.address, "--otel-sample-ratio=0", "--otel-service-name=graph"];
    let server = Server::start(&endpoint);
    let mut permissions = PermissionsServiceClient::new(server.channel().await);
    permissions.check_permission(traced(check("ana"), true)).await.unwrap();
    let received = collector.find(|span| span.name.ends_with("/CheckPermission")).await;
    let span = &received.span;
    assert_eq!(received.service, "graph");
    assert_eq!(span.name, "authzed.api.v1.PermissionsService/CheckPermission");
    assert_eq!((hex(&span.trace_id), hex(&span.parent_span_id)), (TRACE.to_owned(), PARENT.to_owned()));
    assert_eq!((span.trace_state.as_str(), span.kind), ("vendor=value", 2));
    for (key, value) in [
        ("rpc.system", "grpc"),
        ("rpc.service", "authzed.api.v1.PermissionsService"),
        ("rpc.method", "CheckPermission"),
        ("rpc.grpc.status_code", "0"),
        ("arrowroot.request_id", "mine"),
        ("network.peer.address", "127.0.0.1"),
    ] {
        assert_eq!(attribute(&span.attributes, key).as_deref(), Some(value), "{key}");
    }
    let own = span.span_id.clone();
    assert_eq!(collector.find(|span| span.name == "evaluate").await.span.parent_span_id, own);

    permissions.write_relationships(traced(touch(1), true)).await.unwrap();
    let write = collector.find(|span| span.name.ends_with("/WriteRelationships")).await.span;
    assert_eq!(collector.find(|span| span.name == "commit").await.span.parent_span_id, write.span_id);
    server.stop();
}

#[tokio::test]
async fn what_is_not_sampled_is_not_sent_and_the_rest_is_sent_at_the_end() {
    let mut collector = Collector::start();
    let flags = [
        "--otel-endpoint",
        &collector.address,
        "--otel-sample-ratio=1",
        "--http-enabled",
        "--http-addr=127.0.0.1:0",
    ];
    let server = Server::start(&flags);
    let mut permissions = PermissionsServiceClient::new(server.channel().await);
    permissions.check_permission(traced(check("ana"), false)).await.unwrap();
    let body = "{\"relationshipFilter\":{\"resourceType\":\"agent\"}}";
    let header = format!("traceparent: 00-{TRACE}-{PARENT}-01");
    assert_eq!(ask(server.http(), "POST", "/v1/relationships/read", &[&header], body).status, 200);
    let status = permissions.check_permission(check("a b")).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
    drop(permissions);
    // Long before the next batch would be due.
    tokio::task::spawn_blocking(|| server.stop()).await.unwrap();
    let names: Vec<_> = collector.all().iter().map(|received| received.span.name.clone()).collect();
    let count = |name: &str| names.iter().filter(|span| span.ends_with(name)).count();
    assert_eq!((count("/CheckPermission"), count("/ReadRelationships")), (1, 1), "{names:?}");
    let read = collector.find(|span| span.name.ends_with("/ReadRelationships")).await.span;
    assert_eq!((hex(&read.trace_id), hex(&read.parent_span_id)), (TRACE.to_owned(), PARENT.to_owned()));
    let root = collector.find(|span| span.name.ends_with("/CheckPermission")).await.span;
    assert!(root.parent_span_id.is_empty(), "{root:?}");
    assert_eq!(attribute(&root.attributes, "rpc.grpc.status_code").as_deref(), Some("3"));
}

#[tokio::test]
async fn a_collector_that_is_not_there_holds_up_nobody() {
    // Bound and never accepted from: connections are made, and then nothing is said.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", silent.local_addr().unwrap());
    let server = Server::start(&["--otel-endpoint", &endpoint, "--otel-sample-ratio=1"]);
    let mut permissions = PermissionsServiceClient::new(server.channel().await);
    // More than there is room for.
    for _ in 0..3_000 {
        permissions.check_permission(check("ana")).await.unwrap();
    }
    let ended = |page: &Page| page.value("arrowroot_trace_spans_total{state=\"ended\"}") >= 6_000.0;
    let page = await_page(&server, ended).await;
    assert_eq!(page.value("arrowroot_trace_spans_total{state=\"exported\"}"), 0.0);
    drop(permissions);
    let start = Instant::now();
    tokio::task::spawn_blocking(|| server.stop()).await.unwrap();
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
}

#[test]
fn what_is_no_collector_and_no_ratio_is_refused() {
    for (flag, reason) in [
        ("--otel-endpoint=localhost:4317", "it must begin with `http://`"),
        ("--otel-endpoint=nonsense here", "is no address of a collector"),
        ("--otel-sample-ratio=2", "`2` is not from 0 to 1"),
    ] {
        let message = refused(&[flag]);
        assert!(message.contains(reason), "{flag}: {message}");
    }
}
