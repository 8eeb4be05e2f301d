//! SpiceDB in a process of its own, called there through its C functions by `spicedb.c`.

use std::error::Error;
use std::io::{BufReader, BufWriter, Read as _, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use arrowroot::server::wire::v1;
use prost::Message;

use crate::question::{Question, writes};
use crate::turns::System;

/// The verbs of `spicedb.c`.
#[derive(Clone, Copy)]
#[repr(u32)]
enum Verb {
    Start,
    Stop,
    Nothing,
    WriteSchema,
    WriteRelationships,
    CheckPermission,
    Spent,
}

/// What calls took together, and what each of them answered.
struct Called {
    wall: Duration,
    cpu: Duration,
    answers: Vec<Result<Vec<u8>, String>>,
}

/// A real SpiceDB, with its datastore in memory.
pub(crate) struct SpiceDb {
    child: Child,
    commands: Option<BufWriter<ChildStdin>>,
    answers: BufReader<ChildStdout>,
    is_started: bool,
    /// Of all checks so far.
    cpu: Duration,
    /// Where it serves streams: a Unix socket.
    streaming_path: String,
}

impl SpiceDb {
    /// Installs it into a directory if it is not there, and begins a process.
    pub(crate) fn new(directory: &Path) -> Result<Self, Box<dyn Error>> {
        let setup = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/compare/setup");
        let paths = Command::new(&setup).arg(directory).stderr(Stdio::inherit()).output()?;
        if !paths.status.success() {
            return Err(format!("{} failed; it needs npm, cc and Linux on x86-64", setup.display()).into());
        }
        let paths = String::from_utf8(paths.stdout)?;
        let (program, library) = paths.trim().split_once('\n').ok_or("setup named no library")?;
        let mut child =
            Command::new(program).arg(library).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let commands = child.stdin.take().map(BufWriter::new);
        let answers = BufReader::new(child.stdout.take().ok_or("no standard output")?);
        let streaming_path = String::new();
        Ok(Self { child, commands, answers, is_started: false, cpu: Duration::ZERO, streaming_path })
    }

    /// The socket on which it serves the calls that answer with a stream.
    pub(crate) fn streaming_address(&self) -> String {
        format!("unix://{}", self.streaming_path)
    }

    /// CPU time of its process so far, whatever for.
    pub(crate) fn spent(&mut self) -> Duration {
        self.command(Verb::Spent, 0, &[]).cpu
    }

    /// Nanoseconds of a call into the library that does nothing there.
    pub(crate) fn empty_call_ns(&mut self, count: u32) -> f64 {
        let Called { wall, .. } = self.command(Verb::Nothing, count, &[]);
        wall.as_secs_f64() * 1e9 / f64::from(count)
    }

    /// Asks a question without a resource, which is refused before anything is looked up; what that takes.
    pub(crate) fn refused(&mut self, count: usize) -> (Duration, Duration) {
        let request = v1::CheckPermissionRequest::default().encode_to_vec();
        let called = self.call(Verb::CheckPermission, &vec![request; count]);
        assert!(called.answers.iter().all(Result::is_err), "SpiceDB took a question without a resource");
        (called.wall, called.cpu)
    }

    /// Whether it refuses a question because the graph is deeper than it looks.
    pub(crate) fn is_too_deep(&mut self, question: &Question) -> bool {
        let called = self.call(Verb::CheckPermission, &[question.message().encode_to_vec()]);
        matches!(called.answers.as_slice(), [Err(error)] if error.contains("max depth exceeded"))
    }

    fn call(&mut self, verb: Verb, requests: &[Vec<u8>]) -> Called {
        self.command(verb, u32::try_from(requests.len()).unwrap(), requests)
    }

    fn command(&mut self, verb: Verb, count: u32, requests: &[Vec<u8>]) -> Called {
        let commands = self.commands.as_mut().unwrap();
        let mut send = |number: u32| commands.write_all(&number.to_ne_bytes()).unwrap();
        send(verb as u32);
        send(count);
        for request in requests {
            let length = u32::try_from(request.len()).unwrap();
            commands.write_all(&length.to_ne_bytes()).unwrap();
            commands.write_all(request).unwrap();
        }
        commands.flush().unwrap();
        let (wall, cpu) = (self.read_time(), self.read_time());
        let answers = requests.iter().map(|_| self.read_answer()).collect();
        Called { wall, cpu, answers }
    }

    fn read_time(&mut self) -> Duration {
        let mut bytes = [0; 8];
        self.answers.read_exact(&mut bytes).unwrap();
        Duration::from_nanos(u64::from_ne_bytes(bytes))
    }

    fn read_number(&mut self) -> u32 {
        let mut bytes = [0; 4];
        self.answers.read_exact(&mut bytes).unwrap();
        u32::from_ne_bytes(bytes)
    }

    fn read_answer(&mut self) -> Result<Vec<u8>, String> {
        let (is_refused, length) = (self.read_number() != 0, self.read_number());
        let mut bytes = vec![0; usize::try_from(length).unwrap()];
        self.answers.read_exact(&mut bytes).unwrap();
        if is_refused { Err(String::from_utf8_lossy(&bytes).into_owned()) } else { Ok(bytes) }
    }

    /// One call that must succeed.
    fn demand(&mut self, verb: Verb, request: Vec<u8>) -> Vec<u8> {
        let mut called = self.call(verb, &[request]);
        called.answers.pop().unwrap().unwrap()
    }
}

impl System for SpiceDb {
    fn load(&mut self, schema: &str, relationships: &[String]) {
        if self.is_started {
            self.demand(Verb::Stop, Vec::new());
        }
        let started: serde_json::Value =
            serde_json::from_slice(&self.demand(Verb::Start, b"{}".to_vec())).unwrap();
        let streaming_path = started["data"]["streaming_address"].as_str().unwrap();
        streaming_path.clone_into(&mut self.streaming_path);
        self.is_started = true;
        let request = v1::WriteSchemaRequest { schema: schema.to_owned() };
        self.demand(Verb::WriteSchema, request.encode_to_vec());
        for write in writes(relationships) {
            self.demand(Verb::WriteRelationships, write.encode_to_vec());
        }
    }

    fn check(&mut self, question: &Question, count: usize) -> Duration {
        let request = question.message().encode_to_vec();
        let called = self.call(Verb::CheckPermission, &vec![request; count]);
        for answer in called.answers {
            let response = v1::CheckPermissionResponse::decode(answer.unwrap().as_slice()).unwrap();
            question.expect("SpiceDB", &response);
        }
        self.cpu += called.cpu;
        called.wall
    }

    fn cpu(&self) -> Duration {
        self.cpu
    }
}

impl Drop for SpiceDb {
    fn drop(&mut self) {
        // The end of its commands ends it.
        drop(self.commands.take());
        let _ = self.child.wait();
    }
}
