//! One request over HTTP: which RPC it is for, and what it is answered.

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};

use http_body::Body as HttpBody;
use http_body_util::{BodyExt as _, Full};
use tokio::time::Sleep;
use tonic::body::Body;
use tonic::codegen::http::header::ALLOW;
use tonic::codegen::http::{HeaderValue, Method, Request, Response, StatusCode};
use tonic::codegen::{Bytes, StdError};
use tonic::{Code, Status};

use crate::server::admission::{Pass, Refused};
use crate::server::authz::Authz;
use crate::server::router::{NOT_READY, Router};
use crate::server::status;
use crate::server::telemetry::{self, Asker, Readiness};
use crate::server::trailers::REQUEST_ID;
use crate::server::wire::v1::permissions_service_server::PermissionsService;

use super::held::Held;
use super::metadata::{LINES, Metadata};
use super::outbound::{self, Lines};
use super::refusal::{JSON, Wrapping, refuse};
use super::routes::{Route, Routes, RoutesError};
use super::{healthz, inbound, openapi};

/// The gateway of one server. Cloned for each request, so it is a few pointers.
pub(in crate::server) struct Gateway<P> {
    router: Router<P>,
    routes: Arc<Routes>,
    openapi: Bytes,
    json_bytes_max: usize,
    readiness: Readiness,
    /// Routes that are no RPCs, once they are served.
    authz: Arc<OnceLock<Authz>>,
}

impl<P> Clone for Gateway<P> {
    fn clone(&self) -> Self {
        Self {
            router: self.router.clone(),
            routes: Arc::clone(&self.routes),
            openapi: self.openapi.clone(),
            json_bytes_max: self.json_bytes_max,
            readiness: self.readiness.clone(),
            authz: Arc::clone(&self.authz),
        }
    }
}

impl<P: PermissionsService> Gateway<P> {
    /// A gateway to a router, which takes messages of so many bytes.
    pub(in crate::server) fn new(
        router: Router<P>,
        message_bytes_max: usize,
        readiness: Readiness,
    ) -> Result<Self, RoutesError> {
        let paths = Arc::new(Routes::new()?);
        let openapi = openapi::document(&paths).to_string().into();
        let json_bytes_max = message_bytes_max.saturating_mul(inbound::JSON_BYTES_PER_WIRE_BYTE);
        Ok(Self { router, routes: paths, openapi, json_bytes_max, readiness, authz: Arc::default() })
    }

    /// Serves what is no RPC, too. The first that is given stays.
    pub(in crate::server) fn serve_authz(&self, authz: Authz) {
        // Whoever has the only right to call this has it once.
        let _ = self.authz.set(authz);
    }

    /// Answers a request of a client at an address, and counts it.
    pub(super) async fn serve<B>(&self, mut request: Request<B>, peer: Option<SocketAddr>) -> Response<Body>
    where
        B: HttpBody<Data = Bytes> + Send + Unpin + 'static,
        B::Error: Into<StdError>,
    {
        let call = self.router.telemetry().begin_http(&mut request, peer);
        let response = telemetry::carry_for(Some(call.current()), Box::pin(self.answer(request))).await;
        call.answer(response)
    }

    /// Answers a request.
    async fn answer<B>(&self, request: Request<B>) -> Response<Body>
    where
        B: HttpBody<Data = Bytes> + Send + Unpin + 'static,
        B::Error: Into<StdError>,
    {
        let (path, method) = (request.uri().path(), request.method());
        if path == READY && matches!(*method, Method::GET | Method::HEAD) {
            let (status, text) = self.readiness.answer(Asker::Anyone);
            let mut response = outbound::respond(text, &tonic::codegen::http::HeaderMap::new(), None);
            *response.status_mut() = status;
            return response;
        }
        if path != healthz::PATH && !self.router.is_open() {
            return self.refuse(&Status::unavailable(NOT_READY), Wrapping::Bare);
        }
        if let Some(authz) = self.authz.get()
            && Authz::has(path)
        {
            return self.answer_authz(authz, request).await;
        }
        let is_get = matches!(*method, Method::GET | Method::HEAD);
        match path {
            openapi::PATH if is_get => {
                outbound::respond(self.openapi.clone(), &tonic::codegen::http::HeaderMap::new(), None)
            }
            healthz::PATH if is_get => self.healthz(request.uri().query()).await,
            openapi::PATH | healthz::PATH | READY => self.refuse_method("GET, HEAD"),
            _ => match self.routes.find(path) {
                Some(route) if *method == Method::POST => self.call(route, request).await,
                Some(_) => self.refuse_method("POST"),
                None => self.refuse(&Status::not_found("Not Found"), Wrapping::Bare),
            },
        }
    }

    /// A request whose sender is known in its own way has no key, but takes a place and has its time.
    async fn answer_authz<B>(&self, authz: &Authz, request: Request<B>) -> Response<Body>
    where
        B: HttpBody<Data = Bytes> + Send + Unpin + 'static,
        B::Error: Into<StdError>,
    {
        let mut pass = match self.router.enter_without_key() {
            Ok(pass) => pass,
            Err(refused) => return Authz::refuse(&refused.into()),
        };
        let response = tokio::select! {
            response = authz.answer(request) => response,
            late = pass.end() => Authz::refuse(&late),
        };
        response.map(|body| Body::new(Held { body, _pass: pass }))
    }

    async fn call<B>(&self, route: &Route, request: Request<B>) -> Response<Body>
    where
        B: HttpBody<Data = Bytes> + Send + Unpin + 'static,
        B::Error: Into<StdError>,
    {
        let metadata = match Metadata::of_request(request.headers()) {
            Ok(metadata) => metadata,
            Err(status) => return self.refuse(&status, Wrapping::Bare),
        };
        let request_id = metadata.request_id.clone();
        let mut response = match self.router.enter(&metadata.headers, &route.rpc) {
            Ok(pass) => self.translate(route, metadata, request.into_body(), pass).await,
            Err(refused) => self.refuse(&refused.into(), wrapping(route)),
        };
        response.headers_mut().insert(REQUEST_ID, request_id);
        response
    }

    async fn translate<B>(&self, route: &Route, metadata: Metadata, body: B, mut pass: Pass) -> Response<Body>
    where
        B: HttpBody<Data = Bytes> + Send + Unpin + 'static,
        B::Error: Into<StdError>,
    {
        let timeout = metadata.timeout;
        let (takes_trailers, takes_lines) = (metadata.takes_trailers, metadata.takes_lines);
        let mut deadline = timeout.map(|timeout| Box::pin(tokio::time::sleep(timeout)));
        let body = if route.method.is_client_streaming() {
            Body::new(inbound::Messages::new(body, route.request.clone(), self.json_bytes_max))
        } else {
            let message = inbound::one_message(body, &route.request, self.json_bytes_max);
            // A body that is slow to come takes of the same time, and holds a place.
            let message = tokio::select! {
                message = within(&mut deadline, message) => message.flatten(),
                late = pass.end() => Err(late),
            };
            match message {
                Ok(message) => Body::new(Full::new(message)),
                Err(status) => return self.refuse(&status, wrapping(route)),
            }
        };
        let answer = self.ask(&route.rpc, metadata, body, Ok(pass));
        let response = match within(&mut deadline, answer).await {
            Ok(response) => response,
            Err(status) => return self.refuse(&status, wrapping(route)),
        };
        if route.method.is_server_streaming() {
            let routes = Arc::clone(&self.routes);
            let content_type = if takes_lines { HeaderValue::from_static(LINES) } else { JSON };
            let lines = Lines::new(routes, route.response.clone(), deadline);
            return lines.respond(response, content_type).await;
        }
        if let Some(status) = outbound::error_of(response.headers()) {
            return self.refuse(&status, Wrapping::Bare);
        }
        let headers = response.headers().clone();
        let answer = outbound::one_message(response, &route.response);
        match within(&mut deadline, answer).await.flatten() {
            Ok((json, trailers)) => match self.router.outbox().hold(json.into()) {
                Ok(json) => outbound::respond(json, &headers, takes_trailers.then_some(&trailers)),
                Err(full) => self.refuse(&full.into(), Wrapping::Bare),
            },
            Err(status) => self.refuse(&status, Wrapping::Bare),
        }
    }

    /// Calls an RPC as if the request had come in over gRPC.
    async fn ask(
        &self,
        rpc: &str,
        metadata: Metadata,
        body: Body,
        entered: Result<Pass, Refused>,
    ) -> Response<Body> {
        let mut request = Request::new(body);
        *request.method_mut() = Method::POST;
        *request.headers_mut() = metadata.headers;
        match rpc.parse() {
            Ok(uri) => *request.uri_mut() = uri,
            Err(error) => return status::internal(&error).into_http(),
        }
        let Ok(response) = self.router.ask_with(request, entered).await;
        response
    }

    async fn healthz(&self, query: Option<&str>) -> Response<Body> {
        let answer = async {
            let metadata = Metadata::of_request(&tonic::codegen::http::HeaderMap::new())?;
            let question = healthz::question(query)?;
            let entered = self.router.enter(&metadata.headers, healthz::RPC);
            let response = self.ask(healthz::RPC, metadata, Body::new(Full::new(question)), entered).await;
            if let Some(status) = outbound::error_of(response.headers()) {
                return Err(status);
            }
            let headers = response.headers().clone();
            let body = response.into_body().collect().await?;
            Ok((healthz::answer(&body.to_bytes())?, headers))
        };
        match answer.await {
            Ok((json, headers)) => outbound::respond(json, &headers, None),
            Err(status) => self.refuse(&status, Wrapping::Bare),
        }
    }

    fn refuse(&self, status: &Status, wrapping: Wrapping) -> Response<Body> {
        refuse(&self.routes, status, wrapping)
    }

    /// Of a path that is there, under another method.
    fn refuse_method(&self, allowed: &'static str) -> Response<Body> {
        let mut response =
            self.refuse(&Status::new(Code::Unimplemented, "Method Not Allowed"), Wrapping::Bare);
        *response.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
        response.headers_mut().insert(ALLOW, HeaderValue::from_static(allowed));
        response
    }
}

/// Whether requests should come, for load balancers.
const READY: &str = "/readyz";

/// Errors of streams are lines, as everything else that they say.
fn wrapping(route: &Route) -> Wrapping {
    if route.method.is_server_streaming() { Wrapping::Line } else { Wrapping::Bare }
}

/// What a future gives, if it does before the deadline.
async fn within<T>(
    deadline: &mut Option<Pin<Box<Sleep>>>,
    future: impl Future<Output = T>,
) -> Result<T, Status> {
    match deadline {
        None => Ok(future.await),
        Some(deadline) => tokio::select! {
            value = future => Ok(value),
            () = deadline.as_mut() => Err(outbound::too_late()),
        },
    }
}
