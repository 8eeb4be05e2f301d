//! One run: clients ask a server that dies again and again, and everything is recorded.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Condvar, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::client::{Client, Means};
use super::history::{Action, Effect, Fact, History, Operation, Outcome, Start};
use super::number::Random;
use super::process::Server;
use super::watcher::{Ended, Watcher};
use super::workload::{self, Request, Shared, Workload};

const CLIENTS: usize = 8;
/// How long a server lives, in milliseconds.
const LIFE_MS_MIN: usize = 200;
const LIFE_MS_MAX: usize = 1500;
/// Of a hundred ends, those that are in order.
const ORDERLY_PERCENT: usize = 20;

/// What a run is under.
#[derive(Debug, Clone)]
pub(crate) struct Circumstances {
    pub flags: Vec<String>,
    pub window: Duration,
    pub duration: Duration,
    pub seed: u64,
}

/// The server that runs, for the clients.
struct Current {
    server: usize,
    address: String,
    is_over: bool,
}

struct Run<'a> {
    origin: Instant,
    current: Mutex<Current>,
    changed: Condvar,
    shared: Shared,
    circumstances: &'a Circumstances,
}

/// Runs clients over a store in a directory. `between` is told the number of each server that is about to start, but
/// of the first and the last, while none runs.
pub(crate) fn run(
    directory: &Path,
    circumstances: &Circumstances,
    mut between: impl FnMut(usize),
) -> History {
    let current = Current { server: 0, address: String::new(), is_over: false };
    let run = Run {
        origin: Instant::now(),
        current: Mutex::new(current),
        changed: Condvar::new(),
        shared: Shared::default(),
        circumstances,
    };
    let mut random = Random(circumstances.seed);
    let window = u64::try_from(circumstances.window.as_nanos()).unwrap();
    let mut history = History { window, ..History::default() };
    let mut keeper = Keeper { run: &run, operations: Vec::new(), random: Random(random.next()) };
    let mut server = run.start(directory, &mut history);
    let start = keeper.prepare(server.address());
    // When each server was told to end.
    let mut ends = Vec::new();
    thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|process| Workload::new(process, Random(random.next())))
            .map(|workload| scope.spawn(|| run.work(workload)))
            .collect();
        let watching = scope.spawn(|| run.watch(start));
        let _over = Over(&run);
        while run.origin.elapsed() < circumstances.duration {
            let life = LIFE_MS_MIN + random.below(LIFE_MS_MAX - LIFE_MS_MIN);
            thread::sleep(Duration::from_millis(life as u64));
            ends.push(run.now());
            if random.is(ORDERLY_PERCENT) {
                let status = server.terminate();
                assert!(status.success(), "{status}:\n{}", server.log());
            } else {
                server.kill();
            }
            between(ends.len());
            server = run.start(directory, &mut history);
            keeper.read_everything(server.address(), ends.len());
        }
        run.end();
        for client in clients {
            history.operations.extend(client.join().unwrap());
        }
        ends.push(run.now());
        server.kill();
        let told = watching.join().unwrap();
        // Where little is kept, it may always come too late.
        let may_be_late = circumstances.window < Duration::from_mins(1);
        assert!(may_be_late || !told.is_empty(), "nothing was told to the one who watches");
        history.operations.extend(told);
    });
    server = run.start(directory, &mut history);
    keeper.read_everything(server.address(), ends.len());
    history.operations.append(&mut keeper.operations);
    assert_alive_until_killed(&history, &ends);
    history
}

/// Ends the clients also where the run ends by a failure.
struct Over<'a>(&'a Run<'a>);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.end();
    }
}

/// A server that is not told to end answers everything.
fn assert_alive_until_killed(history: &History, ends: &[u64]) {
    for operation in &history.operations {
        if let Outcome::Unknown { .. } = operation.outcome {
            let end = ends.get(operation.server).copied().unwrap_or(u64::MAX);
            assert!(operation.completed >= end, "before the server was killed: {}", operation.to_json());
        }
    }
}

impl Run<'_> {
    fn now(&self) -> u64 {
        u64::try_from(self.origin.elapsed().as_nanos()).unwrap()
    }

    fn start(&self, directory: &Path, history: &mut History) -> Server {
        let server = Server::start(directory, &self.circumstances.flags);
        history.starts.push(Start { at: self.now(), head: server.head() });
        let mut current = self.current.lock().unwrap();
        current.server = history.starts.len() - 1;
        server.address().clone_into(&mut current.address);
        self.changed.notify_all();
        server
    }

    /// Waits for a server that has not been seen yet.
    fn wait_for(&self, server: usize) -> Option<(usize, String)> {
        let current = self.current.lock().unwrap();
        let current =
            self.changed.wait_while(current, |current| !current.is_over && current.server < server).unwrap();
        (!current.is_over).then(|| (current.server, current.address.clone()))
    }

    fn end(&self) {
        self.current.lock().unwrap_or_else(PoisonError::into_inner).is_over = true;
        self.changed.notify_all();
    }

    fn is_over(&self) -> bool {
        self.current.lock().unwrap().is_over
    }

    /// One client, from the first server to the end.
    fn work(&self, mut workload: Workload) -> Vec<Operation> {
        let (mut operations, mut next) = (Vec::new(), 0);
        while let Some((server, address)) = self.wait_for(next) {
            next = server + 1;
            let Some(client) = Client::connect(&address) else { continue };
            while !self.is_over() {
                let request = workload.next(&self.shared);
                let process = workload.process();
                let operation = self.perform(&client, server, process, &request, workload.random());
                let happened = match operation.outcome {
                    Outcome::Unknown { .. } => None,
                    Outcome::Refused { .. } => Some(false),
                    _ => Some(true),
                };
                workload.is_done(&request, happened);
                let is_dead = happened.is_none();
                operations.push(operation);
                if is_dead {
                    break;
                }
            }
        }
        operations
    }

    /// The watching client.
    fn watch(&self, (token, state): (String, BTreeSet<Fact>)) -> Vec<Operation> {
        let (mut watcher, mut next) = (Watcher::new(CLIENTS + 1, token, state), 0);
        while let Some((server, address)) = self.wait_for(next) {
            match watcher.watch(server, &address, || self.now()) {
                Ended::Dead => next = server + 1,
                Ended::TooOld => {
                    // It may be dead by now.
                    let Some(client) = Client::connect(&address) else { continue };
                    let newest = client.act(&workload::newest().action, Means::Plain, "");
                    let Some(token) = newest.1 else { continue };
                    let all = workload::everything_at(token.clone(), String::new());
                    if let Outcome::Found { facts, .. } = client.act(&all.action, all.means, &token).0 {
                        watcher.go_on_at(token, facts.into_iter().collect());
                    }
                }
            }
        }
        watcher.operations
    }

    fn perform(
        &self,
        client: &Client,
        server: usize,
        process: usize,
        request: &Request,
        random: &mut Random,
    ) -> Operation {
        let invoked = self.now();
        let (outcome, token) = client.act(&request.action, request.means, &request.token);
        let completed = self.now();
        if let Some(token) = token {
            self.shared.tell(request, &token, random);
        }
        Operation { process, server, invoked, completed, action: request.action.clone(), outcome }
    }
}

/// Who starts the servers, and looks at everything whenever one has started.
struct Keeper<'a> {
    run: &'a Run<'a>,
    operations: Vec<Operation>,
    random: Random,
}

impl Keeper<'_> {
    /// Writes what clients need. The token before it, and what is there then.
    fn prepare(&mut self, address: &str) -> (String, BTreeSet<Fact>) {
        let client = Client::connect(address).unwrap();
        let invoked = self.run.now();
        let token = client.write_schema(workload::SCHEMA).unwrap();
        self.operations.push(Operation {
            process: CLIENTS,
            server: 0,
            invoked,
            completed: self.run.now(),
            action: Action::Write { effects: Vec::<Effect>::new(), requires: Vec::new() },
            outcome: Outcome::Written { revision: super::client::revision(&token) },
        });
        self.ask(&client, 0, &workload::anchors());
        (token, BTreeSet::new())
    }

    fn read_everything(&mut self, address: &str, server: usize) {
        let client = Client::connect(address).unwrap();
        let token = self.ask(&client, server, &workload::newest());
        self.ask(&client, server, &workload::everything_at(token, String::new()));
    }

    fn ask(&mut self, client: &Client, server: usize, request: &Request) -> String {
        let invoked = self.run.now();
        let (outcome, token) = client.act(&request.action, request.means, &request.token);
        let token = token.unwrap_or_else(|| panic!("{outcome:?} to {request:?}"));
        self.run.shared.tell(request, &token, &mut self.random);
        self.operations.push(Operation {
            process: CLIENTS,
            server,
            invoked,
            completed: self.run.now(),
            action: request.action.clone(),
            outcome,
        });
        token
    }
}
