//! A machine whose clock jumps: ahead, back, and back over a restart.
//!
//! The server runs with a small library before the C library's, which the test compiles with `cc`, as the build does.

use std::fs::{self, File};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use arrowroot::server::wire::v1;
use arrowroot::server::wire::v1::check_permission_response::Permissionship;
use arrowroot::server::wire::v1::consistency::Requirement;
use arrowroot::server::wire::v1::relationship_update::Operation;
use tonic::{Code, Status};

use super::client::Client;
use super::process::Server;

const SCHEMA: &str = "
    use expiration
    definition user {}
    definition doc {
        relation viewer: user | user with expiration
    }";
const HOUR: i64 = 3600;
const WINDOW: &str = "30m";

/// A server's clock.
struct Clock {
    library: PathBuf,
    file: File,
    path: PathBuf,
}

impl Clock {
    fn new(directory: &Path) -> Self {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/crash/clock.c");
        let library = directory.join("clock.so");
        let compiled = Command::new("cc").args(["-shared", "-fPIC", "-o"]).arg(&library).arg(source).status();
        assert!(compiled.unwrap().success());
        let path = directory.join("clock");
        fs::write(&path, 0_i64.to_ne_bytes()).unwrap();
        Self { library, file: File::options().write(true).open(&path).unwrap(), path }
    }

    /// Puts it so many seconds after the machine's own.
    fn set(&self, seconds: i64) {
        self.file.write_all_at(&seconds.to_ne_bytes(), 0).unwrap();
    }

    fn start(&self, directory: &Path) -> Server {
        let mut command = Command::new(env!("CARGO_BIN_EXE_arrowroot"));
        command.env("LD_PRELOAD", &self.library).env("ARROWROOT_TEST_CLOCK", &self.path);
        let flags = ["--datastore-gc-window".to_owned(), WINDOW.to_owned()];
        Server::start_by(command, directory, &flags)
    }
}

#[test]
fn a_clock_that_jumps_brings_nothing_back_and_everything_goes_on() {
    let directory = tempfile::tempdir().unwrap();
    let clock = Clock::new(directory.path());
    let mut server = clock.start(directory.path());
    let mut client = Client::connect(&server);
    client.write_schema(SCHEMA);
    let (leased, plain) = ("leased", "plain");
    let first = client.touch(plain, None);
    let begun = client.touch(leased, Some(now_seconds() + HOUR));
    assert!(client.is_viewer(leased, None).unwrap() && client.is_viewer(plain, None).unwrap());

    // Ahead: what expires does, and what is older than the window cannot be asked for. The newest always can.
    clock.set(2 * HOUR);
    assert!(!client.is_viewer(leased, None).unwrap() && client.is_viewer(plain, None).unwrap());
    assert!(client.is_viewer(plain, Some(&begun)).unwrap());
    assert_eq!(client.is_viewer(plain, Some(&first)).unwrap_err().code(), Code::OutOfRange);

    // Back, also before the beginning: nothing comes back, and writes have higher revisions, which a watch tells of.
    let mut before = begun.clone();
    for (number, seconds) in [HOUR, 0, -24 * HOUR, 3 * HOUR, -HOUR].into_iter().enumerate() {
        clock.set(seconds);
        assert!(!client.is_viewer(leased, None).unwrap(), "at {seconds}");
        assert_eq!(
            client.is_viewer(plain, Some(&first)).unwrap_err().code(),
            Code::OutOfRange,
            "at {seconds}"
        );
        let name = format!("written-{number}");
        let token = client.touch(&name, None);
        assert!(
            client.is_viewer(&name, Some(&token)).unwrap()
                && !client.is_viewer(&name, Some(&before)).unwrap()
        );
        assert_eq!(client.told_after(&before), name, "at {seconds}");
        before = token;
    }
    let renewed = client.touch(leased, None);
    assert!(client.is_viewer(leased, None).unwrap());

    // A restart under a clock that is behind all that was written.
    server.kill();
    clock.set(-24 * HOUR);
    let server = clock.start(directory.path());
    let mut client = Client::connect(&server);
    assert!(client.is_viewer(leased, None).unwrap() && client.is_viewer(plain, Some(&renewed)).unwrap());
    let token = client.touch("last", None);
    assert!(
        client.is_viewer("last", Some(&token)).unwrap() && !client.is_viewer("last", Some(&renewed)).unwrap()
    );
    assert_eq!(client.told_after(&renewed), "last");
}

impl Client {
    /// Lets a user view the document, until a time if there is one. The token.
    fn touch(&mut self, user: &str, until: Option<i64>) -> String {
        let relationship = v1::Relationship {
            optional_expires_at: until.map(|seconds| prost_types::Timestamp { seconds, nanos: 0 }),
            ..viewer(user)
        };
        let update =
            v1::RelationshipUpdate { operation: Operation::Touch.into(), relationship: Some(relationship) };
        let request = v1::WriteRelationshipsRequest { updates: vec![update], ..Default::default() };
        let answer = self.call(async |mut permissions| permissions.write_relationships(request).await);
        answer.unwrap().into_inner().written_at.unwrap().token
    }

    /// At the state of a token, or now.
    fn is_viewer(&mut self, user: &str, token: Option<&String>) -> Result<bool, Status> {
        let requirement = match token.cloned() {
            Some(token) => Requirement::AtExactSnapshot(v1::ZedToken { token }),
            None => Requirement::FullyConsistent(true),
        };
        let v1::Relationship { resource, relation, subject, .. } = viewer(user);
        let request = v1::CheckPermissionRequest {
            consistency: Some(v1::Consistency { requirement: Some(requirement) }),
            resource,
            permission: relation,
            subject,
            ..Default::default()
        };
        let answer = self.call(async |mut permissions| permissions.check_permission(request).await)?;
        Ok(answer.into_inner().permissionship() == Permissionship::HasPermission)
    }

    /// The user in the first change after a token.
    fn told_after(&mut self, token: &str) -> String {
        let start = v1::ZedToken { token: token.to_owned() };
        let request = v1::WatchRequest { optional_start_cursor: Some(start), ..Default::default() };
        self.watch(async |mut watch| {
            let mut messages = watch.watch(request).await.unwrap().into_inner();
            let update = messages.message().await.unwrap().unwrap().updates.remove(0);
            update.relationship.unwrap().subject.unwrap().object.unwrap().object_id
        })
    }
}

fn viewer(user: &str) -> v1::Relationship {
    let object = |kind: &str, id: &str| {
        Some(v1::ObjectReference { object_type: kind.to_owned(), object_id: id.to_owned() })
    };
    v1::Relationship {
        resource: object("doc", "one"),
        relation: "viewer".to_owned(),
        subject: Some(v1::SubjectReference { object: object("user", user), ..Default::default() }),
        ..Default::default()
    }
}

fn now_seconds() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()).unwrap()
}
