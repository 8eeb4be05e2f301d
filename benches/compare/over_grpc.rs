//! arrowroot, and a service that answers without looking, as servers in processes of their own, asked by a real client
//! over one connection.

use std::collections::BTreeSet;
use std::error::Error;
use std::net::{Ipv4Addr, SocketAddr};
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use arrowroot::engine::{Engine, EngineOptions};
use arrowroot::server::wire::v1;
use arrowroot::server::wire::v1::permissions_service_client::PermissionsServiceClient;
use arrowroot::server::wire::v1::schema_service_client::SchemaServiceClient;
use arrowroot::server::{Server, ServerOptions};
use tokio::runtime::Runtime;
use tonic::transport::{Channel, Endpoint};

use crate::no_op::NoOp;
use crate::question::{Question, writes};
use crate::served::{self, Served};
use crate::turns::System;

/// Which server a process is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Arrowroot,
    NoOp,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Arrowroot => "arrowroot over gRPC",
            Self::NoOp => "no-op over gRPC",
        }
    }
}

/// A server and the client that asks it.
pub(crate) struct OverGrpc {
    kind: Kind,
    runtime: Rc<Runtime>,
    served: Served,
    channel: Channel,
}

impl OverGrpc {
    /// Starts an empty server.
    pub(crate) fn new(kind: Kind, runtime: Rc<Runtime>) -> Result<Self, Box<dyn Error>> {
        let served = Served::start(kind.name())?;
        let channel = runtime.block_on(connect(format!("http://{}", served.address)))?;
        Ok(Self { kind, runtime, served, channel })
    }

    /// A connection to it.
    pub(crate) fn channel(&self) -> Channel {
        self.channel.clone()
    }

    /// What drives its client.
    pub(crate) fn runtime(&self) -> Rc<Runtime> {
        Rc::clone(&self.runtime)
    }
}

impl System for OverGrpc {
    fn load(&mut self, schema: &str, relationships: &[String]) {
        if self.kind == Kind::NoOp {
            return;
        }
        let runtime = Rc::clone(&self.runtime);
        *self = Self::new(self.kind, Rc::clone(&runtime)).unwrap();
        let schema = v1::WriteSchemaRequest { schema: schema.to_owned() };
        runtime.block_on(SchemaServiceClient::new(self.channel()).write_schema(schema)).unwrap();
        let mut client = PermissionsServiceClient::new(self.channel());
        for write in writes(relationships) {
            runtime.block_on(client.write_relationships(write)).unwrap();
        }
    }

    fn check(&mut self, question: &Question, count: usize) -> Duration {
        let request = question.message();
        let mut client = PermissionsServiceClient::new(self.channel());
        self.runtime.block_on(async {
            let start = Instant::now();
            for _ in 0..count {
                let response = client.check_permission(request.clone()).await.unwrap().into_inner();
                if self.kind == Kind::Arrowroot {
                    question.expect(self.kind.name(), &response);
                }
            }
            start.elapsed()
        })
    }

    fn cpu(&self) -> Duration {
        Duration::from_secs_f64(self.served.cpu_s())
    }

    /// Long, since the kernel counts the CPU time of another process in ticks of 10 ms.
    fn batch(&self) -> Duration {
        Duration::from_millis(12)
    }
}

/// Connects to a server.
pub(crate) async fn connect(address: String) -> Result<Channel, Box<dyn Error>> {
    Ok(Endpoint::from_shared(address)?.connect().await?)
}

/// All resources that a lookup finds, and what it took to read them.
pub(crate) async fn look_up(
    channel: Channel,
    request: v1::LookupResourcesRequest,
) -> (BTreeSet<String>, Duration) {
    let mut client = PermissionsServiceClient::new(channel);
    let start = Instant::now();
    let mut responses = client.lookup_resources(request).await.unwrap().into_inner();
    let mut found = Vec::new();
    while let Some(response) = responses.message().await.unwrap() {
        found.push(response.resource_object_id);
    }
    let wall = start.elapsed();
    (found.into_iter().collect(), wall)
}

/// Serves until standard input ends.
pub(crate) fn serve(kind: &str) -> Result<(), Box<dyn Error>> {
    let engine = Arc::new(Engine::in_memory(EngineOptions::default())?);
    let mut options = ServerOptions::default();
    options.address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let server = if kind == Kind::NoOp.name() {
        Server::bind_with_permissions(options, engine, NoOp)?
    } else {
        Server::bind(options, engine)?
    };
    let stopped = served::announce(server.local_address())?;
    Ok(server.run(stopped)?)
}
