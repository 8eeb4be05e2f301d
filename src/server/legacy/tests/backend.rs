//! A backend that answers with the bytes that a test wants, and remembers the bytes that it was sent.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use hyper::HeaderMap;
use hyper::body::Bytes;
use hyper::header::{HeaderName, HeaderValue};
use parking_lot::Mutex;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpListener;

use crate::server::legacy::error::LegacyError;
use crate::server::legacy::{LegacyBackend, LegacyOptions};

/// What the backend does with a request.
#[derive(Clone)]
pub(super) enum Reply {
    /// Answers, and goes on.
    Answer(Vec<u8>),
    /// Answers, and closes the connection.
    AnswerAndClose(Vec<u8>),
    /// Answers the first request of a connection, and closes it at the second.
    AnswerOnce(Vec<u8>),
    /// Sends this, and then nothing more.
    Hang(Vec<u8>),
}

/// A backend on a port of its own.
pub(super) struct TestBackend {
    pub(super) port: u16,
    seen: Arc<Seen>,
}

#[derive(Default)]
pub(super) struct Seen {
    connections: AtomicUsize,
    requests: Mutex<Vec<Vec<u8>>>,
}

impl TestBackend {
    /// Answers every request alike.
    pub(super) async fn start(reply: Reply) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let seen = Arc::new(Seen::default());
        let shared = Arc::clone(&seen);
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                tokio::spawn(serve(stream, reply.clone(), Arc::clone(&shared)));
            }
        });
        Self { port, seen }
    }

    pub(super) fn connections(&self) -> usize {
        self.seen.connections.load(Ordering::SeqCst)
    }

    pub(super) fn requests(&self) -> usize {
        self.seen.requests.lock().len()
    }

    /// The one request that was sent: its first line, its header lines sorted, and its body.
    pub(super) fn request(&self) -> (String, Vec<String>, Vec<u8>) {
        let requests = self.seen.requests.lock();
        assert_eq!(requests.len(), 1);
        let end = end_of_head(&requests[0]).unwrap();
        let head: String = requests[0][..end].iter().map(|byte| char::from(*byte)).collect();
        let mut lines = head.trim_end().split("\r\n").map(str::to_owned);
        let first = lines.next().unwrap();
        let mut headers: Vec<_> = lines.collect();
        headers.sort();
        (first, headers, requests[0][end..].to_vec())
    }
}

/// Reads requests, and replies to each.
pub(super) async fn serve(mut stream: impl AsyncRead + AsyncWrite + Unpin, reply: Reply, seen: Arc<Seen>) {
    seen.connections.fetch_add(1, Ordering::SeqCst);
    let mut is_first = true;
    while let Some(request) = read_request(&mut stream).await {
        seen.requests.lock().push(request);
        if matches!(reply, Reply::AnswerOnce(_)) && !std::mem::take(&mut is_first) {
            break;
        }
        let (bytes, is_over) = match &reply {
            Reply::Answer(bytes) | Reply::AnswerOnce(bytes) => (bytes, false),
            Reply::AnswerAndClose(bytes) => (bytes, true),
            Reply::Hang(bytes) => {
                stream.write_all(bytes).await.unwrap();
                return std::future::pending().await;
            }
        };
        // A client may have gone, for a test's sake.
        if stream.write_all(bytes).await.is_err() || is_over {
            break;
        }
    }
    let _ = stream.shutdown().await;
}

async fn read_request(stream: &mut (impl AsyncRead + Unpin)) -> Option<Vec<u8>> {
    let mut request = Vec::new();
    loop {
        if let Some(end) = end_of_head(&request) {
            let head = String::from_utf8_lossy(&request[..end]).to_lowercase();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
            if request.len() >= end + length.trim().parse::<usize>().unwrap() {
                return Some(request);
            }
        }
        if stream.read_buf(&mut request).await.unwrap_or_default() == 0 {
            return None;
        }
    }
}

fn end_of_head(request: &[u8]) -> Option<usize> {
    request.windows(4).position(|window| window == b"\r\n\r\n").map(|place| place + 4)
}

/// Short enough for a test to wait for, and for answers of this size.
pub(super) fn options() -> LegacyOptions {
    LegacyOptions { timeout: Duration::from_secs(20), answer_bytes_max: 1 << 20, ..LegacyOptions::default() }
}

pub(super) fn legacy(url: &str, options: LegacyOptions) -> LegacyBackend {
    LegacyBackend::new(url.parse().unwrap(), options).unwrap()
}

pub(super) fn headers(lines: &[(&str, &[u8])]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in lines {
        headers.append(
            HeaderName::from_bytes(name.as_bytes()).unwrap(),
            HeaderValue::from_bytes(value).unwrap(),
        );
    }
    headers
}

/// What a forwarded request comes to: status, header lines sorted, body; or the error's text.
pub(super) async fn outcome(
    legacy: &LegacyBackend,
    body: &[u8],
) -> Result<(u16, Vec<String>, Bytes), String> {
    let answer = legacy.forward("/v1/authz/check", &HeaderMap::new(), Bytes::copy_from_slice(body)).await;
    let (parts, body) = answer.map_err(|error: LegacyError| error.to_string())?.into_parts();
    let line = |(name, value): (&HeaderName, &HeaderValue)| {
        let value: String = value.as_bytes().iter().map(|byte| char::from(*byte)).collect();
        format!("{name}: {value}")
    };
    let mut lines: Vec<_> = parts.headers.iter().map(line).collect();
    lines.sort();
    Ok((parts.status.as_u16(), lines, body))
}
