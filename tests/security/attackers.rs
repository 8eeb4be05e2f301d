//! Clients that begin and do not go on cost others nothing.

use std::io::{Read as _, Write as _};

use tonic::Code;

use crate::certificates::Authority;
use crate::client::{Caller, READ_SCHEMA, plain, secure};
use crate::plain_http;
use crate::server::{Server, path};

/// More than one socket lets go on at once.
const HANDSHAKES: usize = 700;

#[tokio::test]
async fn handshakes_that_do_not_go_on_hold_up_nobody() {
    let (directory, authority) = (tempfile::tempdir().unwrap(), Authority::new("ours"));
    authority.sign().write(directory.path());
    let (certificate, key) = (path(directory.path(), "tls.crt"), path(directory.path(), "tls.key"));
    let flags = ["--grpc-no-auth", "--max-connections", "4"];
    let tls = ["--grpc-tls-cert-path", &certificate, "--grpc-tls-key-path", &key];
    let server = Server::start(&[&flags[..], &tls[..]].concat());
    // Half say nothing, the others begin a handshake: a record's head that promises more.
    let mut slow: Vec<_> = (0..HANDSHAKES)
        .map(|index| {
            let mut stream = plain_http::connect(server.grpc());
            if index % 2 == 1 {
                stream.write_all(&[0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3]).unwrap();
            }
            stream
        })
        .collect();
    for _ in 0..3 {
        let channel = secure(&server, &authority.certificate(), None).await.unwrap();
        assert_eq!(Caller::new(channel, None).code(READ_SCHEMA).await, Code::NotFound);
    }
    // In the end they are closed.
    for stream in &mut slow {
        let mut rest = Vec::new();
        // By an alert, a close or a reset.
        let _ = stream.read_to_end(&mut rest);
    }
    server.wait_for("a TLS handshake took too long", 1);
}

#[tokio::test]
async fn a_connection_that_says_nothing_is_closed() {
    let server = Server::start(&["--grpc-no-auth"]);
    for beginning in [&b""[..], b"PRI * HTTP/2.0"] {
        let mut stream = plain_http::connect(server.grpc());
        stream.write_all(beginning).unwrap();
        let mut answer = Vec::new();
        // An error would be the time that the test waits, and a reset is as good as a close.
        match stream.read_to_end(&mut answer) {
            Ok(_) => {}
            Err(error) => assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset),
        }
    }
}

#[test]
fn whoever_only_connects_keeps_no_probe_away() {
    let server = Server::start(&["--grpc-no-auth", "--metrics-addr", "127.0.0.1:0"]);
    let metrics = server.word("metrics").unwrap();
    let silent: Vec<_> = (0..200).map(|_| plain_http::connect(metrics)).collect();
    for path in ["/readyz", "/metrics"] {
        let answer = plain_http::ask(plain_http::connect(metrics), "GET", path, "", "").unwrap();
        assert_eq!(plain_http::status(&answer), 200, "{answer}");
    }
    drop(silent);
}

#[test]
fn a_request_s_id_forges_no_field_of_its_line() {
    let server = Server::start(&["--grpc-no-auth", "--http-enabled", "--grpc-log-requests-enabled"]);
    let header = "x-request-id: mine code=\"OK\" method=other\r\n";
    let stream = plain_http::connect(server.http());
    plain_http::ask(stream, "POST", "/v1/schema/read", header, "{}").unwrap();
    server.wait_for(r#"request_id="mine code=\"OK\" method=other""#, 2);
}

#[tokio::test]
async fn strangers_who_ask_for_reflection_take_no_places_of_others() {
    const REFLECTION: &str = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo";
    let limits = ["--max-concurrent-requests", "2", "--default-deadline", "2s"];
    let server = Server::start(&[&["--grpc-preshared-key", "ours"], &limits[..]].concat());
    let channel = plain(&server).await;
    let stranger = Caller::new(channel.clone(), None);
    let (_end, ended) = tokio::sync::watch::channel(());
    let open = [0; 3].map(|_| stranger.call_without_end(REFLECTION, ended.clone()));
    let (refused, _, open) = futures_util::future::select_all(open).await;
    assert_eq!(refused.unwrap().unwrap_err().code(), Code::ResourceExhausted);
    let owner = Caller::new(channel, Some("ours"));
    assert_eq!(owner.code(READ_SCHEMA).await, Code::NotFound);
    for call in open {
        assert_eq!(call.await.unwrap().unwrap_err().code(), Code::DeadlineExceeded);
    }
}
