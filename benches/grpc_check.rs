//! What a check over gRPC costs the server: CPU of its process for each RPC, against a service on the very same
//! runtimes and layers that answers without looking.
//!
//! `cargo bench --bench grpc_check`. Each server is a process of its own; rounds alternate between them, and the table
//! shows the median of each.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark ends where something is wrong, and prints"
)]

#[path = "support/no_op.rs"]
mod no_op;
#[path = "support/served.rs"]
mod served;

use std::error::Error;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Instant;

use arrowroot::engine::{Engine, EngineOptions, WriteRelationships};
use arrowroot::relationship::{RelationshipUpdate, UpdateOperation};
use arrowroot::server::wire::v1;
use arrowroot::server::wire::v1::permissions_service_client::PermissionsServiceClient;
use arrowroot::server::{Server, ServerOptions};
use tonic::Status;
use tonic::transport::{Channel, Endpoint};

use no_op::NoOp;
use served::{Served, median};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const KINDS: [&str; 2] = ["no-op", "check"];
/// Connections, and RPCs of one round.
const LOADS: [(usize, usize); 2] = [(1, 40_000), (64, 200_000)];
const ROUNDS: usize = 5;

const SCHEMA: &str = include_str!("../schema/agentex.zed");
const TENANTS: usize = 200;
const USERS: usize = 20_000;
const AGENTS: usize = 100_000;
const KEYS: usize = 225_000;
/// Hops of the cascades that are measured on one connection, and RPCs for each.
const CASCADE_HOPS: [usize; 8] = [1, 2, 5, 10, 20, 50, 100, 1000];
const CASCADE_HOPS_MAX: usize = 1000;
const CASCADE_RPCS: usize = 4_000;
/// Updates in one write, while the graph is made.
const BATCH: usize = 20_000;

fn main() -> Result<(), Box<dyn Error>> {
    match served::kind() {
        Some(kind) => serve(&kind),
        None => measure(),
    }
}

/// Serves until standard input ends, and says its address first.
fn serve(kind: &str) -> Result<(), Box<dyn Error>> {
    let mut engine_options = EngineOptions::default();
    engine_options.limits.updates_max = BATCH;
    let engine = Arc::new(Engine::in_memory(engine_options)?);
    let mut options = ServerOptions::default();
    options.address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let server = match kind {
        "check" => {
            fill(&engine)?;
            Server::bind(options, engine)?
        }
        _ => Server::bind_with_permissions(options, engine, NoOp)?,
    };
    let stopped = served::announce(server.local_address())?;
    Ok(server.run(stopped)?)
}

/// Who owns an agent, and every key of it: somebody in the agent's tenant.
fn owner(agent: usize) -> usize {
    (agent * 7 % (USERS / TENANTS)) * TENANTS + agent % TENANTS
}

/// A million relationships: users in tenants, agents, and keys below agents.
fn fill(engine: &Engine) -> Result<(), Box<dyn Error>> {
    engine.write_schema(SCHEMA)?;
    let users = (0..USERS).map(|user| format!("tenant:t{}#member@user:u{user}", user % TENANTS));
    let agents = (0..AGENTS).flat_map(|agent| {
        [
            format!("agent:a{agent}#tenant@tenant:t{}", agent % TENANTS),
            format!("agent:a{agent}#owner@user:u{}", owner(agent)),
            format!("agent:a{agent}#viewer@user:u{}", owner(agent + TENANTS)),
        ]
    });
    let keys = (0..KEYS).flat_map(|key| {
        let agent = key % AGENTS;
        [
            format!("api_key:k{key}#tenant@tenant:t{}", agent % TENANTS),
            format!("api_key:k{key}#parent_agent@agent:a{agent}"),
            format!("api_key:k{key}#owner@user:u{}", owner(agent)),
        ]
    });
    let chain = (0..CASCADE_HOPS_MAX).flat_map(|hop| {
        [
            format!("agent:deep{hop}#tenant@tenant:t0"),
            format!("agent:deep{hop}#parent_agent@agent:deep{}", hop + 1),
        ]
    });
    let end = ["tenant", "owner"].into_iter().zip(["tenant:t0", "user:u0"]);
    let end = end.map(|(relation, subject)| format!("agent:deep{CASCADE_HOPS_MAX}#{relation}@{subject}"));
    let mut batch = Vec::with_capacity(BATCH);
    let write = |updates: Vec<RelationshipUpdate>| {
        engine.write_relationships(WriteRelationships { updates, ..Default::default() }).map(drop)
    };
    for text in users.chain(agents).chain(keys).chain(chain).chain(end) {
        batch.push(RelationshipUpdate { operation: UpdateOperation::Touch, relationship: text.parse()? });
        if batch.len() == BATCH {
            write(std::mem::take(&mut batch))?;
        }
    }
    Ok(write(batch)?)
}

/// May the owner of a key read it? A cascade of depth 1: the key's agent must say yes, too.
fn question(number: usize) -> v1::CheckPermissionRequest {
    let key = number * 7919 % KEYS;
    read("api_key", format!("k{key}"), owner(key % AGENTS))
}

/// May the owner of the last agent of the chain read the one so many hops below it?
fn cascade_question(hops: usize) -> v1::CheckPermissionRequest {
    read("agent", format!("deep{}", CASCADE_HOPS_MAX - hops), 0)
}

fn read(object_type: &str, object_id: String, user: usize) -> v1::CheckPermissionRequest {
    let object = |object_type: &str, object_id: String| {
        Some(v1::ObjectReference { object_type: object_type.to_owned(), object_id })
    };
    v1::CheckPermissionRequest {
        resource: object(object_type, object_id),
        permission: "read".to_owned(),
        subject: Some(v1::SubjectReference {
            object: object("user", format!("u{user}")),
            optional_relation: String::new(),
        }),
        ..Default::default()
    }
}

fn measure() -> Result<(), Box<dyn Error>> {
    let servers = [Served::start(KINDS[0])?, Served::start(KINDS[1])?];
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    println!("CPU of the server for each RPC, and RPCs a second; {ROUNDS} rounds, the median");
    println!("| connections | no-op µs | check µs | check / no-op | no-op RPC/s | check RPC/s |");
    println!("|---|---|---|---|---|---|");
    for (connections, count) in LOADS {
        let mut cpu_us = [Vec::new(), Vec::new()];
        let mut rates = [Vec::new(), Vec::new()];
        for _ in 0..ROUNDS {
            for (kind, server) in servers.iter().enumerate() {
                let channels = runtime.block_on(connect(&server.address, connections))?;
                runtime.block_on(load(&channels, count / 20, question))?;
                let (cpu_before, start) = (server.cpu_s(), Instant::now());
                runtime.block_on(load(&channels, count, question))?;
                #[expect(clippy::cast_precision_loss, reason = "a count of RPCs")]
                let count = count as f64;
                rates[kind].push(count / start.elapsed().as_secs_f64());
                cpu_us[kind].push((server.cpu_s() - cpu_before) * 1e6 / count);
            }
        }
        let [no_op_us, check_us] = cpu_us.map(median);
        let [no_op_rate, check_rate] = rates.map(median);
        let ratio = check_us / no_op_us;
        println!(
            "| {connections} | {no_op_us:.1} | {check_us:.1} | {ratio:.2} | {no_op_rate:.0} | {check_rate:.0} |"
        );
    }
    measure_cascades(&runtime, &servers[1])
}

/// What a deeper cascade adds, on one connection, one question after another.
#[expect(clippy::cast_precision_loss, reason = "a count of RPCs")]
fn measure_cascades(runtime: &tokio::runtime::Runtime, server: &Served) -> Result<(), Box<dyn Error>> {
    println!("\ncascades of `read` with roles and gate, one connection, {CASCADE_RPCS} RPCs each");
    println!("| hops | CPU of the server µs | answer after µs |");
    println!("|---|---|---|");
    let channels = runtime.block_on(connect(&server.address, 1))?;
    for hops in CASCADE_HOPS {
        let ask = move |_| cascade_question(hops);
        runtime.block_on(load(&channels, CASCADE_RPCS / 20, ask))?;
        let (cpu_before, start) = (server.cpu_s(), Instant::now());
        runtime.block_on(load(&channels, CASCADE_RPCS, ask))?;
        let wall_us = start.elapsed().as_secs_f64() * 1e6 / CASCADE_RPCS as f64;
        let cpu_us = (server.cpu_s() - cpu_before) * 1e6 / CASCADE_RPCS as f64;
        println!("| {hops} | {cpu_us:.0} | {wall_us:.0} |");
    }
    Ok(())
}

async fn connect(address: &str, connections: usize) -> Result<Vec<Channel>, tonic::transport::Error> {
    let endpoint = Endpoint::from_shared(format!("http://{address}"))?;
    let mut channels = Vec::with_capacity(connections);
    for _ in 0..connections {
        channels.push(endpoint.connect().await?);
    }
    Ok(channels)
}

/// Asks this many questions, on each connection one after another.
async fn load(
    channels: &[Channel],
    count: usize,
    question: impl Fn(usize) -> v1::CheckPermissionRequest + Copy + Send + 'static,
) -> Result<(), Status> {
    let tasks: Vec<_> = channels
        .iter()
        .cloned()
        .enumerate()
        .map(|(number, channel)| {
            let (step, mut client) = (channels.len(), PermissionsServiceClient::new(channel));
            tokio::spawn(async move {
                for number in (number..count).step_by(step) {
                    let response = client.check_permission(question(number)).await?.into_inner();
                    assert_eq!(response.permissionship, 2, "question {number}");
                }
                Ok::<_, Status>(())
            })
        })
        .collect();
    for task in tasks {
        task.await.map_err(|error| Status::internal(error.to_string()))??;
    }
    Ok(())
}
