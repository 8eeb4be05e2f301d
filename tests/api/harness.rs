//! A server to ask, and what it answers as text.

use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use arrowroot::engine::{Engine, EngineOptions};
use arrowroot::server::wire::v1;
use arrowroot::server::wire::v1::permissions_service_client::PermissionsServiceClient;
use arrowroot::server::wire::v1::schema_service_client::SchemaServiceClient;
use arrowroot::server::{Server, ServerOptions};
use tokio::sync::oneshot;
use tonic::transport::{Channel, Endpoint};
use tonic::{Response, Status};
use tonic_types::StatusExt as _;

use super::notation;

/// The schema that most tests use.
pub(crate) const SCHEMA: &str = "
definition user {}
definition group {
    relation member: user | group#member
    relation anyone: user:*
}
definition folder {
    relation parent: folder
    relation viewer: user | group#member
    permission view = viewer + parent->view
}
definition doc {
    relation parent: folder
    relation viewer: user | user:* | group#member
    relation owner: user
    permission view = viewer + owner + parent->view
    permission edit = owner - viewer
}";

/// How long a server waits for its clients at its end.
const GRACE_PERIOD_MAX: Duration = Duration::from_millis(200);

/// A server that runs until it is dropped.
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    pub(crate) http: Option<SocketAddr>,
    pub(crate) engine: Arc<Engine>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Running {
    /// An empty server in memory that lets everyone in.
    pub(crate) fn start() -> Self {
        Self::with(ServerOptions::default(), EngineOptions::default())
    }

    /// The same with options; its address is a free port.
    pub(crate) fn with(options: ServerOptions, engine_options: EngineOptions) -> Self {
        Self::over(Engine::in_memory(engine_options).unwrap(), options, Server::bind)
    }

    /// A server of any kind over an engine.
    pub(crate) fn over<E: std::fmt::Debug>(
        engine: Engine,
        mut options: ServerOptions,
        bind: impl FnOnce(ServerOptions, Arc<Engine>) -> Result<Server, E>,
    ) -> Self {
        options.address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        options.threads = NonZeroUsize::new(2);
        // A test that drops a server blocks its own client, which then cannot close its connection.
        options.shutdown_grace_period = options.shutdown_grace_period.min(GRACE_PERIOD_MAX);
        let engine = Arc::new(engine);
        let server = bind(options, Arc::clone(&engine)).unwrap();
        let (address, http) = (server.local_address(), server.http_address());
        let (stop, stopped) = oneshot::channel::<()>();
        let thread = std::thread::spawn(move || server.run(async { drop(stopped.await) }).unwrap());
        Self { address, http, engine, stop: Some(stop), thread: Some(thread) }
    }

    /// A server with the usual schema and these relationships, each as `doc:1#viewer@user:a`.
    pub(crate) async fn holding(relationships: &[&str]) -> (Self, Client) {
        let running = Self::start();
        let mut client = running.client().await;
        client.write_schema(SCHEMA).await.unwrap();
        if !relationships.is_empty() {
            let updates = relationships.iter().map(|text| notation::update(&format!("+{text}"))).collect();
            client.write(updates).await.unwrap();
        }
        (running, client)
    }

    pub(crate) async fn channel(&self) -> Channel {
        Endpoint::from_shared(format!("http://{}", self.address)).unwrap().connect().await.unwrap()
    }

    pub(crate) async fn client(&self) -> Client {
        Client::new(self.channel().await)
    }

    /// Tells the server to stop and waits until it has.
    pub(crate) fn stop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(Err(_)) = self.thread.take().map(JoinHandle::join)
            && !std::thread::panicking()
        {
            panic!("the server panicked");
        }
    }
}

/// Both services.
#[derive(Clone)]
pub(crate) struct Client {
    pub(crate) permissions: PermissionsServiceClient<Channel>,
    pub(crate) schema: SchemaServiceClient<Channel>,
}

impl Client {
    pub(crate) fn new(channel: Channel) -> Self {
        Self {
            permissions: PermissionsServiceClient::new(channel.clone()),
            schema: SchemaServiceClient::new(channel),
        }
    }

    pub(crate) async fn write_schema(&mut self, text: &str) -> Result<String, Status> {
        let request = v1::WriteSchemaRequest { schema: text.to_owned() };
        Ok(self.schema.write_schema(request).await?.into_inner().written_at.unwrap().token)
    }

    /// Writes, and gives the token.
    pub(crate) async fn write(&mut self, updates: Vec<v1::RelationshipUpdate>) -> Result<String, Status> {
        let request = v1::WriteRelationshipsRequest { updates, ..Default::default() };
        Ok(self.permissions.write_relationships(request).await?.into_inner().written_at.unwrap().token)
    }

    /// Reads everything that a request streams.
    pub(crate) async fn read(
        &mut self,
        request: v1::ReadRelationshipsRequest,
    ) -> Result<Vec<v1::ReadRelationshipsResponse>, Status> {
        let mut stream = self.permissions.read_relationships(request).await?.into_inner();
        let mut responses = Vec::new();
        while let Some(response) = stream.message().await? {
            responses.push(response);
        }
        Ok(responses)
    }

    /// Whether the server still answers.
    pub(crate) async fn is_alive(&mut self) -> bool {
        let request = v1::CheckPermissionRequest::default();
        let refused = self.permissions.check_permission(request).await.unwrap_err();
        refused.code() == tonic::Code::InvalidArgument
    }
}

/// What a call says: `OK`, or code, message, reason and metadata, as in
/// ``FailedPrecondition `object definition `x` not found` UNKNOWN_DEFINITION {definition_name: x}``.
pub(crate) fn told<T>(result: Result<Response<T>, Status>) -> String {
    told_of(result.map(|_| ()))
}

pub(crate) fn told_of<T>(result: Result<T, Status>) -> String {
    let Err(status) = result else { return "OK".to_owned() };
    let text = format!("{:?} `{}`", status.code(), status.message());
    let Some(info) = status.get_details_error_info() else { return text };
    assert_eq!(info.domain, "authzed.com");
    let mut metadata: Vec<_> = info.metadata.iter().map(|(key, value)| format!("{key}: {value}")).collect();
    metadata.sort();
    let reason = info.reason.trim_start_matches("ERROR_REASON_").to_owned();
    format!("{text} {reason} {{{}}}", metadata.join(", "))
}
