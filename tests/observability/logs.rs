//! Lines of the log, and the ids of requests in them.

use arrowroot::server::wire::v1::permissions_service_client::PermissionsServiceClient;
use tonic::Request;

use super::http::{ask, get};
use super::server::{Server, check};

#[tokio::test]
async fn every_request_has_a_line_with_its_id() {
    let server = Server::start(&["--grpc-log-requests-enabled", "--http-enabled", "--http-addr=127.0.0.1:0"]);
    let mut permissions = PermissionsServiceClient::new(server.channel().await);
    let mut request = Request::new(check("ana"));
    request.metadata_mut().insert("x-request-id", "mine-1".parse().unwrap());
    permissions.check_permission(request).await.unwrap();
    let line = server.await_line("a call was answered");
    let fields = &line["fields"];
    assert_eq!(fields["method"], "authzed.api.v1.PermissionsService/CheckPermission");
    assert_eq!((&fields["code"], &fields["request_id"]), (&"OK".into(), &"mine-1".into()));
    assert!(fields["peer"].as_str().unwrap().starts_with("127.0.0.1:"), "{line}");
    assert!(fields["milliseconds"].as_f64().unwrap() > 0.0, "{line}");
    assert_eq!((&line["level"], fields.get("trace_id")), (&"INFO".into(), None));

    let refused = permissions.check_permission(check("a b")).await.unwrap_err();
    let made_up = refused.metadata().get("x-request-id").unwrap().to_str().unwrap().to_owned();
    let line = server.await_line(&made_up);
    assert_eq!(line["fields"]["code"], "InvalidArgument");

    let answer = ask(server.http(), "GET", "/nowhere?secret=1", &["x-request-id: mine-2"], "");
    assert_eq!((answer.status, answer.header("x-request-id")), (404, Some("mine-2")));
    let line = server.await_line("mine-2");
    assert_eq!((&line["fields"]["route"], &line["fields"]["status"]), (&"unknown".into(), &404.into()));
    for line in server.stop() {
        let line: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert!(!line.to_string().contains("secret"), "{line}");
    }
}

#[test]
fn ids_that_no_log_should_hold_are_replaced() {
    let server = Server::start(&["--grpc-log-requests-enabled", "--http-enabled", "--http-addr=127.0.0.1:0"]);
    for id in ["", "a\tb", &"x".repeat(257)] {
        let answer = ask(server.http(), "GET", "/healthz", &[&format!("x-request-id: {id}")], "");
        let own = answer.header("x-request-id").unwrap();
        assert!(own.len() == 32 && own.bytes().all(|byte| byte.is_ascii_hexdigit()), "{id:?}: {own:?}");
    }
    let longest = "x".repeat(256);
    let answer = ask(server.http(), "GET", "/healthz", &[&format!("x-request-id: {longest}")], "");
    assert_eq!(answer.header("x-request-id"), Some(&*longest));
    server.stop();
}

#[tokio::test]
async fn requests_have_no_lines_unless_they_are_asked_for() {
    let server = Server::start(&["--http-enabled", "--http-addr=127.0.0.1:0"]);
    PermissionsServiceClient::new(server.channel().await).check_permission(check("ana")).await.unwrap();
    assert_eq!(get(server.http(), "/healthz").status, 200);
    let log = server.stop();
    assert!(!log.iter().any(|line| line.contains("answered")), "{}", log.join("\n"));
}
