//! However large answers are, and however many clients take nothing of them, the server's memory stays bounded, others
//! are answered meanwhile, and when such clients are gone everything is as it was.

#![cfg(target_os = "linux")]
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test ends where its fact does not hold"
)]

mod client;
mod graph;
#[path = "../process/mod.rs"]
#[expect(dead_code, reason = "other tests use all of it")]
mod process;
mod questions;
mod silent;
mod vitals;

use std::process::Command;
use std::time::{Duration, Instant};

use client::Client;
use process::Server;
use questions::{Questions, Reading};
use silent::{Silent, SilentHttp};
use tonic::Code;
use vitals::Vitals;

/// The server's `--max-memory`, of which answers may take an eighth beside it.
const MEMORY: usize = 512 << 20;
const ANSWERS: usize = MEMORY / 8;
/// What one piece of work may take while it is done, such as the tree of the largest answer; two are done on each core.
const WORK: usize = 80 << 20;
/// The address space that the process has, most of which it only reserves: without a bound it would need several times
/// as much.
const ADDRESSES: usize = 4 << 30;

/// Connections, on each of which every question is asked, and so often those that are answered bit by bit.
const CONNECTIONS: usize = 8;
const REPETITIONS: usize = 2;
/// Clients over HTTP, for each of two questions.
const HTTP_CLIENTS: usize = 4;
/// Checks while there is no room, and how long one may take on a machine that is busy with other things.
const CHECKS: usize = 60;
const CHECK_TIME_MAX: Duration = Duration::from_secs(10);
/// How long the server may take until it has filled its room, or has it back.
const PATIENCE: Duration = Duration::from_mins(1);

#[test]
fn clients_that_take_nothing_of_huge_answers_cost_bounded_memory_and_nobody_elses_checks() {
    let directory = tempfile::tempdir().unwrap();
    let server = start(&directory);
    let mut client = Client::connect(server.address());
    let oldest = client.write_graph();
    let questions = Questions::new(oldest);
    let vitals = Vitals::of(server.id());
    println!("the graph takes {} MiB", vitals.base_bytes() >> 20);

    let slow = client.begin();
    let mut silent = ask_everything(&server, &questions);
    let mut peak = Peak { vitals: &vitals, bytes: 0, longest: Duration::ZERO };
    until("the room is full", || {
        peak.check(&mut client);
        client.refusal() == Some(Code::ResourceExhausted)
    });
    for _ in 0..CHECKS {
        peak.check(&mut client);
    }
    // Some go away in the midst, and what was begun before goes on to its end beside the others.
    silent.connections.truncate(CONNECTIONS / 2);
    let counts = client.finish(slow, || peak.look());
    assert_eq!(counts, Questions::slow_counts());
    for _ in 0..CHECKS {
        peak.check(&mut client);
    }
    println!("at the most {} MiB more; the longest check took {:?}", peak.bytes >> 20, peak.longest);

    drop(silent);
    until("there is room again", || client.refusal().is_none());
    for reading in Reading::ALL {
        assert_eq!(client.count(reading), Ok(Questions::count(reading)), "{reading:?}");
        peak.look();
    }
    // Two runtimes a core, each of which keeps its threads of the pool for a while, of which two a core run at once.
    let threads_max = vitals.base_threads() + (2 * cores()).pow(2);
    assert!(vitals.threads() <= threads_max, "{} threads of {threads_max}", vitals.threads());
}

/// A server whose memory is bounded, in an address space that is as well.
fn start(directory: &tempfile::TempDir) -> Server {
    let mut limited = Command::new("sh");
    let limit = format!("ulimit -v {} && exec \"$0\" \"$@\"", ADDRESSES >> 10);
    limited.args(["-c", &limit, env!("CARGO_BIN_EXE_arrowroot")]);
    let memory = MEMORY.to_string();
    let mut flags = vec!["--max-memory", &memory, "--http-enabled", "--http-addr", "127.0.0.1:0"];
    // All wait in one line, and the machine may be busy with other things.
    flags.extend(["--streaming-api-response-delay-timeout", "5m"]);
    let flags: Vec<_> = flags.into_iter().map(str::to_owned).collect();
    Server::start_by(limited, directory.path(), &flags)
}

/// Clients that have asked and take nothing.
struct Everything {
    connections: Vec<Silent>,
    _http: Vec<SilentHttp>,
}

fn ask_everything(server: &Server, questions: &Questions) -> Everything {
    let connect = |_| {
        let mut silent = Silent::connect(server.address());
        for _ in 0..REPETITIONS {
            questions.ask_for_streams(&mut silent);
        }
        Questions::ask_for_messages(&mut silent);
        silent
    };
    let bodies = Questions::over_http();
    let http = bodies.iter().flat_map(|(path, body)| {
        (0..HTTP_CLIENTS).map(move |_| SilentHttp::ask(server.http_address(), path, body))
    });
    Everything { connections: (0..CONNECTIONS).map(connect).collect(), _http: http.collect() }
}

/// What the server came to.
struct Peak<'server> {
    vitals: &'server Vitals,
    bytes: usize,
    longest: Duration,
}

impl Peak<'_> {
    /// Makes a check, which must be answered in time.
    fn check(&mut self, client: &mut Client) {
        let begin = Instant::now();
        assert!(client.check());
        let duration = begin.elapsed();
        assert!(duration <= CHECK_TIME_MAX, "a check took {duration:?}");
        self.longest = self.longest.max(duration);
        self.look();
    }

    /// Looks at the memory, which must stay within its bound.
    fn look(&mut self) {
        let bytes_max = ANSWERS + 2 * cores() * WORK;
        let bytes = self.vitals.more_bytes();
        assert!(bytes <= bytes_max, "{} MiB of {}", bytes >> 20, bytes_max >> 20);
        self.bytes = self.bytes.max(bytes);
    }
}

fn cores() -> usize {
    std::thread::available_parallelism().unwrap().get()
}

fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !is_so() {
        assert!(begin.elapsed() < PATIENCE, "it never comes to that: {what}");
    }
    println!("{what} after {:?}", begin.elapsed());
}
