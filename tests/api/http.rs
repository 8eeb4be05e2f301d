//! A client of the HTTP gateway.

use std::net::{Ipv4Addr, SocketAddr};

use arrowroot::engine::{Engine, EngineOptions};
use arrowroot::server::wire::v1::permissions_service_server::PermissionsService;
use arrowroot::server::{Server, ServerOptions};
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{HeaderMap, Method, Request, Response};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;

use super::harness::Running;

/// Options of a server that serves HTTP, too, at a free port.
pub(crate) fn options() -> ServerOptions {
    let mut options = ServerOptions::default();
    options.http_address = Some(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
    options
}

/// A server of other permissions.
pub(crate) fn running_with(permissions: impl PermissionsService) -> Running {
    let engine = Engine::in_memory(EngineOptions::default()).unwrap();
    Running::over(engine, options(), |options, engine| {
        Server::bind_with_permissions(options, engine, permissions)
    })
}

/// What a request was answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
    pub(crate) trailers: HeaderMap,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    /// The lines of a stream.
    pub(crate) fn lines(&self) -> Vec<Value> {
        assert!(self.text.is_empty() || self.text.ends_with('\n'));
        self.text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The status, and the code and the message of the error.
    pub(crate) fn error(&self) -> (u16, i64, String) {
        assert_eq!(self.header("content-type"), Some("application/json"));
        let json = self.json();
        let error = json.get("error").unwrap_or(&json);
        (self.status, error["code"].as_i64().unwrap(), error["message"].as_str().unwrap().to_owned())
    }
}

/// One connection. Dropping it closes it.
pub(crate) struct Http(SendRequest<Full<Bytes>>);

impl Http {
    pub(crate) async fn connect(running: &Running) -> Self {
        Self::at(running.http.unwrap()).await
    }

    pub(crate) async fn at(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        let (sender, connection) = handshake(TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        Self(sender)
    }

    /// Sends a request and takes the head of its answer.
    pub(crate) async fn send(
        &mut self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> Response<Incoming> {
        let mut request = Request::builder().method(method).uri(path).header("host", "localhost");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.0.send_request(request.body(Full::new(body.into())).unwrap()).await.unwrap()
    }

    /// Sends a request and takes its whole answer.
    pub(crate) async fn ask(
        &mut self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> Answer {
        let (head, body) = self.send(method, path, headers, body).await.into_parts();
        let collected = body.collect().await.unwrap();
        let trailers = collected.trailers().cloned().unwrap_or_default();
        let text = String::from_utf8(collected.to_bytes().to_vec()).unwrap();
        Answer { status: head.status.as_u16(), headers: head.headers, text, trailers }
    }

    pub(crate) async fn post(&mut self, path: &str, body: &str) -> Answer {
        self.ask(Method::POST, path, &[], body.to_owned()).await
    }

    pub(crate) async fn get(&mut self, path: &str) -> Answer {
        self.ask(Method::GET, path, &[], "").await
    }
}
