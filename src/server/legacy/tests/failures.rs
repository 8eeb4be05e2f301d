//! Backends that are not there, fall silent, break off, or say too much.

use std::time::Duration;

use tokio::net::TcpListener;

use super::backend::{Reply, TestBackend, legacy, options, outcome};
use crate::server::legacy::LegacyOptions;

#[tokio::test]
async fn a_backend_that_is_not_there_is_said_to_be_out_of_reach() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    for url in [format!("http://127.0.0.1:{port}"), format!("https://127.0.0.1:{port}")] {
        let backend = crate::server::legacy::LegacyBackend::trusting(
            rustls::RootCertStore::empty(),
            url.parse().unwrap(),
            options(),
        );
        let error = outcome(&backend.unwrap(), b"{}").await.unwrap_err();
        assert!(
            error.starts_with("the legacy backend cannot be reached") && error.contains("refused"),
            "{error}"
        );
    }
}

#[tokio::test]
async fn a_backend_that_falls_silent_is_given_up_in_time() {
    for sent in [
        &b""[..],
        b"HTTP/1.1 200 OK\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 16\r\n\r\n{\"succ",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n",
    ] {
        let backend = TestBackend::start(Reply::Hang(sent.to_vec())).await;
        let options = LegacyOptions { timeout: Duration::from_millis(100), ..options() };
        let legacy = legacy(&format!("http://127.0.0.1:{}", backend.port), options);
        let error = outcome(&legacy, b"{}").await.unwrap_err();
        assert_eq!(error, "the legacy backend did not answer within 100ms", "{sent:?}");
    }
}

#[tokio::test]
async fn a_backend_that_breaks_off_has_not_answered() {
    for sent in [
        &b""[..],
        b"HTTP/1.1 200 OK\r\ncontent-le",
        b"HTTP/1.1 200 OK\r\ncontent-length: 16\r\n\r\n{\"succ",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n10\r\n{\"items\"",
        b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab",
        b"HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n",
        b"HTTP/1.1 OK 200\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nbad header\r\n\r\n",
        b"SSH-2.0-OpenSSH\r\n",
        b"\x16\x03\x01\x00\x05hello",
    ] {
        let backend = TestBackend::start(Reply::AnswerAndClose(sent.to_vec())).await;
        let legacy = legacy(&format!("http://127.0.0.1:{}", backend.port), options());
        let error = outcome(&legacy, b"{}").await.unwrap_err();
        let text = String::from_utf8_lossy(sent);
        assert!(error.starts_with("the legacy backend did not answer: "), "{text}: {error}");
        assert_eq!(backend.connections(), 1, "{text}: sent once");
    }
}

#[tokio::test]
async fn a_change_of_protocols_is_no_answer() {
    let sent = b"HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n".to_vec();
    let backend = TestBackend::start(Reply::AnswerAndClose(sent)).await;
    let legacy = legacy(&format!("http://127.0.0.1:{}", backend.port), options());
    outcome(&legacy, b"{}").await.unwrap_err();
}

#[tokio::test]
async fn an_answer_that_is_too_large_is_refused_before_it_is_held() {
    let chunk = format!("400\r\n{}\r\n", "x".repeat(1024));
    let chunked = |count| {
        let head = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
        format!("{head}{}0\r\n\r\n", chunk.repeat(count)).into_bytes()
    };
    let counted = |length: usize| {
        format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n{}", "x".repeat(length)).into_bytes()
    };
    let announced = b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999999\r\n\r\n".to_vec();
    let options = LegacyOptions { answer_bytes_max: 4096, ..options() };
    let too_large = Err("the legacy backend's answer has more than 4096 bytes".to_owned());
    for (answer, expected) in [
        (Reply::Answer(counted(4096)), Ok(4096)),
        (Reply::Answer(counted(4097)), too_large.clone()),
        (Reply::Answer(chunked(4)), Ok(4096)),
        (Reply::Answer(chunked(5)), too_large.clone()),
        // What never comes is not waited for.
        (Reply::Hang(announced), too_large.clone()),
    ] {
        let backend = TestBackend::start(answer).await;
        let legacy = legacy(&format!("http://127.0.0.1:{}", backend.port), options);
        assert_eq!(outcome(&legacy, b"{}").await.map(|(_, _, body)| body.len()), expected);
    }
}

#[tokio::test]
async fn a_failure_does_not_outlast_its_request() {
    let backend = TestBackend::start(Reply::AnswerAndClose(Vec::new())).await;
    let legacy = legacy(&format!("http://127.0.0.1:{}", backend.port), options());
    for number in 1..=3 {
        outcome(&legacy, b"{}").await.unwrap_err();
        assert_eq!(backend.connections(), number);
    }
}

#[tokio::test]
async fn what_is_lost_on_a_kept_connection_is_not_sent_again() {
    let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n".to_vec();
    let backend = TestBackend::start(Reply::AnswerOnce(answer)).await;
    let legacy = legacy(&format!("http://127.0.0.1:{}", backend.port), options());
    outcome(&legacy, b"{}").await.unwrap();
    let error = outcome(&legacy, b"{}").await.unwrap_err();
    assert!(error.starts_with("the legacy backend did not answer: "), "{error}");
    assert_eq!((backend.requests(), backend.connections()), (2, 1));
    outcome(&legacy, b"{}").await.unwrap();
}
