//! The built server as a process, and a client of it.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use arrowroot::server::wire::v1;
use arrowroot::server::wire::v1::permissions_service_client::PermissionsServiceClient;
use arrowroot::server::wire::v1::relationship_update::Operation;
use arrowroot::server::wire::v1::schema_service_client::SchemaServiceClient;
use tokio::runtime::{Builder, Runtime};
use tonic::transport::Channel;
use tonic::{Code, Status};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use super::workload::{SCHEMA, long_id};

/// How long a start may take until it is refused or done.
const PATIENCE: Duration = Duration::from_mins(1);

/// A running `arrowroot serve`, killed when it is dropped.
pub(crate) struct Server {
    child: Child,
    address: String,
}

fn command(store: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_arrowroot"));
    command.args(["serve", "--grpc-no-auth", "--grpc-addr", "127.0.0.1:0", "--datastore-path"]).arg(store);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// What the server says when it does not start.
pub(crate) fn refusal(store: &Path) -> String {
    match Server::try_start(store, |_| {}) {
        Ok(_) => panic!("the server starts"),
        Err(message) => message,
    }
}

/// What clients are told when writes cannot be made durable.
pub(crate) fn assert_unavailable(status: &Status) {
    assert_eq!(status.code(), Code::Unavailable, "{status}");
    assert!(status.message().contains("could not be made durable"), "{status}");
}

impl Server {
    pub(crate) fn start(store: &Path, prepare: impl FnOnce(&mut Command)) -> Self {
        Self::try_start(store, prepare).unwrap()
    }

    /// A server that is ready; or the last line that it said, if it ended with an error.
    pub(crate) fn try_start(store: &Path, prepare: impl FnOnce(&mut Command)) -> Result<Self, String> {
        let mut command = command(store);
        prepare(&mut command);
        let mut child = command.spawn().unwrap();
        let output = child.stdout.take().unwrap();
        let (sender, lines) = channel();
        thread::spawn(move || {
            let mut line = String::new();
            BufReader::new(output).read_line(&mut line).unwrap();
            // Nobody waits for it any more after a while.
            let _ = sender.send(line);
        });
        let Ok(line) = lines.recv_timeout(PATIENCE) else {
            child.kill().unwrap();
            panic!("the server neither starts nor ends");
        };
        if let Some(rest) = line.strip_prefix("arrowroot ready grpc=") {
            let address = rest.split(' ').next().unwrap().to_owned();
            return Ok(Self { child, address });
        }
        let mut text = String::new();
        child.stderr.take().unwrap().read_to_string(&mut text).unwrap();
        let status = child.wait().unwrap();
        assert_eq!(status.code(), Some(1), "{line}{text}");
        assert!(!text.contains("panicked"), "{text}");
        Err(text.lines().filter(|line| line.starts_with("arrowroot: ")).collect::<Vec<_>>().join("\n"))
    }

    pub(crate) fn client(&self) -> Client {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let endpoint = Channel::from_shared(format!("http://{}", self.address)).unwrap();
        let channel = runtime.block_on(endpoint.connect()).unwrap();
        Client { runtime, channel }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A client with a connection of its own.
pub(crate) struct Client {
    runtime: Runtime,
    channel: Channel,
}

impl Client {
    pub(crate) fn write_schema(&mut self) {
        let request = v1::WriteSchemaRequest { schema: SCHEMA.to_owned() };
        let mut schemas = SchemaServiceClient::new(self.channel.clone());
        self.runtime.block_on(schemas.write_schema(request)).unwrap();
    }

    /// Touches relationships of a document.
    pub(crate) fn write(&mut self, document: &str, count: usize) -> Result<(), Status> {
        let update = |user: usize| v1::RelationshipUpdate {
            operation: Operation::Touch.into(),
            relationship: Some(relationship(document, user)),
        };
        let updates = (0..count).map(update).collect();
        let request = v1::WriteRelationshipsRequest { updates, ..Default::default() };
        let mut permissions = self.permissions();
        self.runtime.block_on(permissions.write_relationships(request)).map(|_| ())
    }

    /// How many relationships a document has.
    pub(crate) fn count(&mut self, document: &str) -> usize {
        self.count_of(v1::RelationshipFilter {
            resource_type: "document".to_owned(),
            optional_resource_id: document.to_owned(),
            ..Default::default()
        })
    }

    /// How many there are.
    pub(crate) fn count_all(&mut self) -> usize {
        self.count_of(v1::RelationshipFilter { resource_type: "document".to_owned(), ..Default::default() })
    }

    fn count_of(&mut self, filter: v1::RelationshipFilter) -> usize {
        let request = v1::ReadRelationshipsRequest {
            relationship_filter: Some(filter),
            consistency: Some(v1::Consistency {
                requirement: Some(v1::consistency::Requirement::FullyConsistent(true)),
            }),
            ..Default::default()
        };
        let mut permissions = self.permissions();
        self.runtime.block_on(async {
            let mut answers = permissions.read_relationships(request).await.unwrap().into_inner();
            let mut count = 0;
            while answers.message().await.unwrap().is_some() {
                count += 1;
            }
            count
        })
    }

    /// What health says of writes.
    pub(crate) fn is_writable(&mut self) -> bool {
        let request = HealthCheckRequest { service: "arrowroot.writes".to_owned() };
        let mut health = HealthClient::new(self.channel.clone());
        let answer = self.runtime.block_on(health.check(request)).unwrap().into_inner();
        answer.status() == ServingStatus::Serving
    }

    fn permissions(&self) -> PermissionsServiceClient<Channel> {
        PermissionsServiceClient::new(self.channel.clone())
    }
}

fn relationship(document: &str, user: usize) -> v1::Relationship {
    let object =
        |kind: &str, id: String| Some(v1::ObjectReference { object_type: kind.to_owned(), object_id: id });
    v1::Relationship {
        resource: object("document", document.to_owned()),
        relation: "viewer".to_owned(),
        subject: Some(v1::SubjectReference { object: object("user", long_id(user)), ..Default::default() }),
        ..Default::default()
    }
}
