//! The resource lifecycle over HTTP: the server's CPU for a check against a handler of axum that answers without
//! looking; registrations a second, durable; and how long a search of 10,000 out of a million takes.
//!
//! `cargo bench --bench lifecycle`. Each server is a process of its own; clients keep their connections.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark ends where something is wrong, and prints"
)]
#![expect(clippy::cast_precision_loss, reason = "counts of requests, shown with few digits")]

#[path = "support/served.rs"]
mod served;

use std::error::Error;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use arrowroot::engine::{Consistency, Engine, EngineOptions, WriteRelationships};
use arrowroot::lifecycle::{Lifecycle, Principal, Profile};
use arrowroot::relationship::{RelationshipUpdate, UpdateOperation};
use arrowroot::server::{Server, ServerOptions};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::runtime::Runtime;

use served::{Served, median};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Connections, and requests of one round.
const LOADS: [(usize, usize); 2] = [(1, 40_000), (64, 200_000)];
const ROUNDS: usize = 5;

const SCHEMA: &str = include_str!("../schema/agentex.zed");
const PROFILE: &str = include_str!("../schema/agentex.yaml");
const TASKS: usize = 1_000_000;
const AGENTS: usize = 1_000;
const ACCOUNTS: usize = 100;
/// Everybody owns this part of the tasks: 10,000 of a million.
const USERS: usize = 100;
/// Updates in one write, while the graph is made.
const BATCH: usize = 20_000;

const CLIENTS: usize = 64;
const REGISTRATIONS: usize = 60_000;
const SEARCHES: usize = 15;

/// The answer of a check, as this server gives it.
const ANSWER: &str = r#"{"success":true}"#;

fn main() -> Result<(), Box<dyn Error>> {
    match served::kind().as_deref() {
        Some("no-op") => serve_no_op(),
        Some(kind) => serve(kind),
        None => measure(),
    }
}

/// Reads a request's body and answers without looking.
fn serve_no_op() -> Result<(), Box<dyn Error>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let handler = |_: axum::body::Bytes| async { ([("content-type", "application/json")], ANSWER) };
        let router = axum::Router::new().route("/v1/authz/check", axum::routing::post(handler));
        let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let stopped = served::announce(listener.local_addr()?)?;
        tokio::select! {
            result = axum::serve(listener, router).into_future() => Ok(result?),
            () = stopped => Ok(()),
        }
    })
}

fn serve(kind: &str) -> Result<(), Box<dyn Error>> {
    let mut engine_options = EngineOptions::default();
    engine_options.limits.updates_max = BATCH;
    // On the disk that the target directory is on, since temporary directories are often in memory.
    let directory = tempfile::tempdir_in(Path::new(env!("CARGO_TARGET_TMPDIR")))?;
    let engine = Arc::new(match kind {
        "check" => Engine::in_memory(engine_options)?,
        _ => Engine::open(directory.path().join("graph"), engine_options)?,
    });
    engine.write_schema(SCHEMA)?;
    if kind == "check" {
        fill(&engine)?;
    }
    let view = engine.at(&Consistency::FullyConsistent)?;
    let profile = Profile::parse("agentex.yaml", PROFILE, &view)?;
    let lifecycle = Arc::new(Lifecycle::new(Arc::clone(&engine), profile));
    if kind == "check" {
        search_in_process(&lifecycle)?;
    }
    let mut options = ServerOptions::default();
    options.address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    options.http_address = Some(options.address);
    options.lifecycle = Some(lifecycle);
    let server = Server::bind(options, engine)?;
    let stopped = served::announce(server.http_address().unwrap())?;
    Ok(server.run(stopped)?)
}

fn account(task: usize) -> usize {
    user(task) % ACCOUNTS
}

/// Who owns a task: in an order that mixes them, as time does.
fn user(task: usize) -> usize {
    task * 7919 % USERS
}

/// A million tasks with their account, owner and agent.
fn fill(engine: &Engine) -> Result<(), Box<dyn Error>> {
    let agents = (0..AGENTS).flat_map(|agent| {
        [
            format!("agent:a{agent}#tenant@tenant:t{}", agent % ACCOUNTS),
            format!("agent:a{agent}#owner@user:u{}", agent % USERS),
        ]
    });
    let tasks = (0..TASKS).flat_map(|task| {
        let id = task_id(task);
        [
            format!("task:{id}#tenant@tenant:t{}", account(task)),
            format!("task:{id}#owner@user:u{}", user(task)),
            format!("task:{id}#parent_agent@agent:a{}", task % AGENTS),
        ]
    });
    let mut batch = Vec::with_capacity(BATCH);
    let write = |updates: Vec<RelationshipUpdate>| {
        engine.write_relationships(WriteRelationships { updates, ..Default::default() }).map(drop)
    };
    for text in agents.chain(tasks) {
        batch.push(RelationshipUpdate { operation: UpdateOperation::Touch, relationship: text.parse()? });
        if batch.len() == BATCH {
            write(std::mem::take(&mut batch))?;
        }
    }
    Ok(write(batch)?)
}

/// An id as long as a UUID.
fn task_id(task: usize) -> String {
    format!("7c9e6679-7425-40de-944b-{task:012}")
}

/// A search without the server around it, told on stderr: what is told on stdout is the server's address.
#[expect(clippy::print_stderr, reason = "stdout is taken")]
fn search_in_process(lifecycle: &Lifecycle) -> Result<(), Box<dyn Error>> {
    let mut times_ms = Vec::new();
    for number in 0..SEARCHES {
        let (id, account) = (format!("u{number}"), format!("t{number}"));
        let principal = Principal::new(lifecycle.profile(), "user", &id, &account)?;
        let start = Instant::now();
        let view = lifecycle.view(None)?;
        let mut search = lifecycle.search(&view, &principal, "task", "read", None)?;
        let mut count = 0;
        loop {
            let page = search.next(1024, view.lookup_limits())?;
            count += page.selectors.len();
            if !page.has_more {
                break;
            }
        }
        times_ms.push(start.elapsed().as_secs_f64() * 1e3);
        assert_eq!(count, TASKS / USERS);
    }
    eprintln!("search of {} out of {TASKS} tasks, in process: {:.1} ms", TASKS / USERS, median(times_ms));
    Ok(())
}

fn measure() -> Result<(), Box<dyn Error>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let servers = [Served::start("no-op")?, Served::start("check")?];
    measure_checks(&runtime, &servers)?;
    measure_searches(&runtime, &servers[1])?;
    drop(servers);
    measure_registrations(&runtime, &Served::start("register")?)
}

fn measure_checks(runtime: &Runtime, servers: &[Served; 2]) -> Result<(), Box<dyn Error>> {
    println!("CPU of the server for each check over HTTP; {ROUNDS} rounds, the median");
    println!("| connections | no-op µs | check µs | check / no-op | no-op/s | checks/s |");
    println!("|---|---|---|---|---|---|");
    for (connections, count) in LOADS {
        let mut cpu_us = [Vec::new(), Vec::new()];
        let mut rates = [Vec::new(), Vec::new()];
        for _ in 0..ROUNDS {
            for (kind, server) in servers.iter().enumerate() {
                runtime.block_on(load(&server.address, connections, count / 20, check))?;
                let (cpu_before, start) = (server.cpu_s(), Instant::now());
                runtime.block_on(load(&server.address, connections, count, check))?;
                rates[kind].push(count as f64 / start.elapsed().as_secs_f64());
                cpu_us[kind].push((server.cpu_s() - cpu_before) * 1e6 / count as f64);
            }
        }
        let [no_op_us, check_us] = cpu_us.map(median);
        let [no_op_rate, check_rate] = rates.map(median);
        let ratio = check_us / no_op_us;
        println!(
            "| {connections} | {no_op_us:.1} | {check_us:.1} | {ratio:.2} | {no_op_rate:.0} | {check_rate:.0} |"
        );
    }
    Ok(())
}

fn measure_searches(runtime: &Runtime, server: &Served) -> Result<(), Box<dyn Error>> {
    let mut times_ms = Vec::new();
    let cpu_before = server.cpu_s();
    for number in 0..SEARCHES {
        let body = format!(
            r#"{{"principal":{{"user_id":"u{number}","account_id":"t{number}"}},"filter_resource":"task"}}"#
        );
        let request = post("/v1/authz/search", &body);
        let start = Instant::now();
        let answer = runtime.block_on(async {
            let mut connection = Connection::open(&server.address).await?;
            connection.ask(&request).await
        })?;
        times_ms.push(start.elapsed().as_secs_f64() * 1e3);
        assert_eq!(answer.matches("7c9e6679").count(), TASKS / USERS);
    }
    let cpu_ms = (server.cpu_s() - cpu_before) * 1e3 / SEARCHES as f64;
    let (count, median_ms) = (TASKS / USERS, median(times_ms));
    println!("\nsearch of {count} out of {TASKS} tasks: {median_ms:.1} ms at the client, {cpu_ms:.1} ms CPU");
    Ok(())
}

fn measure_registrations(runtime: &Runtime, server: &Served) -> Result<(), Box<dyn Error>> {
    runtime.block_on(async {
        let mut connection = Connection::open(&server.address).await?;
        let body = r#"{"principal":{"user_id":"u0","account_id":"t0"},"resource":{"type":"agent","selector":"a0"},"parent":null}"#;
        connection.ask(&post("/v1/authz/register", body)).await
    })?;
    runtime
        .block_on(load(&server.address, CLIENTS, REGISTRATIONS / 20, |number| register("warm", number)))?;
    let (cpu_before, start) = (server.cpu_s(), Instant::now());
    runtime.block_on(load(&server.address, CLIENTS, REGISTRATIONS, |number| register("task", number)))?;
    let rate = REGISTRATIONS as f64 / start.elapsed().as_secs_f64();
    let cpu_us = (server.cpu_s() - cpu_before) * 1e6 / REGISTRATIONS as f64;
    println!(
        "\nregister (three relationships, durable) with {CLIENTS} clients: {rate:.0}/s, {cpu_us:.0} µs CPU"
    );
    Ok(())
}

fn check(number: usize) -> Vec<u8> {
    let task = number * 104_729 % TASKS;
    let (user, account, id) = (user(task), account(task), task_id(task));
    let body = format!(
        r#"{{"principal":{{"principal_type":"user","user_id":"u{user}","service_account_id":null,"account_id":"t{account}"}},"resource":{{"type":"task","selector":"{id}"}},"operation":"read"}}"#
    );
    post("/v1/authz/check", &body)
}

fn register(prefix: &str, number: usize) -> Vec<u8> {
    let body = format!(
        r#"{{"principal":{{"user_id":"u0","account_id":"t0"}},"resource":{{"type":"task","selector":"{prefix}-7425-40de-944b-{number:012}"}},"parent":{{"type":"agent","selector":"a0"}}}}"#
    );
    post("/v1/authz/register", &body)
}

fn post(path: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!(
        "POST {path} HTTP/1.1\r\nhost: arrowroot\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}

/// Sends this many requests, on each connection one after another.
async fn load(
    address: &str,
    connections: usize,
    count: usize,
    request: impl Fn(usize) -> Vec<u8> + Copy + Send + 'static,
) -> Result<(), Box<dyn Error>> {
    let mut tasks = Vec::with_capacity(connections);
    for first in 0..connections {
        let mut connection = Connection::open(address).await?;
        tasks.push(tokio::spawn(async move {
            for number in (first..count).step_by(connections) {
                let answer = connection.ask(&request(number)).await.unwrap();
                assert!(answer.ends_with(ANSWER), "request {number}: {answer}");
            }
        }));
    }
    for task in tasks {
        task.await?;
    }
    Ok(())
}

/// A connection that is kept.
struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    async fn open(address: &str) -> std::io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::with_capacity(1 << 20) })
    }

    /// Sends a request, and reads until its answer is complete.
    async fn ask(&mut self, request: &[u8]) -> std::io::Result<String> {
        self.stream.write_all(request).await?;
        self.buffer.clear();
        while !is_complete(&self.buffer) {
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
        }
        Ok(String::from_utf8_lossy(&self.buffer).into_owned())
    }
}

/// Whether a response is there with all of its body.
fn is_complete(response: &[u8]) -> bool {
    let Some(head_length) = response.windows(4).position(|part| part == b"\r\n\r\n") else { return false };
    let head = std::str::from_utf8(&response[..head_length]).unwrap();
    let length: Option<usize> = head
        .lines()
        .find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
    match length {
        Some(length) => response.len() >= head_length + 4 + length,
        None => response.ends_with(b"0\r\n\r\n"),
    }
}
