//! `/healthz` and `/readyz`, from the first moment to the last.

use arrowroot::server::wire::v1::permissions_service_client::PermissionsServiceClient;
use tokio_stream::wrappers::ReceiverStream;

use super::http::{Answer, get};
use super::page::Page;
use super::server::Server;

fn json(answer: &Answer) -> serde_json::Value {
    assert_eq!(answer.header("content-type"), Some("application/json"));
    serde_json::from_str(&answer.body).unwrap()
}

#[test]
fn a_server_is_alive_at_once_and_ready_when_it_has_its_graph() {
    let directory = tempfile::tempdir().unwrap();
    let (mut server, pipe) = Server::start_waiting(&directory);
    let alive = get(server.metrics(), "/healthz");
    assert_eq!((alive.status, json(&alive)["status"].as_str()), (200, Some("alive")));
    let not_ready = get(server.metrics(), "/readyz");
    assert_eq!(not_ready.status, 503);
    let told = json(&not_ready);
    assert_eq!(told["status"], "not ready");
    assert_eq!(told["reason"], "the store is being opened");
    assert_eq!(told["opening"]["relationships"], 0);
    // Whoever can reach the other address is not told how large the graph is.
    let public = get(server.http(), "/readyz");
    assert_eq!((public.status, json(&public).get("opening")), (503, None));
    let page = Page::of(&server);
    assert_eq!(page.value("arrowroot_ready"), 0.0);
    assert!(!page.has("arrowroot_relationships"));

    let profile = format!("{}/schema/agentex.yaml", env!("CARGO_MANIFEST_DIR"));
    std::fs::write(pipe, std::fs::read(profile).unwrap()).unwrap();
    server.await_ready();
    for address in [server.metrics(), server.http()] {
        let ready = get(address, "/readyz");
        assert_eq!((ready.status, ready.body.as_str()), (200, "{\"status\":\"ready\"}\n"));
    }
    assert_eq!(Page::of(&server).value("arrowroot_ready"), 1.0);
    server.stop();
}

#[tokio::test]
async fn a_server_that_stops_says_so_until_its_last_request_is_answered() {
    let server = Server::start(&["--grpc-shutdown-grace-period=60s"]);
    let mut permissions = PermissionsServiceClient::new(server.channel().await);
    // A request that goes on for as long as its client likes.
    let (open, requests) = tokio::sync::mpsc::channel(1);
    let import =
        tokio::spawn(
            async move { permissions.import_bulk_relationships(ReceiverStream::new(requests)).await },
        );
    while Page::of(&server).value("arrowroot_imports_in_progress") == 0.0 {
        tokio::task::yield_now().await;
    }
    server.terminate();
    let stopping = loop {
        let answer = get(server.metrics(), "/readyz");
        if answer.status != 200 {
            break answer;
        }
        tokio::task::yield_now().await;
    };
    assert_eq!((stopping.status, json(&stopping)["reason"].as_str()), (503, Some("the server is stopping")));
    assert_eq!(get(server.metrics(), "/healthz").status, 200);
    drop(open);
    import.await.unwrap().unwrap();
    let (is_orderly, log) = tokio::task::spawn_blocking(|| server.wait()).await.unwrap();
    assert!(is_orderly, "{}", log.join("\n"));
}
