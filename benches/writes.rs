//! Durable writes of one relationship each, from 1, 16 and 64 threads: how many a second, how long each takes, and how
//! many share a group. On sled with a real disk, and on the memory journal, which shows what the rest costs. And over
//! gRPC, from 64 clients, to a server in a process of its own; now and then another client checks with the token of a
//! write that it is there.
//!
//! A loop of its own instead of criterion, which times one thread.

#![expect(clippy::unwrap_used, reason = "what fails here is a bench that cannot run")]
#![expect(clippy::print_stdout, reason = "the table is what a bench is for")]
#![expect(clippy::cast_precision_loss, reason = "figures are shown with few digits")]

#[path = "support/quantile.rs"]
mod quantile;
#[expect(dead_code, reason = "each figure is taken once")]
#[path = "support/served.rs"]
mod served;
#[path = "support/table.rs"]
mod table;

use std::net::{Ipv4Addr, SocketAddr};

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use arrowroot::engine::{Engine, EngineOptions, WriteRelationships};
use arrowroot::journal::{
    AppendError, Journal, JournalError, JournalIdentity, MemoryJournal, SledJournal, Transaction,
};
use arrowroot::relationship::{RelationshipUpdate, Revision, UpdateOperation};

use arrowroot::server::wire::v1;
use arrowroot::server::wire::v1::permissions_service_client::PermissionsServiceClient;
use arrowroot::server::{Server, ServerOptions};
use tokio::task::JoinSet;
use tonic::Status;
use tonic::transport::{Channel, Endpoint};

use quantile::quantile;
use served::Served;
use table::Table;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const THREADS: [usize; 3] = [1, 16, 64];
/// What each number of threads is measured for, after a part that does not count.
const MEASURED: Duration = Duration::from_secs(4);
const WARM_UP: Duration = Duration::from_secs(1);
/// Clients over gRPC, and the connections that they share.
const CLIENTS: usize = 64;
const CONNECTIONS: [usize; 3] = [1, 8, 64];
/// Of so many writes of a client, one is checked by another.
const CHECKED_EVERY: usize = 100;

const SCHEMA: &str = "definition user {}\ndefinition task { relation owner: user; }";

fn main() {
    if served::kind().is_some() {
        return serve();
    }
    let mut table =
        Table::new(&["journal", "threads", "writes/s", "p50 µs", "p99 µs", "most µs", "writes a group"]);
    // On the disk that the target directory is on, since temporary directories are often in memory.
    let directory = tempfile::tempdir_in(Path::new(env!("CARGO_TARGET_TMPDIR"))).unwrap();
    for threads in THREADS {
        let journal = SledJournal::open(directory.path().join(threads.to_string())).unwrap();
        run("sled", Arc::new(journal), threads, &mut table);
    }
    for threads in THREADS {
        run("memory", Arc::new(MemoryJournal::new()), threads, &mut table);
    }
    table.print("writes of one relationship");
    over_grpc();
}

fn run(name: &str, journal: Arc<dyn Journal>, threads: usize, table: &mut Table) {
    let counting = Arc::new(CountingJournal { journal, groups: AtomicU64::new(0) });
    let engine =
        Engine::with_journal(Arc::clone(&counting) as Arc<dyn Journal>, EngineOptions::default()).unwrap();
    engine.write_schema(SCHEMA).unwrap();
    let measured_from = Instant::now() + WARM_UP;
    let until = measured_from + MEASURED;
    let mut latencies: Vec<u64> = thread::scope(|scope| {
        let writers = (0..threads).map(|thread| {
            let engine = &engine;
            scope.spawn(move || write(engine, thread, measured_from, until))
        });
        let writers: Vec<_> = writers.collect();
        writers.into_iter().flat_map(|writer| writer.join().unwrap()).collect()
    });
    let writes = engine.head().0;
    let groups = counting.groups.load(Ordering::Relaxed);
    latencies.sort_unstable();
    let microseconds = |part: f64| format!("{:.0}", quantile(&latencies, part) / 1000.0);
    table.add(&[
        name.to_owned(),
        threads.to_string(),
        format!("{:.0}", latencies.len() as f64 / MEASURED.as_secs_f64()),
        microseconds(0.5),
        microseconds(0.99),
        microseconds(1.0),
        format!("{:.1}", writes as f64 / groups as f64),
    ]);
}

/// Writes until the end; how long each write took that was begun while it counts, in nanoseconds.
fn write(engine: &Engine, thread: usize, measured_from: Instant, until: Instant) -> Vec<u64> {
    let mut latencies = Vec::new();
    for number in 0_u64.. {
        let relationship = format!("task:{thread}-{number}#owner@user:{}", number % 1000).parse().unwrap();
        let updates = vec![RelationshipUpdate { operation: UpdateOperation::Create, relationship }];
        let request = WriteRelationships { updates, ..Default::default() };
        let start = Instant::now();
        if start >= until {
            break;
        }
        engine.write_relationships(request).unwrap();
        if start >= measured_from {
            latencies.push(u64::try_from(start.elapsed().as_nanos()).unwrap());
        }
    }
    latencies
}

/// Counts the groups that a journal is given.
#[derive(Debug)]
struct CountingJournal {
    journal: Arc<dyn Journal>,
    groups: AtomicU64,
}

impl Journal for CountingJournal {
    fn identity(&self) -> JournalIdentity {
        self.journal.identity()
    }

    fn head(&self) -> Result<Revision, JournalError> {
        self.journal.head()
    }

    fn append(&self, expected_head: Revision, transactions: &[Transaction]) -> Result<(), AppendError> {
        self.groups.fetch_add(1, Ordering::Relaxed);
        self.journal.append(expected_head, transactions)
    }

    fn read(
        &self,
        after: Revision,
        visit: &mut dyn FnMut(Transaction) -> ControlFlow<()>,
    ) -> Result<(), JournalError> {
        self.journal.read(after, visit)
    }
}

/// Serves a graph on the disk until standard input ends, and says the address first.
fn serve() {
    let directory = tempfile::tempdir_in(Path::new(env!("CARGO_TARGET_TMPDIR"))).unwrap();
    let engine = Engine::open(directory.path().join("graph"), EngineOptions::default()).unwrap();
    engine.write_schema(SCHEMA).unwrap();
    let mut options = ServerOptions::default();
    options.address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let server = Server::bind(options, Arc::new(engine)).unwrap();
    let stopped = served::announce(server.local_address()).unwrap();
    server.run(stopped).unwrap();
}

fn over_grpc() {
    let mut table =
        Table::new(&["connections", "writes/s", "p50 µs", "p99 µs", "most µs", "µs of CPU each", "checked"]);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    for connections in CONNECTIONS {
        let server = Served::start("sled").unwrap();
        let written = runtime.block_on(write_over_grpc(&server, connections)).unwrap();
        let Written { mut latencies, checked, cpu_s } = written;
        latencies.sort_unstable();
        let microseconds = |part: f64| format!("{:.0}", quantile(&latencies, part) / 1000.0);
        table.add(&[
            connections.to_string(),
            format!("{:.0}", latencies.len() as f64 / MEASURED.as_secs_f64()),
            microseconds(0.5),
            microseconds(0.99),
            microseconds(1.0),
            format!("{:.0}", cpu_s * 1e6 / latencies.len() as f64),
            checked.to_string(),
        ]);
    }
    table.print(&format!("writes of one relationship over gRPC, on sled, {CLIENTS} clients"));
}

/// What some clients have written while it counts.
#[derive(Default)]
struct Written {
    /// In nanoseconds.
    latencies: Vec<u64>,
    /// Writes that another client has seen.
    checked: usize,
    /// CPU seconds of the server.
    cpu_s: f64,
}

async fn write_over_grpc(server: &Served, connections: usize) -> Result<Written, Status> {
    let endpoint = Endpoint::from_shared(format!("http://{}", server.address)).unwrap();
    let mut clients = Vec::new();
    for _ in 0..=connections {
        clients.push(PermissionsServiceClient::new(endpoint.connect().await.unwrap()));
    }
    let other = clients.pop().unwrap();
    let measured_from = Instant::now() + WARM_UP;
    let mut writers = JoinSet::new();
    for writer in 0..CLIENTS {
        let client = clients[writer % connections].clone();
        writers.spawn(write_as(client, other.clone(), writer, measured_from));
    }
    tokio::time::sleep_until(measured_from.into()).await;
    let cpu_s = server.cpu_s();
    let mut written = Written::default();
    while let Some(part) = writers.join_next().await {
        let part = part.unwrap()?;
        written.latencies.extend(part.latencies);
        written.checked += part.checked;
    }
    written.cpu_s = server.cpu_s() - cpu_s;
    Ok(written)
}

/// Writes one relationship after another, and has some looked at by another client.
async fn write_as(
    mut client: PermissionsServiceClient<Channel>,
    mut other: PermissionsServiceClient<Channel>,
    writer: usize,
    measured_from: Instant,
) -> Result<Written, Status> {
    let mut written = Written::default();
    for number in 0.. {
        let start = Instant::now();
        if start >= measured_from + MEASURED {
            break;
        }
        let (task, user) = (format!("{writer}-{number}"), format!("{}", number % 1000));
        let update = v1::RelationshipUpdate {
            operation: v1::relationship_update::Operation::Touch.into(),
            relationship: Some(v1::Relationship {
                resource: Some(object("task", task.clone())),
                relation: "owner".to_owned(),
                subject: Some(subject(user.clone())),
                ..Default::default()
            }),
        };
        let request = v1::WriteRelationshipsRequest { updates: vec![update], ..Default::default() };
        let token = client.write_relationships(request).await?.into_inner().written_at;
        if start >= measured_from {
            written.latencies.push(u64::try_from(start.elapsed().as_nanos()).unwrap());
        }
        if number % CHECKED_EVERY == 0 {
            let requirement = v1::consistency::Requirement::AtLeastAsFresh(token.unwrap());
            let request = v1::CheckPermissionRequest {
                consistency: Some(v1::Consistency { requirement: Some(requirement) }),
                resource: Some(object("task", task)),
                permission: "owner".to_owned(),
                subject: Some(subject(user)),
                ..Default::default()
            };
            assert_eq!(other.check_permission(request).await?.into_inner().permissionship, 2);
            written.checked += 1;
        }
    }
    Ok(written)
}

fn object(object_type: &str, object_id: String) -> v1::ObjectReference {
    v1::ObjectReference { object_type: object_type.to_owned(), object_id }
}

fn subject(user: String) -> v1::SubjectReference {
    v1::SubjectReference { object: Some(object("user", user)), optional_relation: String::new() }
}
