//! The command `arrowroot serve`, as an operator meets it.

#![expect(clippy::unwrap_used, reason = "a test ends where something is not as it should be")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, Output, Stdio};

use arrowroot::server::wire::v1;
use arrowroot::server::wire::v1::check_permission_response::Permissionship;
use arrowroot::server::wire::v1::permissions_service_client::PermissionsServiceClient;
use arrowroot::server::wire::v1::schema_service_client::SchemaServiceClient;
use tonic::Streaming;
use tonic::transport::{Channel, Endpoint};
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse};

/// The command with these arguments, and nothing of it in the environment.
fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_arrowroot"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("ARROWROOT_")) {
        command.env_remove(name);
    }
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// A server that said that it is ready.
struct Ready {
    child: Child,
    line: String,
}

impl Ready {
    fn start(arguments: &[&str]) -> Self {
        let common = [
            "serve",
            "--grpc-addr",
            "127.0.0.1:0",
            "--grpc-no-auth",
            "--grpc-shutdown-grace-period",
            "200ms",
        ];
        let all = [&common, arguments].concat();
        let mut child = command(&all).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        Self { child, line }
    }

    /// A word of the line, such as `127.0.0.1:50051` for `grpc`.
    fn word(&self, name: &str) -> Option<&str> {
        self.line.split_whitespace().find_map(|word| word.strip_prefix(name)?.strip_prefix('='))
    }

    async fn channel(&self) -> Channel {
        Endpoint::from_shared(format!("http://{}", self.word("grpc").unwrap()))
            .unwrap()
            .connect()
            .await
            .unwrap()
    }

    /// Sends a signal and waits for the end: whether it was an orderly one, and the log.
    fn stop(mut self, signal: &str) -> (bool, String) {
        let kill = Command::new("kill").args([signal, &self.child.id().to_string()]).status().unwrap();
        assert!(kill.success());
        let mut log = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut log).unwrap();
        (self.child.wait().unwrap().success(), log)
    }
}

impl Drop for Ready {
    fn drop(&mut self) {
        // It is gone already, unless a test failed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn refused(arguments: &[&str]) -> String {
    let Output { status, stdout, stderr } = command(arguments).output().unwrap();
    assert!(matches!(status.code(), Some(1 | 2)), "{arguments:?}: {status}");
    assert!(stdout.is_empty());
    String::from_utf8(stderr).unwrap()
}

fn store(directory: &tempfile::TempDir) -> PathBuf {
    directory.path().join("graph")
}

#[tokio::test]
async fn what_was_written_is_there_after_an_orderly_end() {
    let directory = tempfile::tempdir().unwrap();
    let path = store(&directory).display().to_string();
    for (signal, revision) in [("-TERM", "0"), ("-INT", "1"), ("-TERM", "2")] {
        let ready = Ready::start(&["--datastore-path", &path]);
        assert_eq!(ready.word("journal"), Some("sled"));
        assert_eq!(ready.word("path"), Some(path.as_str()));
        assert_eq!(ready.word("revision"), Some(revision), "{}", ready.line);
        let mut schema = SchemaServiceClient::new(ready.channel().await);
        let text = format!("definition user {{}}\ndefinition rev{revision} {{}}");
        schema.write_schema(v1::WriteSchemaRequest { schema: text }).await.unwrap();
        drop(schema);
        let (is_orderly, log) = ready.stop(signal);
        assert!(is_orderly, "{log}");
    }
}

#[tokio::test]
async fn a_second_server_over_the_same_store_is_refused_and_the_first_goes_on() {
    let directory = tempfile::tempdir().unwrap();
    let path = store(&directory).display().to_string();
    let first = Ready::start(&["--datastore-path", &path]);
    let mut schema = SchemaServiceClient::new(first.channel().await);
    for number in 0..3 {
        let message =
            refused(&["serve", "--grpc-no-auth", "--grpc-addr", "127.0.0.1:0", "--datastore-path", &path]);
        let holder = format!("is in use by process {}; stop it", first.child.id());
        let is_clear = message.contains(&path) && message.contains(&holder) && message.lines().count() == 1;
        assert!(is_clear, "{message}");
        let text = format!("definition user {{}}\ndefinition rev{number} {{}}");
        schema.write_schema(v1::WriteSchemaRequest { schema: text }).await.unwrap();
    }
    drop(schema);
    assert!(first.stop("-TERM").0);
    let again = Ready::start(&["--datastore-path", &path]);
    assert_eq!(again.word("revision"), Some("3"));
    assert!(again.stop("-TERM").0);
}

#[tokio::test]
async fn the_quickstart_answers() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema/quickstart.yaml").display().to_string();
    let ready = Ready::start(&["--datastore-engine", "memory", "--datastore-bootstrap-files", &file]);
    assert_eq!(
        (ready.word("journal"), ready.word("path"), ready.word("revision")),
        (Some("memory"), None, Some("2"))
    );
    let mut permissions = PermissionsServiceClient::new(ready.channel().await);
    let object = |object_type: &str, object_id: &str| {
        Some(v1::ObjectReference { object_type: object_type.to_owned(), object_id: object_id.to_owned() })
    };
    let request = v1::CheckPermissionRequest {
        resource: object("api_key", "k1"),
        permission: "read".to_owned(),
        subject: Some(v1::SubjectReference {
            object: object("user", "ana"),
            optional_relation: String::new(),
        }),
        ..Default::default()
    };
    let answer = permissions.check_permission(request).await.unwrap().into_inner();
    assert_eq!(answer.permissionship(), Permissionship::HasPermission);
    drop(permissions);
    assert!(ready.stop("-INT").0);
}

/// What a server answers to one request over HTTP.
fn ask_over_http(address: &str, request: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn http_is_served_when_it_is_asked_for() {
    let ready = Ready::start(&["--datastore-engine", "memory"]);
    assert_eq!(ready.word("http"), None);
    assert!(ready.stop("-TERM").0);
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema/quickstart.yaml").display().to_string();
    let http = ["--http-enabled", "--http-addr", "127.0.0.1:0"];
    let bootstrapped = ["--datastore-engine", "memory", "--datastore-bootstrap-files", &file];
    let ready = Ready::start(&[&http[..], &bootstrapped].concat());
    let address = ready.word("http").unwrap();
    let healthy = ask_over_http(address, "GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    assert!(healthy.starts_with("HTTP/1.1 200 OK\r\n") && healthy.contains("SERVING"), "{healthy}");
    let body = r#"{"relationshipFilter":{"resourceType":"api_key"}}"#;
    let head = format!("host: x\r\nconnection: close\r\ncontent-length: {}", body.len());
    let read = format!("POST /v1/relationships/read HTTP/1.1\r\n{head}\r\n\r\n{body}");
    let answer = ask_over_http(address, &read);
    assert_eq!(answer.matches("{\"result\":").count(), 9, "{answer}");
    // A connection that is open and idle holds up nothing.
    let idle = TcpStream::connect(address).unwrap();
    let (is_orderly, log) = ready.stop("-TERM");
    assert!(is_orderly && !log.contains("grace period"), "{log}");
    drop(idle);
}

#[tokio::test]
async fn conditions_and_ends_are_bootstrapped() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("conditions.yaml");
    let text = r#"schema: |-
  use expiration
  definition user {}
  caveat in_tier(tier string, tiers list<string>) { tier in tiers }
  definition doc {
    relation viewer: user with in_tier | user with expiration
  }
relationships: |-
  doc:1#viewer@user:ana[in_tier:{"tiers":["pro","gold"]}]
  doc:1#viewer@user:ben[expiration:2100-01-01T00:00:00Z]
  doc:1#viewer@user:eve[expiration:2020-01-01T00:00:00Z]
assertions:
  assertTrue: ['doc:1#viewer@user:ana with {"tier": "pro"}', 'doc:1#viewer@user:ben']
  assertCaveated: ['doc:1#viewer@user:ana']
  assertFalse: ['doc:1#viewer@user:ana with {"tier": "free"}', 'doc:1#viewer@user:eve']
"#;
    std::fs::write(&file, text).unwrap();
    let file = file.display().to_string();
    let ready = Ready::start(&["--datastore-engine", "memory", "--datastore-bootstrap-files", &file]);
    let mut permissions = PermissionsServiceClient::new(ready.channel().await);
    let object = |object_type: &str, object_id: &str| {
        Some(v1::ObjectReference { object_type: object_type.to_owned(), object_id: object_id.to_owned() })
    };
    for (user, expected, missing) in [
        ("ana", Permissionship::ConditionalPermission, &["tier"][..]),
        ("ben", Permissionship::HasPermission, &[]),
        ("eve", Permissionship::NoPermission, &[]),
    ] {
        let subject = v1::SubjectReference { object: object("user", user), optional_relation: String::new() };
        let request = v1::CheckPermissionRequest {
            resource: object("doc", "1"),
            permission: "viewer".to_owned(),
            subject: Some(subject),
            ..Default::default()
        };
        let answer = permissions.check_permission(request).await.unwrap().into_inner();
        assert_eq!(answer.permissionship(), expected, "{user}");
        assert_eq!(
            answer.partial_caveat_info.unwrap_or_default().missing_required_context,
            missing,
            "{user}"
        );
    }
    drop(permissions);
    assert!(ready.stop("-INT").0);
}

#[test]
fn a_mistake_in_a_bootstrap_file_is_one_line_with_its_place() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("wrong.yaml");
    std::fs::write(&file, "schema: definition user {}\nrelationships: |\n  user:a#nothing@user:b\n").unwrap();
    let file = file.display().to_string();
    let arguments =
        ["serve", "--grpc-no-auth", "--datastore-engine", "memory", "--datastore-bootstrap-files", &file];
    let message = refused(&arguments);
    assert!(message.starts_with(&format!("arrowroot: {file}:3: ")), "{message}");
}

#[test]
fn without_a_key_nobody_is_served_by_mistake() {
    let message = refused(&["serve", "--datastore-engine", "memory"]);
    assert!(message.starts_with("arrowroot: a preshared key is needed"), "{message}");
    let open = ["serve", "--datastore-engine", "memory", "--grpc-no-auth", "--grpc-addr", "0.0.0.0:0"];
    assert!(refused(&open).starts_with("arrowroot: --grpc-no-auth serves everyone"));
}

#[test]
fn keys_are_never_shown() {
    let help =
        command(&["serve", "--help"]).env("ARROWROOT_GRPC_PRESHARED_KEY", "secret-of-ours").output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    assert!(help.contains("ARROWROOT_GRPC_PRESHARED_KEY") && !help.contains("secret-of-ours"), "{help}");
    let mut serve = command(&["serve", "--grpc-addr", "127.0.0.1:0", "--datastore-engine", "memory"]);
    let mut child = serve
        .env("ARROWROOT_GRPC_PRESHARED_KEY", "secret-of-ours")
        .env("ARROWROOT_LOG_LEVEL", "trace")
        .env("ARROWROOT_LOG_FORMAT", "json")
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    let (is_orderly, log) = Ready { child, line }.stop("-TERM");
    assert!(is_orderly && log.contains("SIGTERM") && !log.contains("secret-of-ours"), "{log}");
    assert!(log.lines().all(|line| line.starts_with('{')), "{log}");
}

/// A server that has its store and waits for the lifecycle's profile, which comes through a pipe.
struct Waiting {
    child: Child,
    address: String,
    log: BufReader<ChildStderr>,
    pipe: PathBuf,
}

impl Waiting {
    fn start(directory: &tempfile::TempDir) -> Self {
        let pipe = directory.path().join("profile");
        rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, rustix::fs::Mode::RWXU).unwrap();
        let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema/agentex.zed").display().to_string();
        let arguments =
            ["serve", "--grpc-addr", "127.0.0.1:0", "--http-addr", "127.0.0.1:0", "--grpc-no-auth"];
        let store = ["--datastore-engine", "memory", "--datastore-bootstrap-files", &schema];
        let profile = ["--log-level", "debug", "--lifecycle-profile", &pipe.display().to_string()];
        let mut child = command(&[&arguments[..], &store, &profile].concat()).spawn().unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        while !line.contains("listening") {
            line.clear();
            assert!(log.read_line(&mut line).unwrap() > 0, "the log has ended");
        }
        let address = line.split_whitespace().find_map(|word| word.strip_prefix("grpc="));
        Self { child, address: address.unwrap().to_owned(), log, pipe }
    }

    /// What whoever watches the health of the server is told first.
    async fn health(&self) -> Streaming<HealthCheckResponse> {
        let endpoint = Endpoint::from_shared(format!("http://{}", self.address)).unwrap();
        let mut client = HealthClient::new(endpoint.connect().await.unwrap());
        let mut stream = client.watch(HealthCheckRequest::default()).await.unwrap().into_inner();
        assert_eq!(stream.message().await.unwrap().unwrap().status(), ServingStatus::NotServing);
        stream
    }

    /// How it ends, and the rest of the log.
    fn end(mut self) -> (Option<i32>, String) {
        let mut log = String::new();
        self.log.read_to_string(&mut log).unwrap();
        (self.child.wait().unwrap().code(), log)
    }
}

#[tokio::test]
async fn a_server_that_is_not_ready_says_so_until_it_is() {
    let directory = tempfile::tempdir().unwrap();
    let mut waiting = Waiting::start(&directory);
    let mut health = waiting.health().await;
    let profile = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema/agentex.yaml");
    std::fs::write(&waiting.pipe, std::fs::read(profile).unwrap()).unwrap();
    assert_eq!(health.message().await.unwrap().unwrap().status(), ServingStatus::Serving);
    let mut line = String::new();
    BufReader::new(waiting.child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    assert!(line.starts_with(&format!("arrowroot ready grpc={} ", waiting.address)), "{line}");
    drop(health);
    let kill = Command::new("kill").arg(waiting.child.id().to_string()).status().unwrap();
    assert!(kill.success());
    let (status, log) = waiting.end();
    assert!(status == Some(0) && log.contains("SIGTERM"), "{log}");
}

#[tokio::test]
async fn a_server_that_is_not_ready_ends_when_it_is_told() {
    let directory = tempfile::tempdir().unwrap();
    let waiting = Waiting::start(&directory);
    drop(waiting.health().await);
    let kill = Command::new("kill").arg(waiting.child.id().to_string()).status().unwrap();
    assert!(kill.success());
    let (status, log) = waiting.end();
    assert!(status == Some(0) && log.contains("stopped before the store was open"), "{log}");
}

#[tokio::test]
async fn a_server_that_cannot_become_ready_ends_with_the_reason() {
    let directory = tempfile::tempdir().unwrap();
    let waiting = Waiting::start(&directory);
    drop(waiting.health().await);
    std::fs::write(&waiting.pipe, "nonsense").unwrap();
    let (status, log) = waiting.end();
    let reason = log.lines().last().unwrap();
    assert_eq!(status, Some(1));
    assert!(reason.starts_with("arrowroot: the lifecycle profile cannot be used: "), "{log}");
}

#[test]
fn an_unknown_flag_is_refused() {
    assert!(refused(&["serve", "--nothing"]).contains("--nothing"));
    assert!(refused(&["serve", "--grpc-no-auth", "--log-level", "=="]).contains("log level"));
    assert!(command(&["version"]).output().unwrap().status.success());
}
