//! Relationships in and out in bulk: how many a second, and what CPU each takes. Through the engine's door, on sled
//! with a real disk and on the memory journal, and over gRPC with its client on the same machine.
//!
//! `cargo bench --bench bulk -- 3000000` takes another number of relationships.

#![expect(clippy::unwrap_used, reason = "what fails here is a bench that cannot run")]
#![expect(clippy::print_stdout, reason = "the table is what a bench is for")]
#![expect(clippy::cast_precision_loss, reason = "figures are shown with few digits")]

#[path = "support/memory.rs"]
mod memory;
#[path = "support/table.rs"]
mod table;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use arrowroot::engine::{Consistency, Engine, EngineOptions, RelationshipReader, View};
use arrowroot::relationship::{Relationship, RelationshipFilter};
use arrowroot::server::wire::v1;
use arrowroot::server::wire::v1::permissions_service_client::PermissionsServiceClient;
use arrowroot::server::{Server, ServerOptions};
use rustix::time::{ClockId, clock_gettime};
use tokio::sync::oneshot;
use tonic::transport::{Channel, Endpoint};

use table::Table;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const COUNT: usize = 1_000_000;
/// Relationships in one message.
const MESSAGE: usize = 1000;
/// Relationships on one page of the paged read.
const PAGE: usize = 1000;
const PAGES: usize = 100;

const SCHEMA: &str = "
definition user {}
definition group {
    relation member: user | group#member
}
definition folder {
    relation viewer: user | group#member
}
definition doc {
    relation parent: folder
    relation viewer: user | group#member
    permission view = viewer + parent->viewer
}";

fn main() {
    let count = std::env::args().find_map(|argument| argument.parse().ok()).unwrap_or(COUNT);
    let mut table = Table::new(&["what", "relationships/s", "µs of CPU each", "MiB resident after"]);
    // On the disk that the target directory is on, since temporary directories are often in memory.
    let directory = tempfile::tempdir_in(Path::new(env!("CARGO_TARGET_TMPDIR"))).unwrap();
    let path = directory.path().join("graph");
    let open = || Engine::open(&path, EngineOptions::default()).unwrap();

    let engine = open();
    engine.write_schema(SCHEMA).unwrap();
    import(&engine, "sled", (0..count).map(mixed), &mut table);
    drop(engine);
    let reopened = Measured::start();
    let engine = open();
    reopened.end("sled: opened again", count, &mut table);
    let view = engine.at(&Consistency::FullyConsistent).unwrap();
    export(&view, None, "export", &mut table);
    over_grpc(engine, count, &mut table);

    let engine = Engine::in_memory(EngineOptions::default()).unwrap();
    engine.write_schema(SCHEMA).unwrap();
    let wide = |number| format!("doc:wide#viewer@user:u{number}").parse().unwrap();
    import(&engine, "memory, one resource", (0..count).map(wide), &mut table);
    let view = engine.at(&Consistency::FullyConsistent).unwrap();
    export(&view, None, "export, one resource", &mut table);
    read_pages(&view, &mut table);
    table.print(&format!("{count} relationships"));
}

/// Documents in folders, their viewers, and members of groups.
fn mixed(number: usize) -> Relationship {
    let (document, user) = (number / 4, number * 7919 % 100_003);
    let text = match number % 4 {
        0 => format!("doc:document-{document}#parent@folder:folder-{}", document % 10_007),
        1 => format!("doc:document-{document}#viewer@user:user-{user}"),
        2 => format!("doc:document-{document}#viewer@group:group-{}#member", user % 5003),
        _ => format!("group:group-{}#member@user:user-{document}", document % 5003),
    };
    text.parse().unwrap()
}

fn import(engine: &Engine, name: &str, relationships: impl Iterator<Item = Relationship>, table: &mut Table) {
    let relationships: Vec<_> = relationships.collect();
    let whole = Measured::start();
    let mut import = engine.import_relationships().unwrap();
    let staging = Measured::start();
    for message in relationships.chunks(MESSAGE) {
        import.add_all(message).unwrap();
    }
    staging.end(&format!("{name}: staging"), relationships.len(), table);
    let commit = Measured::start();
    engine.commit_import(import).unwrap();
    commit.end(&format!("{name}: commit"), relationships.len(), table);
    whole.end(&format!("{name}: import, both together"), relationships.len(), table);
}

fn export(view: &View, after: Option<&str>, name: &str, table: &mut Table) {
    let measured = Measured::start();
    let count = view.export_relationships(None, after).unwrap().count();
    measured.end(name, count, table);
}

/// Pages of one resource, each a read of its own.
fn read_pages(view: &View, table: &mut Table) {
    let resource_definition = Some("doc".parse().unwrap());
    let filter = RelationshipFilter { resource_definition, ..RelationshipFilter::default() };
    let measured = Measured::start();
    let mut after: Option<String> = None;
    for _ in 0..PAGES {
        let page = view.read_relationships(&filter, after.as_deref()).unwrap().take(PAGE);
        after = page.last().map(|last| RelationshipReader::position_of(&last));
    }
    measured.end("read, one resource, in pages", PAGES * PAGE, table);
}

/// Export of what an engine has, and import of as much again under other names. The client's CPU is counted as well.
fn over_grpc(engine: Engine, count: usize, table: &mut Table) {
    let mut options = ServerOptions::default();
    options.address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let server = Server::bind(options, Arc::new(engine)).unwrap();
    let address = server.local_address();
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = std::thread::spawn(move || server.run(async { drop(stopped.await) }).unwrap());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let channel = Endpoint::from_shared(format!("http://{address}")).unwrap().connect().await.unwrap();
        let mut client = PermissionsServiceClient::new(channel);
        let relationships = export_over_grpc(&mut client, count, table).await;
        let messages: Vec<_> = relationships.chunks(MESSAGE).map(renamed).collect();
        let measured = Measured::start();
        let response = client.import_bulk_relationships(tokio_stream::iter(messages)).await.unwrap();
        let loaded = usize::try_from(response.into_inner().num_loaded).unwrap();
        measured.end("gRPC: import, with its client", loaded, table);
    });
    drop(runtime);
    drop(stop);
    serving.join().unwrap();
}

async fn export_over_grpc(
    client: &mut PermissionsServiceClient<Channel>,
    count: usize,
    table: &mut Table,
) -> Vec<v1::Relationship> {
    let measured = Measured::start();
    let request = v1::ExportBulkRelationshipsRequest::default();
    let mut stream = client.export_bulk_relationships(request).await.unwrap().into_inner();
    let mut relationships = Vec::with_capacity(count);
    while let Some(message) = stream.message().await.unwrap() {
        relationships.extend(message.relationships);
    }
    measured.end("gRPC: export, with its client", relationships.len(), table);
    relationships
}

fn renamed(relationships: &[v1::Relationship]) -> v1::ImportBulkRelationshipsRequest {
    let mut relationships = relationships.to_vec();
    for resource in relationships.iter_mut().filter_map(|relationship| relationship.resource.as_mut()) {
        resource.object_id.push_str("-again");
    }
    v1::ImportBulkRelationshipsRequest { relationships }
}

/// What has passed since a moment.
struct Measured {
    start: Instant,
    cpu: Duration,
}

impl Measured {
    fn start() -> Self {
        Self { start: Instant::now(), cpu: process_time() }
    }

    fn end(&self, name: &str, count: usize, table: &mut Table) {
        let (elapsed, cpu) = (self.start.elapsed(), process_time().saturating_sub(self.cpu));
        table.add(&[
            name.to_owned(),
            format!("{:.0}", count as f64 / elapsed.as_secs_f64()),
            format!("{:.2}", cpu.as_secs_f64() * 1e6 / count as f64),
            format!("{:.0}", memory::resident_bytes() as f64 / f64::from(1 << 20)),
        ]);
    }
}

/// The time that all threads of the process have run.
fn process_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::from_secs(time.tv_sec.unsigned_abs()) + Duration::from_nanos(time.tv_nsec.unsigned_abs())
}
