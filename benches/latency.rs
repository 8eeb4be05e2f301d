//! How long a check over gRPC takes while the server also answers lookups and exports of a million results and takes up
//! imports of a million relationships, against a server that does nothing else.
//!
//! `cargo bench --bench latency`. The server is a process of its own, and so is whoever asks for heavy things; that one
//! has the lowest priority, since it would be on another machine. Checks are sent at a steady rate on some connections,
//! whatever became of those before.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::cast_precision_loss,
    reason = "a benchmark ends where something is wrong, and prints"
)]

#[path = "support/quantile.rs"]
mod quantile;
#[expect(dead_code, reason = "time is measured here, not CPU")]
#[path = "support/served.rs"]
mod served;
#[path = "support/table.rs"]
mod table;

use std::error::Error;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use arrowroot::engine::{Engine, EngineOptions};
use arrowroot::server::wire::v1;
use arrowroot::server::wire::v1::permissions_service_client::PermissionsServiceClient;
use arrowroot::server::{Server, ServerOptions};
use tokio::task::JoinSet;
use tonic::Status;
use tonic::transport::{Channel, Endpoint};

use quantile::quantile;
use served::{Served, TICKS_PER_SECOND, median};
use table::Table;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What runs beside the checks.
const LOADS: [&str; 6] = ["nothing", "lookup", "export", "import", "lookup import", "lookup import export"];
const DOCUMENTS: usize = 1_000_000;
/// Relationships of one import, and of one of its messages.
const IMPORT: usize = 1_000_000;
const MESSAGE: usize = 1000;
/// Connections that ask, and how often each does.
const CONNECTIONS: usize = 8;
const INTERVAL: Duration = Duration::from_millis(4);
const MEASURED: Duration = Duration::from_secs(6);
const WARM_UP: Duration = Duration::from_secs(2);
/// How often all loads are measured in turn; the table has the median of each figure.
const ROUNDS: usize = 5;

const SCHEMA: &str = "
definition user {}
definition folder {
    relation viewer: user
}
definition doc {
    relation parent: folder
    relation viewer: user
    permission view = viewer + parent->viewer
}";

fn main() -> Result<(), Box<dyn Error>> {
    match served::kind() {
        None => measure(),
        Some(kind) => match kind.split_once(' ') {
            None => serve(),
            Some((address, load)) => put_load(address, load),
        },
    }
}

/// Serves until standard input ends, and says its address first.
fn serve() -> Result<(), Box<dyn Error>> {
    // On the disk that the target directory is on, since temporary directories are often in memory.
    let directory = tempfile::tempdir_in(Path::new(env!("CARGO_TARGET_TMPDIR")))?;
    let engine = Engine::open(directory.path().join("graph"), EngineOptions::default())?;
    engine.write_schema(SCHEMA)?;
    let mut import = engine.import_relationships()?;
    for number in 0..DOCUMENTS {
        import.add(&format!("doc:document-{number}#viewer@user:ana").parse()?)?;
    }
    engine.commit_import(import)?;
    let mut options = ServerOptions::default();
    options.address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let server = Server::bind(options, Arc::new(engine))?;
    let stopped = served::announce(server.local_address())?;
    Ok(server.run(stopped)?)
}

fn measure() -> Result<(), Box<dyn Error>> {
    let server = Served::start("serve")?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut rounds: [Vec<[f64; 5]>; LOADS.len()] = Default::default();
    for _ in 0..ROUNDS {
        for (load, figures) in LOADS.iter().zip(&mut rounds) {
            let beside = (*load != LOADS[0]).then(|| Served::start(&format!("{} {load}", server.address)));
            let beside = beside.transpose()?;
            let stolen_before = stolen_ms();
            let mut latencies = runtime.block_on(check(&server.address))?;
            let stolen = stolen_ms() - stolen_before;
            drop(beside);
            latencies.sort_unstable();
            let [p50, p99, p999, most] =
                [0.5, 0.99, 0.999, 1.0].map(|part| quantile(&latencies, part) / 1000.0);
            figures.push([p50, p99, p999, most, stolen]);
        }
    }
    let mut table = Table::new(&["beside", "p50 µs", "p99 µs", "p99.9 µs", "longest µs", "stolen ms"]);
    for (load, figures) in LOADS.iter().zip(rounds) {
        let median_of =
            |place: usize| format!("{:.0}", median(figures.iter().map(|figures| figures[place]).collect()));
        let [p50, p99, p999, most, stolen] = [0, 1, 2, 3, 4].map(median_of);
        table.add(&[load.replace(' ', ", "), p50, p99, p999, most, stolen]);
    }
    table.print("checks over gRPC beside heavy requests");
    Ok(())
}

/// What other machines on the same host have taken of this one's cores so far.
fn stolen_ms() -> f64 {
    let stat = std::fs::read_to_string("/proc/stat").unwrap();
    let ticks = stat.split_whitespace().nth(8).unwrap();
    ticks.parse::<f64>().unwrap() * 1000.0 / TICKS_PER_SECOND
}

/// Asks at a steady rate; how long each answer took that was asked for while it counts, in nanoseconds.
async fn check(address: &str) -> Result<Vec<u64>, Box<dyn Error>> {
    let measured_from = Instant::now() + WARM_UP;
    let mut connections = JoinSet::new();
    for connection in 0..CONNECTIONS {
        let client = PermissionsServiceClient::new(connect(address).await?);
        connections.spawn(ask(client, connection, measured_from));
    }
    let mut latencies = Vec::new();
    for asked in connections.join_all().await {
        latencies.extend(asked?);
    }
    Ok(latencies)
}

async fn ask(
    client: PermissionsServiceClient<Channel>,
    connection: usize,
    measured_from: Instant,
) -> Result<Vec<u64>, Status> {
    let mut interval = tokio::time::interval(INTERVAL);
    let mut answers = JoinSet::new();
    for number in 0_usize.. {
        interval.tick().await;
        let start = Instant::now();
        if start >= measured_from + MEASURED {
            break;
        }
        let mut client = client.clone();
        answers.spawn(async move {
            let answer = client.check_permission(question(number * CONNECTIONS + connection)).await?;
            assert_eq!(answer.into_inner().permissionship, 2);
            let nanoseconds = u64::try_from(start.elapsed().as_nanos()).unwrap();
            Ok((start >= measured_from).then_some(nanoseconds))
        });
    }
    let answers: Result<Vec<_>, Status> = answers.join_all().await.into_iter().collect();
    Ok(answers?.into_iter().flatten().collect())
}

fn question(number: usize) -> v1::CheckPermissionRequest {
    v1::CheckPermissionRequest {
        resource: Some(object("doc", format!("document-{}", number * 7919 % DOCUMENTS))),
        permission: "view".to_owned(),
        subject: Some(ana()),
        ..Default::default()
    }
}

fn object(object_type: &str, object_id: String) -> v1::ObjectReference {
    v1::ObjectReference { object_type: object_type.to_owned(), object_id }
}

fn ana() -> v1::SubjectReference {
    v1::SubjectReference { object: Some(object("user", "ana".to_owned())), optional_relation: String::new() }
}

async fn connect(address: &str) -> Result<Channel, tonic::transport::Error> {
    Endpoint::from_shared(format!("http://{address}"))?.connect().await
}

/// Asks for what each word says, again and again, until standard input ends.
fn put_load(address: &str, load: &str) -> Result<(), Box<dyn Error>> {
    rustix::process::setpriority_process(None, 19)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let count = Arc::new(AtomicU64::new(0));
    let start = Instant::now();
    runtime
        .block_on(async {
            let mut loads = JoinSet::new();
            for word in load.split(' ') {
                let client = PermissionsServiceClient::new(connect(address).await?);
                loads.spawn(repeat(client, word.to_owned(), Arc::clone(&count)));
            }
            let stopped = served::announce(address.parse()?)?;
            tokio::select! {
                () = stopped => Ok(()),
                Some(ended) = loads.join_next() => Err(format!("{ended:?}").into()),
            }
        })
        .inspect(|()| {
            let rate = count.load(Ordering::Relaxed) as f64 / start.elapsed().as_secs_f64();
            eprintln!("{load}: {rate:.0} results and relationships a second");
        })
}

async fn repeat(
    mut client: PermissionsServiceClient<Channel>,
    load: String,
    count: Arc<AtomicU64>,
) -> Result<(), Status> {
    for round in 0.. {
        match load.as_str() {
            "lookup" => {
                let request = v1::LookupResourcesRequest {
                    resource_object_type: "doc".to_owned(),
                    permission: "view".to_owned(),
                    subject: Some(ana()),
                    ..Default::default()
                };
                let mut stream = client.lookup_resources(request).await?.into_inner();
                while stream.message().await?.is_some() {
                    count.fetch_add(1, Ordering::Relaxed);
                }
            }
            "export" => {
                let request = v1::ExportBulkRelationshipsRequest::default();
                let mut stream = client.export_bulk_relationships(request).await?.into_inner();
                while let Some(message) = stream.message().await? {
                    count.fetch_add(message.relationships.len() as u64, Ordering::Relaxed);
                }
            }
            _ => {
                let count = Arc::clone(&count);
                let messages = (0..IMPORT / MESSAGE).map(move |number| {
                    count.fetch_add(MESSAGE as u64, Ordering::Relaxed);
                    message(round, number)
                });
                client.import_bulk_relationships(tokio_stream::iter(messages)).await?;
            }
        }
    }
    Ok(())
}

/// One message of an import, whose relationships no other process has imported.
fn message(round: usize, number: usize) -> v1::ImportBulkRelationshipsRequest {
    let process = std::process::id();
    let relationships = (number * MESSAGE..(number + 1) * MESSAGE).map(|number| v1::Relationship {
        resource: Some(object("folder", format!("{process}-{round}-{number}"))),
        relation: "viewer".to_owned(),
        subject: Some(v1::SubjectReference {
            object: Some(object("user", format!("user-{}", number % 1000))),
            optional_relation: String::new(),
        }),
        ..Default::default()
    });
    v1::ImportBulkRelationshipsRequest { relationships: relationships.collect() }
}
