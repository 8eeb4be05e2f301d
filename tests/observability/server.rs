//! A server as a process, from its first line to its end.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};

use arrowroot::server::wire::v1;
use tonic::transport::{Channel, Endpoint};

/// What every server here is given.
const COMMON: [&str; 6] = [
    "serve",
    "--grpc-no-auth",
    "--grpc-addr",
    "127.0.0.1:0",
    "--metrics-addr=127.0.0.1:0",
    "--log-format=json",
];

/// A running server, killed when it is dropped.
pub(crate) struct Server {
    child: Child,
    grpc: String,
    http: Option<String>,
    metrics: String,
    /// Lines of its log, as they come.
    log: Receiver<String>,
}

fn file(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name).display().to_string()
}

fn command(flags: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_arrowroot"));
    let is_ours = |name: &str| name.starts_with("ARROWROOT_") || name.starts_with("OTEL_");
    for (name, _) in std::env::vars().filter(|(name, _)| is_ours(name)) {
        command.env_remove(name);
    }
    command.args(flags).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Hands on what a process logs, so that it never waits for its reader.
fn follow(stderr: ChildStderr) -> Receiver<String> {
    let (sender, lines) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(stderr).lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    lines
}

impl Server {
    /// Starts one over the relationships of the quick start, in memory, with further flags, and waits until it is ready.
    pub(crate) fn start(flags: &[&str]) -> Self {
        let bootstrap = file("schema/quickstart.yaml");
        let store = ["--datastore-engine=memory", "--datastore-bootstrap-files", &bootstrap];
        Self::start_with(&[&store, flags].concat())
    }

    /// The same with these flags alone.
    pub(crate) fn start_with(flags: &[&str]) -> Self {
        let mut child = command(&[&COMMON[..], flags].concat()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let log = follow(child.stderr.take().unwrap());
        if !line.starts_with("arrowroot ready ") {
            let log: Vec<_> = log.iter().collect();
            panic!("the server is not ready; it said {line:?} and logged:\n{}", log.join("\n"));
        }
        let word = |name: &str| {
            let mut words = line.split_whitespace();
            words.find_map(|word| word.strip_prefix(name)?.strip_prefix('=').map(ToOwned::to_owned))
        };
        Self {
            child,
            grpc: word("grpc").unwrap(),
            http: word("http"),
            metrics: word("metrics").unwrap(),
            log,
        }
    }

    /// One that waits for the profile of its lifecycle, which comes through a pipe.
    pub(crate) fn start_waiting(directory: &tempfile::TempDir) -> (Self, PathBuf) {
        let pipe = directory.path().join("profile");
        rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, rustix::fs::Mode::RWXU).unwrap();
        let (schema, profile) = (file("schema/agentex.zed"), pipe.display().to_string());
        let store = ["--datastore-engine=memory", "--datastore-bootstrap-files", &schema];
        let lifecycle = ["--http-addr=127.0.0.1:0", "--log-level=debug", "--lifecycle-profile", &profile];
        let mut child = command(&[&COMMON[..], &store, &lifecycle].concat()).spawn().unwrap();
        let log = follow(child.stderr.take().unwrap());
        let listening = log.iter().find(|line| line.contains("listening")).unwrap();
        let fields = serde_json::from_str::<serde_json::Value>(&listening).unwrap()["fields"].take();
        let text = |name: &str| fields[name].as_str().unwrap().to_owned();
        let http = text("http").trim_start_matches("Some(").trim_end_matches(')').to_owned();
        (Self { child, grpc: text("grpc"), http: Some(http), metrics: text("metrics"), log }, pipe)
    }

    /// Waits for its line.
    pub(crate) fn await_ready(&mut self) {
        let mut line = String::new();
        BufReader::new(self.child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert!(line.starts_with("arrowroot ready "), "{line}");
    }

    /// Where metrics and health are.
    pub(crate) fn metrics(&self) -> &str {
        &self.metrics
    }

    /// Where HTTP is served.
    pub(crate) fn http(&self) -> &str {
        self.http.as_ref().unwrap()
    }

    pub(crate) async fn channel(&self) -> Channel {
        Endpoint::from_shared(format!("http://{}", self.grpc)).unwrap().connect().await.unwrap()
    }

    /// The next line of its log that has this, as JSON.
    pub(crate) fn await_line(&self, part: &str) -> serde_json::Value {
        let line = self.log.iter().find(|line| line.contains(part));
        serde_json::from_str(&line.unwrap_or_else(|| panic!("no line has {part}"))).unwrap()
    }

    /// Tells it to end.
    pub(crate) fn terminate(&self) {
        let status = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
        assert!(status.success());
    }

    /// Waits until it has ended: whether in order, and the rest of its log.
    pub(crate) fn wait(mut self) -> (bool, Vec<String>) {
        let log = self.log.iter().collect();
        (self.child.wait().unwrap().success(), log)
    }

    /// Ends it in order. The rest of its log.
    pub(crate) fn stop(self) -> Vec<String> {
        self.terminate();
        let (is_orderly, log) = self.wait();
        assert!(is_orderly, "{}", log.join("\n"));
        log
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It is gone already, unless a test failed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a refused command line says.
pub(crate) fn refused(flags: &[&str]) -> String {
    let common = ["serve", "--grpc-no-auth", "--grpc-addr", "127.0.0.1:0", "--datastore-engine=memory"];
    let mut child = command(&[&common[..], flags].concat()).spawn().unwrap();
    let mut text = String::new();
    child.stderr.take().unwrap().read_to_string(&mut text).unwrap();
    assert!(!child.wait().unwrap().success());
    text
}

/// May a user read an agent?
pub(crate) fn check(user: &str) -> v1::CheckPermissionRequest {
    let object = |object_type: &str, object_id: &str| {
        Some(v1::ObjectReference { object_type: object_type.to_owned(), object_id: object_id.to_owned() })
    };
    v1::CheckPermissionRequest {
        resource: object("agent", "planner"),
        permission: "read".to_owned(),
        subject: Some(v1::SubjectReference {
            object: object("user", user),
            optional_relation: String::new(),
        }),
        ..Default::default()
    }
}

/// A relationship of the quick start's schema, to be touched.
pub(crate) fn touch(number: usize) -> v1::WriteRelationshipsRequest {
    let object = |object_type: &str, object_id: &str| {
        Some(v1::ObjectReference { object_type: object_type.to_owned(), object_id: object_id.to_owned() })
    };
    let relationship = v1::Relationship {
        resource: object("agent", &format!("agent{number}")),
        relation: "owner".to_owned(),
        subject: Some(v1::SubjectReference {
            object: object("user", "ana"),
            optional_relation: String::new(),
        }),
        ..Default::default()
    };
    let operation = v1::relationship_update::Operation::Touch.into();
    let updates = vec![v1::RelationshipUpdate { operation, relationship: Some(relationship) }];
    v1::WriteRelationshipsRequest { updates, ..Default::default() }
}
