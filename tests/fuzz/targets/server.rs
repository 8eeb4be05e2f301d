//! A server in this process, asked over real connections that stay open.

use std::cell::RefCell;
use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use arrowroot::engine::{Consistency, Engine, EngineOptions, WriteRelationships};
use arrowroot::lifecycle::{Lifecycle, Profile};
use arrowroot::relationship::{RelationshipUpdate, UpdateOperation};
use arrowroot::server::{Server, ServerOptions};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;
use tokio::time::timeout;
use tonic::body::Body;
use tonic::codegen::Service as _;
use tonic::codegen::http::{HeaderMap, Request, Uri};
use tonic::transport::{Channel, Endpoint};

/// Beside the agent platform's definitions, what those do not have.
const SCHEMA: &str =
    concat!(include_str!("../seeds/schema.zed"), include_str!("../../../schema/agentex.zed"));
const PROFILE: &str = include_str!("../../../schema/agentex.yaml");
const RELATIONSHIPS: &str = include_str!("../seeds/relationships.txt");

/// How long any answer may take.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(15);
/// How long endless streams are listened to.
const WATCH_TIME: Duration = Duration::from_millis(20);
/// What the client says of a stream that it ended itself.
const DEADLINE_EXCEEDED: i32 = 4;
/// Writes after which a new server takes over, so that what one input finds does not hang on too many before it.
const WRITES_MAX: u64 = 300;

/// The RPCs, in the order of their files: `/package.Service/Method`.
pub(super) fn rpcs() -> Vec<String> {
    let protos = [
        include_str!("../../../proto/authzed/api/v1/permission_service.proto"),
        include_str!("../../../proto/authzed/api/v1/schema_service.proto"),
        include_str!("../../../proto/authzed/api/v1/watch_service.proto"),
        include_str!("../../../proto/authzed/api/v1/experimental_service.proto"),
        include_str!("../../../proto/arrowroot/v1/lifecycle_service.proto"),
    ];
    let mut rpcs = Vec::new();
    for proto in protos {
        let (mut package, mut service) = ("", "");
        for line in proto.lines().map(str::trim) {
            let name = |rest: &'static str| rest.split([' ', ';', '(']).next().unwrap_or_default();
            if let Some(rest) = line.strip_prefix("package ") {
                package = name(rest);
            } else if let Some(rest) = line.strip_prefix("service ") {
                service = name(rest);
            } else if let Some(rest) = line.strip_prefix("rpc ") {
                rpcs.push(format!("/{package}.{service}/{}", name(rest)));
            }
        }
    }
    rpcs
}

/// What an RPC was answered.
#[derive(Debug)]
pub(super) struct Answer {
    /// gRPC's code.
    pub(super) code: i32,
    pub(super) message: String,
    /// The bytes of each message.
    pub(super) messages: Vec<Vec<u8>>,
}

/// A server that runs until this is dropped, and a client.
pub(super) struct Fixture {
    engine: Arc<Engine>,
    first_head: u64,
    runtime: Runtime,
    channel: Channel,
    http_address: SocketAddr,
    http: Option<SendRequest<Full<Bytes>>>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

thread_local! {
    static FIXTURE: RefCell<Option<Fixture>> = const { RefCell::new(None) };
}

/// Asks this thread's server.
pub(super) fn with_server<T>(ask: impl FnOnce(&mut Fixture) -> T) -> T {
    FIXTURE.with_borrow_mut(|fixture| {
        let mut running = match fixture.take() {
            Some(running) if running.is_as_new() => running,
            _ => Fixture::start(),
        };
        let answer = ask(&mut running);
        *fixture = Some(running);
        answer
    })
}

impl Fixture {
    pub(super) fn start() -> Self {
        let engine = Engine::in_memory(EngineOptions::default()).unwrap();
        engine.write_schema(SCHEMA).unwrap();
        let updates = super::lines(RELATIONSHIPS).map(|text| RelationshipUpdate {
            operation: UpdateOperation::Touch,
            relationship: text.parse().unwrap_or_else(|error| panic!("{text}: {error}")),
        });
        let updates = updates.collect();
        engine.write_relationships(WriteRelationships { updates, ..Default::default() }).unwrap();
        let engine = Arc::new(engine);
        let view = engine.at(&Consistency::FullyConsistent).unwrap();
        let profile = Profile::parse("agentex.yaml", PROFILE, &view).unwrap();
        let any_port = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let mut options = ServerOptions::default();
        options.lifecycle = Some(Arc::new(Lifecycle::new(Arc::clone(&engine), profile)));
        options.threads = NonZeroUsize::new(1);
        options.shutdown_grace_period = Duration::from_millis(100);
        (options.address, options.http_address) = (any_port, Some(any_port));
        let server = Server::bind(options, Arc::clone(&engine)).unwrap();
        let (address, http_address) = (server.local_address(), server.http_address().unwrap());
        let (stop, stopped) = oneshot::channel::<()>();
        let thread = std::thread::spawn(move || server.run(async { drop(stopped.await) }).unwrap());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let endpoint = Endpoint::from_shared(format!("http://{address}")).unwrap();
        let channel = runtime.block_on(endpoint.connect()).unwrap();
        let (stop, thread) = (Some(stop), Some(thread));
        let first_head = engine.head().0;
        Self { engine, first_head, runtime, channel, http_address, http: None, stop, thread }
    }

    /// Whether it has its schema, and was hardly written to.
    fn is_as_new(&self) -> bool {
        let Ok(view) = self.engine.at(&Consistency::FullyConsistent) else { return false };
        view.read_schema() == Some(SCHEMA) && self.engine.head().0 - self.first_head <= WRITES_MAX
    }

    /// Calls an RPC with a body as it is sent, frames and all.
    pub(super) fn call(&mut self, rpc: &str, body: Vec<u8>) -> Answer {
        let request = Request::post(rpc).header("content-type", "application/grpc").header("te", "trailers");
        let request = request.body(Body::new(Full::new(Bytes::from(body)))).unwrap();
        let channel = &mut self.channel;
        let is_endless = rpc.ends_with("/Watch");
        let answered = self.runtime.block_on(async {
            let head = async {
                std::future::poll_fn(|context| channel.poll_ready(context)).await.unwrap();
                channel.call(request).await.unwrap().into_parts()
            };
            let (head, body) = timeout(ANSWER_TIME_MAX, head).await.ok()?;
            let time_max = if is_endless { WATCH_TIME } else { ANSWER_TIME_MAX };
            match timeout(time_max, body.collect()).await {
                Ok(collected) => Some((head.headers, Some(collected))),
                Err(_) => is_endless.then_some((head.headers, None)),
            }
        });
        let (headers, collected) = answered.unwrap_or_else(|| panic!("{rpc} was not answered"));
        let Some(collected) = collected else {
            return Answer { code: DEADLINE_EXCEEDED, message: String::new(), messages: Vec::new() };
        };
        let collected = collected.unwrap_or_else(|error| panic!("{rpc} broke off: {error}"));
        let trailers = collected.trailers().cloned().unwrap_or_default();
        let status = |headers: &HeaderMap| {
            let code = headers.get("grpc-status")?.to_str().ok()?.parse().ok()?;
            let message = headers
                .get("grpc-message")
                .map(|value| String::from_utf8_lossy(value.as_bytes()).replace("%20", " "));
            Some((code, message.unwrap_or_default()))
        };
        let (code, message) =
            status(&headers).or_else(|| status(&trailers)).unwrap_or_else(|| panic!("{rpc}: no status"));
        Answer { code, message, messages: frames(&collected.to_bytes()) }
    }

    /// Sends a request over HTTP. The status and the body, or nothing if it is no request.
    pub(super) fn ask(&mut self, method: &str, path: &str, body: &[u8]) -> Option<(u16, Vec<u8>)> {
        let uri = path.parse::<Uri>().ok()?;
        let mut request = Request::builder().method(method).uri(uri).header("host", "localhost");
        let is_endless = path.starts_with("/v1/watch");
        if is_endless {
            request = request.header("grpc-timeout", format!("{}m", WATCH_TIME.as_millis()));
        }
        let request = request.body(Full::new(Bytes::copy_from_slice(body))).ok()?;
        let (address, kept) = (self.http_address, self.http.take().filter(|http| !http.is_closed()));
        let asked = async {
            let mut http = if let Some(http) = kept {
                http
            } else {
                let stream = TcpStream::connect(address).await.unwrap();
                let (http, connection) = handshake(TokioIo::new(stream)).await.unwrap();
                tokio::spawn(connection);
                http
            };
            http.ready().await.unwrap();
            // A tunnel is none of its business; the client may give up on what it is answered.
            let Ok(response) = http.send_request(request).await else { return None };
            let status = response.status().as_u16();
            let body = response.into_body().collect().await.ok()?.to_bytes().to_vec();
            Some((http, status, body))
        };
        let answered = self.runtime.block_on(async { timeout(ANSWER_TIME_MAX, asked).await });
        let (http, status, body) = answered.unwrap_or_else(|_| panic!("{method} {path} was not answered"))?;
        self.http = Some(http);
        Some((status, body))
    }
}

impl Drop for Fixture {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// A message as it is sent: not compressed, and with its length.
pub(super) fn frame(message: &[u8]) -> Vec<u8> {
    let length = u32::try_from(message.len()).unwrap().to_be_bytes();
    [&[0][..], &length, message].concat()
}

fn frames(mut body: &[u8]) -> Vec<Vec<u8>> {
    let mut messages = Vec::new();
    while let Some((&[_, a, b, c, d], rest)) = body.split_first_chunk() {
        let length = u32::from_be_bytes([a, b, c, d]) as usize;
        let Some((message, rest)) = rest.split_at_checked(length) else { break };
        messages.push(message.to_vec());
        body = rest;
    }
    messages
}
