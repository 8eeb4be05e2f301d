//! What goes there and comes back, byte for byte.

use std::sync::Arc;

use hyper::HeaderMap;
use hyper::body::Bytes;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::RootCertStore;
use rustls::pki_types::PrivateKeyDer;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::backend::{Reply, Seen, TestBackend, headers, legacy, options, outcome, serve};
use crate::server::legacy::LegacyBackend;

const OK: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 16\r\n\r\n{\"success\":true}";

#[tokio::test]
async fn a_request_is_passed_on_byte_for_byte() {
    let every_byte: Vec<u8> = (0..=255).cycle().take(3 << 20).collect();
    for body in [&b""[..], b"{\"principal\": {\"user_id\":\"ana\"} }\n", b"\x00\xff not JSON", &every_byte] {
        let backend = TestBackend::start(Reply::Answer(OK.to_vec())).await;
        let legacy = legacy(&format!("http://127.0.0.1:{}/base/", backend.port), options());
        let sent = headers(&[
            ("content-type", b"application/json"),
            ("x-twice", b"one"),
            ("x-twice", b"two, three"),
            ("x-bytes", b"caf\xe9 \xf0\x9f\x8c\xb1\t end"),
            ("x-empty", b""),
            ("authorization", b"Bearer a.b.c"),
            ("accept-encoding", b"gzip, br"),
            ("cookie", b"a=b; c=d"),
            // What concerns the connection from the client to us.
            ("host", b"arrowroot.internal"),
            ("content-length", b"7"),
            ("connection", b"keep-alive, X-Named-There"),
            ("x-named-there", b"1"),
            ("keep-alive", b"timeout=5"),
            ("transfer-encoding", b"chunked"),
            ("te", b"trailers"),
            ("trailer", b"x-sum"),
            ("upgrade", b"websocket"),
            ("expect", b"100-continue"),
            ("proxy-authorization", b"Basic eA=="),
            ("proxy-connection", b"close"),
        ]);
        let answer = legacy.forward("/v1/authz/grant", &sent, Bytes::copy_from_slice(body)).await.unwrap();
        assert_eq!(answer.body(), &b"{\"success\":true}"[..]);
        let (first, lines, received) = backend.request();
        assert_eq!(first, "POST /base/v1/authz/grant HTTP/1.1");
        let mut expected = vec![
            "content-type: application/json".to_owned(),
            "x-twice: one".to_owned(),
            "x-twice: two, three".to_owned(),
            "x-bytes: caf\u{e9} \u{f0}\u{9f}\u{8c}\u{b1}\t end".to_owned(),
            "x-empty: ".to_owned(),
            "authorization: Bearer a.b.c".to_owned(),
            "accept-encoding: gzip, br".to_owned(),
            "cookie: a=b; c=d".to_owned(),
            format!("host: 127.0.0.1:{}", backend.port),
            format!("content-length: {}", body.len()),
        ];
        expected.sort();
        assert_eq!(lines, expected);
        assert!(received == body, "{} bytes", body.len());
    }
}

#[tokio::test]
async fn an_answer_comes_back_byte_for_byte() {
    let json: &[u8] = b"{\"items\":[\"run-schedule::a::b\"]}";
    for (answer, status, expected_headers, body) in [
        (&b"HTTP/1.1 200 OK\r\nContent-Length: 16\r\n\r\n{\"success\":true}"[..], 200, &["content-length: 16"][..], &b"{\"success\":true}"[..]),
        (b"HTTP/1.1 403 Forbidden\r\ncontent-length: 2\r\n\r\n{}", 403, &["content-length: 2"], b"{}"),
        (b"HTTP/1.1 422 Odd Reason\r\ncontent-length: 0\r\n\r\n", 422, &["content-length: 0"], b""),
        (b"HTTP/1.1 500 Internal Server Error\r\ncontent-length: 4\r\n\r\nboom", 500, &["content-length: 4"], b"boom"),
        (b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n", 503, &["content-length: 0"], b""),
        (b"HTTP/1.1 204 No Content\r\n\r\n", 204, &[], b""),
        (b"HTTP/1.1 599 \r\ncontent-length: 1\r\n\r\n\xff", 599, &["content-length: 1"], b"\xff"),
        // Redirects are the client's business.
        (b"HTTP/1.1 307 Temporary Redirect\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n", 307, &["content-length: 0", "location: http://127.0.0.1:1/"], b""),
        (
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ntrailer: x-sum\r\n\r\n10;ext=1\r\n{\"items\":[\"run-s\r\n10\r\nchedule::a::b\"]}\r\n0\r\nx-sum: 1\r\n\r\n",
            200, &[], json,
        ),
        // Packed, and not to be unpacked.
        (b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 3\r\n\r\n\x1f\x8b\x08", 200, &["content-encoding: gzip", "content-length: 3"], b"\x1f\x8b\x08"),
        (
            b"HTTP/1.1 200 OK\r\nX-Odd:   caf\xe9 \"\\ \xf0\x9f  \r\nx-twice: b\r\nx-twice: a\r\nx-empty:\r\nset-cookie: a=b\r\nset-cookie: c=d\r\ncontent-length: 0\r\n\r\n",
            200,
            &["content-length: 0", "set-cookie: a=b", "set-cookie: c=d", "x-empty: ", "x-odd: caf\u{e9} \"\\ \u{f0}\u{9f}", "x-twice: a", "x-twice: b"],
            b"",
        ),
        (
            b"HTTP/1.1 200 OK\r\nconnection: keep-alive, x-hop\r\nkeep-alive: timeout=5\r\nx-hop: 1\r\nproxy-authenticate: Basic\r\nupgrade: h2c\r\nx-kept: 1\r\ncontent-length: 0\r\n\r\n",
            200, &["content-length: 0", "x-kept: 1"], b"",
        ),
        // News on the way are not the answer.
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n", 403, &["content-length: 0"], b""),
    ] {
        let text = String::from_utf8_lossy(answer);
        let backend = TestBackend::start(Reply::Answer(answer.to_vec())).await;
        let legacy = legacy(&format!("http://127.0.0.1:{}", backend.port), options());
        let expected_headers: Vec<String> = expected_headers.iter().map(|line| (*line).to_owned()).collect();
        let (actual_status, actual_headers, actual_body) = outcome(&legacy, b"{}").await.unwrap();
        assert_eq!((actual_status, actual_headers), (status, expected_headers), "{text}");
        assert_eq!(actual_body, body, "{text}");
    }
}

#[tokio::test]
async fn an_answer_may_end_with_its_connection() {
    let answer = b"HTTP/1.0 200 OK\r\nserver: old\r\n\r\n{\"unscoped\":true}".to_vec();
    let backend = TestBackend::start(Reply::AnswerAndClose(answer)).await;
    let legacy = legacy(&format!("http://127.0.0.1:{}", backend.port), options());
    let (status, headers, body) = outcome(&legacy, b"{}").await.unwrap();
    assert_eq!((status, headers), (200, vec!["server: old".to_owned()]));
    assert_eq!(body, &b"{\"unscoped\":true}"[..]);
}

#[tokio::test]
async fn connections_are_used_again_as_long_as_they_are_kept() {
    let closing = b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n".to_vec();
    for (reply, connections) in [(Reply::Answer(OK.to_vec()), 1), (Reply::AnswerAndClose(closing), 5)] {
        let backend = TestBackend::start(reply).await;
        let legacy = legacy(&format!("http://127.0.0.1:{}", backend.port), options());
        for _ in 0..5 {
            // A clone has the same connections.
            assert_eq!(outcome(&legacy.clone(), b"{}").await.unwrap().0, 200);
        }
        assert_eq!(backend.connections(), connections);
    }
}

#[tokio::test]
async fn many_requests_are_under_way_at_once() {
    let backend = TestBackend::start(Reply::Answer(OK.to_vec())).await;
    let legacy = legacy(&format!("http://localhost:{}", backend.port), options());
    let mut requests = tokio::task::JoinSet::new();
    for number in 0..200 {
        let legacy = legacy.clone();
        requests.spawn(async move { outcome(&legacy, &vec![b'x'; number]).await.unwrap().0 });
    }
    assert!(requests.join_all().await.into_iter().all(|status| status == 200));
}

#[tokio::test]
async fn over_tls_the_certificate_must_be_trusted() {
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::Pkcs8(signing_key.serialize_der().into());
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            // A client that trusts nobody goes away in the midst of the handshake.
            if let Ok(stream) = acceptor.accept(stream).await {
                tokio::spawn(serve(stream, Reply::Answer(OK.to_vec()), Arc::<Seen>::default()));
            }
        }
    });
    let url = |host: &str| format!("https://{host}:{port}").parse().unwrap();
    let mut roots = RootCertStore::empty();
    let nobody = LegacyBackend::trusting(roots.clone(), url("localhost"), options()).unwrap();
    roots.add(cert.der().clone()).unwrap();
    let trusting = LegacyBackend::trusting(roots.clone(), url("localhost"), options()).unwrap();
    let other_name = LegacyBackend::trusting(roots, url("127.0.0.1"), options()).unwrap();
    assert_eq!(outcome(&trusting, b"{}").await.unwrap().2, &b"{\"success\":true}"[..]);
    for untrusting in [nobody, other_name] {
        let error = outcome(&untrusting, b"{}").await.unwrap_err();
        assert!(
            error.starts_with("the legacy backend cannot be reached") && error.contains("certificate"),
            "{error}"
        );
    }
}

#[tokio::test]
async fn what_is_no_path_is_not_sent() {
    let legacy = legacy("http://127.0.0.1:1", options());
    for path in ["", "v1/authz/check", "http://elsewhere/", "/a b", "/a\r\nx: y", "@elsewhere/"] {
        let error = legacy.forward(path, &HeaderMap::new(), Bytes::new()).await.unwrap_err().to_string();
        assert!(error.ends_with("is not a path"), "{error}");
    }
}
