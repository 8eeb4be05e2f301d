//! Where operators ask: `/metrics`, `/healthz` and `/readyz`, over HTTP/1.1 at an address and on a thread of their own,
//! so that they are answered while the graph is being opened, and while all others are busy.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use http_body_util::Full;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use prometheus_client::registry::Registry;
use tokio::net::TcpStream;
use tokio::runtime::Builder;
use tokio::sync::oneshot;
use tokio::task::AbortHandle;
use tonic::codegen::Bytes;
use tonic::codegen::http::header::{ALLOW, CONTENT_TYPE};
use tonic::codegen::http::{HeaderValue, Method, Request, Response, StatusCode};

use super::exposition::{self, Format};
use super::monitor::Monitor;
use super::readiness::{Asker, Readiness};

/// Connections at once. The oldest makes room for one more, so that nobody who only connects keeps probes out.
const CONNECTIONS_MAX: usize = 64;
/// How long a client may take to send a request's headers, or say nothing between requests: longer than scrapes are apart.
const HEADER_TIMEOUT: Duration = Duration::from_secs(75);
/// How long a connection may last at all, so that none who reads nothing keeps its place.
const CONNECTION_TIMEOUT: Duration = Duration::from_mins(10);
/// Bytes that are read ahead, which also bounds a request's headers.
const BUFFER_BYTES: usize = 16 << 10;
/// How long no connection is accepted after one could not be.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

const JSON: &str = "application/json";
const ALIVE: &str = "{\"status\":\"alive\"}\n";

/// The address, which is listened at already, and what is told there.
#[derive(Debug)]
pub(in crate::server) struct Endpoint {
    listener: TcpListener,
    monitor: Monitor,
}

/// The thread that answers. Dropping it ends the thread.
#[derive(Debug)]
pub(in crate::server) struct Answering {
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Endpoint {
    /// Listens at an address.
    pub(in crate::server) fn bind(address: SocketAddr, monitor: Monitor) -> io::Result<Self> {
        let listener = TcpListener::bind(address)?;
        listener.set_nonblocking(true)?;
        Ok(Self { listener, monitor })
    }

    /// Where it listens, with the port that it was given.
    pub(in crate::server) fn local_address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Answers from now on.
    pub(in crate::server) fn start(self) -> io::Result<Answering> {
        let Self { listener, monitor } = self;
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let (stop, stopped) = oneshot::channel::<()>();
        let run = move || {
            runtime.block_on(async {
                tokio::select! {
                    // An error means that it is time, too.
                    _ = stopped => {}
                    Err(error) = accept(listener, monitor) => {
                        tracing::error!(%error, "metrics are not served any more");
                    }
                }
            });
            runtime.shutdown_background();
        };
        let thread = thread::Builder::new().name("arrowroot-metrics".to_owned()).spawn(run)?;
        Ok(Answering { stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for Answering {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // The hook has told of a panic already.
            let _ = thread.join();
        }
    }
}

async fn accept(listener: TcpListener, monitor: Monitor) -> io::Result<Infallible> {
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let mut connections = Connections::default();
    let desk = Arc::new(Desk { readiness: monitor.readiness(), registry: exposition::registry(monitor) });
    loop {
        match listener.accept().await {
            Ok((stream, _)) => connections.add(tokio::spawn(serve(stream, Arc::clone(&desk))).abort_handle()),
            Err(error) => {
                tracing::debug!(%error, "a connection for metrics could not be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// Those that are open, in the order in which they came.
#[derive(Debug, Default)]
struct Connections(VecDeque<AbortHandle>);

impl Connections {
    /// One more.
    fn add(&mut self, connection: AbortHandle) {
        if self.0.len() >= CONNECTIONS_MAX {
            self.0.retain(|open| !open.is_finished());
        }
        if self.0.len() >= CONNECTIONS_MAX
            && let Some(oldest) = self.0.pop_front()
        {
            oldest.abort();
        }
        self.0.push_back(connection);
    }
}

async fn serve(stream: TcpStream, desk: Arc<Desk>) {
    let service = service_fn(move |request| {
        let desk = Arc::clone(&desk);
        async move { Ok::<_, Infallible>(desk.answer(&request)) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT)
        .max_buf_size(BUFFER_BYTES)
        .serve_connection(TokioIo::new(stream), service);
    // Whoever has gone away, or says nothing sensible, needs no answer.
    let _ = tokio::time::timeout(CONNECTION_TIMEOUT, connection).await;
}

/// What is asked.
#[derive(Debug)]
struct Desk {
    registry: Registry,
    readiness: Readiness,
}

impl Desk {
    fn answer<B>(&self, request: &Request<B>) -> Response<Full<Bytes>> {
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            let mut response = respond(StatusCode::METHOD_NOT_ALLOWED, JSON, "{}\n".to_owned());
            response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
            return response;
        }
        match request.uri().path() {
            "/metrics" => {
                let format = Format::accepted(request.headers());
                match exposition::write(&self.registry, format) {
                    Ok(text) => respond(StatusCode::OK, format.content_type(), text),
                    Err(_) => respond(StatusCode::INTERNAL_SERVER_ERROR, JSON, "{}\n".to_owned()),
                }
            }
            "/healthz" => respond(StatusCode::OK, JSON, ALIVE.to_owned()),
            "/readyz" => {
                let (status, text) = self.readiness.answer(Asker::Operator);
                respond(status, JSON, text)
            }
            _ => respond(StatusCode::NOT_FOUND, "text/plain", "/metrics\n/healthz\n/readyz\n".to_owned()),
        }
    }
}

fn respond(status: StatusCode, content_type: &'static str, text: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::from(text));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}
