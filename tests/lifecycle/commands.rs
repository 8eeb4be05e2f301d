//! The commands `arrowroot lifecycle backfill` and `orphans`, as an operator meets them.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use arrowroot::server::{PresharedKey, ServerOptions};
use tempfile::TempDir;

use super::harness::Running;

/// The command with a server, and nothing of it in the environment.
fn command(endpoint: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_arrowroot"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("ARROWROOT_")) {
        command.env_remove(name);
    }
    command.arg("lifecycle").args(arguments).args(["--endpoint", endpoint]);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// What a command says: its status, standard output, standard error.
type Said = (i32, String, String);

fn said(output: Output) -> Said {
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

/// Runs a command while the server of this process goes on.
async fn run(running: &Running, arguments: &[&str]) -> Said {
    let mut command = command(&running.endpoint(), arguments);
    tokio::task::spawn_blocking(move || said(command.output().unwrap())).await.unwrap()
}

fn line(kind: &str, selector: &str, owner: &str, account: &str, parent: &str) -> String {
    let parent = match parent {
        "" => "null".to_owned(),
        agent => format!(r#"{{"type":"agent","selector":"{agent}"}}"#),
    };
    format!(
        r#"{{"resource":{{"type":"{kind}","selector":"{selector}"}},"owner":{{"type":"user","id":"{owner}"}},"account":"{account}","parent":{parent}}}"#
    )
}

struct Files {
    directory: TempDir,
}

impl Files {
    fn new() -> Self {
        Self { directory: tempfile::tempdir().unwrap() }
    }

    fn write(&self, name: &str, text: &str) -> String {
        let path = self.directory.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    }

    fn progress(&self, name: &str) -> PathBuf {
        self.directory.path().join(format!("{name}.progress"))
    }
}

fn tasks(range: std::ops::Range<u32>) -> String {
    range.fold(String::new(), |mut text, number| {
        writeln!(text, "{}", line("task", &format!("t{number}"), "ana", "a", "")).unwrap();
        text
    })
}

#[tokio::test]
async fn a_file_is_backfilled_and_again_changes_nothing() {
    let (running, mut client) = Running::start().await;
    let files = Files::new();
    let text =
        [line("api_key", "k", "ana", "a", "p"), line("agent", "p", "ana", "a", ""), String::new()].join("\n");
    let file = files.write("rows", &text);
    let (status, out, err) = run(&running, &["backfill", &file, "--dry-run"]).await;
    let expected = "dry run: registered 2, unchanged 0, kept 0, deregistered 0, refused 0, invalid 0\n";
    assert_eq!((status, out.as_str(), err.as_str()), (0, expected, ""));
    assert!(running.graph().is_empty());
    for expected in ["registered 2, unchanged 0", "registered 0, unchanged 2"] {
        let (status, out, err) = run(&running, &["backfill", &file]).await;
        assert_eq!((status, err.as_str()), (0, ""));
        assert_eq!(out, format!("{expected}, kept 0, deregistered 0, refused 0, invalid 0\n"));
        assert!(!files.progress("rows").exists());
    }
    assert_eq!(client.check("ana@a", "read", "api_key:k").await, "permission");
}

#[tokio::test]
async fn faults_are_told_with_their_lines_and_stop_nothing() {
    let (running, mut client) = Running::start().await;
    client.register("eve@b", "agent:foreign", "").await;
    client.register("ben@a", "task:theirs", "").await;
    client.register("ana@a", "task:gone", "").await;
    client.deregister("ana@a", "task:gone").await;
    let files = Files::new();
    let lines = [
        line("task", "good", "ana", "a", ""),
        "{".to_owned(),
        r#"{"resource":{"type":"task","selector":"t"},"owner":{"type":"user","id":"ana"}}"#.to_owned(),
        line("task", "t", "ana", "a", "").replace("parent", "paren"),
        line("robot", "r", "ana", "a", ""),
        line("agent", "foreign", "ana", "a", ""),
        line("task", "theirs", "ana", "a", ""),
        line("task", "gone", "ana", "a", ""),
        line("task", &"x".repeat(70_000), "ana", "a", ""),
        line("task", "last", "ana", "a", ""),
    ];
    let file = files.write("rows", &lines.join("\n"));
    let (status, out, err) = run(&running, &["backfill", &file]).await;
    assert_eq!(out, "registered 2, unchanged 0, kept 1, deregistered 1, refused 1, invalid 5\n");
    assert_eq!(status, 1);
    let places: Vec<_> = err.lines().map(|line| line.split(": ").nth(1).unwrap()).collect();
    let expected = [2, 3, 4, 5, 6, 9].map(|number| format!("{file}:{number}"));
    assert_eq!(places, expected, "{err}");
    for part in
        ["missing field `account`", "unknown field `paren`", "no resource `robot`", "more than 65536 bytes"]
    {
        assert!(err.contains(part), "{err}");
    }
}

#[tokio::test]
async fn of_a_million_faults_fifty_are_shown() {
    let (running, _client) = Running::start().await;
    let files = Files::new();
    let file = files.write("rows", &"no JSON\n".repeat(1_000_000));
    let (status, out, err) = run(&running, &["backfill", &file]).await;
    assert_eq!((status, err.lines().count()), (1, 51));
    assert!(err.ends_with(": 999950 more lines with faults\n"), "{err}");
    assert!(out.ends_with("invalid 1000000\n"), "{out}");
}

#[tokio::test]
async fn standard_input_is_taken_as_well() {
    let (running, _client) = Running::start().await;
    let mut child = command(&running.endpoint(), &["backfill", "-"]).stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(tasks(0..2500).as_bytes()).unwrap();
    let output = tokio::task::spawn_blocking(move || child.wait_with_output().unwrap()).await.unwrap();
    let (status, out, err) = said(output);
    assert_eq!((status, err.as_str()), (0, ""));
    assert!(out.starts_with("registered 2500,"), "{out}");
}

/// A run that the server's end breaks off goes on where it was, and what was acknowledged is not sent again.
#[tokio::test]
async fn what_was_broken_off_goes_on() {
    let directory = tempfile::tempdir().unwrap();
    let files = Files::new();
    let file = files.write("rows", &tasks(0..6000));
    let progress = files.progress("rows");
    let running = Running::at(directory.path(), ServerOptions::default());
    let endpoint = running.endpoint();
    let mut child = command(&endpoint, &["backfill", &file]).spawn().unwrap();
    while !progress.exists() && child.try_wait().unwrap().is_none() {
        tokio::task::yield_now().await;
    }
    child.kill().unwrap();
    child.wait().unwrap();
    // It ended before it could be killed if this is not there.
    let kept: serde_json::Value = serde_json::from_slice(&std::fs::read(&progress).unwrap()).unwrap();
    let line = kept["line"].as_u64().unwrap();
    assert!(line > 0 && line < 6000, "{kept}");
    let (status, out, err) = run(&running, &["backfill", &file]).await;
    assert_eq!(status, 0, "{err}");
    assert_eq!(err, format!("arrowroot: {file}: going on behind line {line}\n"));
    let numbers: Vec<u64> =
        out.split(|byte: char| !byte.is_ascii_digit()).filter_map(|word| word.parse().ok()).collect();
    // What was written and not yet acknowledged is there, and counts as unchanged.
    assert_eq!(numbers[0] + numbers[1], 6000, "{out}");
    assert!(!progress.exists());
    // The same from the start, and of a file that is another one.
    std::fs::write(&progress, serde_json::to_vec(&kept).unwrap()).unwrap();
    let (_, out, err) = run(&running, &["backfill", &file, "--from-start"]).await;
    assert_eq!((out.starts_with("registered 0, unchanged 6000,"), err.as_str()), (true, ""), "{out}");
    std::fs::write(&progress, serde_json::to_vec(&kept).unwrap()).unwrap();
    let file = files.write("rows", &tasks(0..6001));
    let (_, out, err) = run(&running, &["backfill", &file]).await;
    assert_eq!((out.starts_with("registered 1, unchanged 6000,"), err.as_str()), (true, ""), "{out}");
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_status_two() {
    let files = Files::new();
    let file = files.write("rows", &tasks(0..3));
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", closed.local_addr().unwrap());
    drop(closed);
    let (status, _, err) =
        said(command(&endpoint, &["backfill", &file, "--retry-for", "300ms"]).output().unwrap());
    assert_eq!(status, 2);
    assert!(err.contains("does not answer") && err.contains("run the command again"), "{err}");
    let (status, out, err) = said(command(&endpoint, &["orphans", "--type", "task"]).output().unwrap());
    assert_eq!((status, out.as_str()), (2, ""));
    assert!(err.contains("not complete"), "{err}");
    for endpoint in ["nowhere", "ftp://127.0.0.1:1", "http://127.0.0.1:1/path", "http://key@127.0.0.1:1"] {
        let (status, _, err) = said(command(endpoint, &["backfill", &file]).output().unwrap());
        assert_eq!((status, err.contains("no address of a server")), (1, true), "{err}");
    }
    let (status, _, err) = said(command(&endpoint, &["backfill", "/nothing/there"]).output().unwrap());
    assert_eq!((status, err.contains("/nothing/there")), (1, true), "{err}");
}

#[tokio::test]
async fn the_key_is_shown_to_the_server_and_to_nobody_else() {
    let directory = tempfile::tempdir().unwrap();
    let mut options = ServerOptions::default();
    options.preshared_keys = vec![PresharedKey::new("secret-of-ours").unwrap()];
    let running = Running::at(directory.path(), options);
    let files = Files::new();
    let file = files.write("rows", &tasks(0..3));
    let (status, _, err) = run(&running, &["backfill", &file]).await;
    assert_eq!((status, err.contains("preshared key")), (2, true), "{err}");
    let mut with_key = command(&running.endpoint(), &["backfill", &file]);
    with_key.env("ARROWROOT_PRESHARED_KEY", "secret-of-ours");
    let (status, out, _) =
        tokio::task::spawn_blocking(move || said(with_key.output().unwrap())).await.unwrap();
    assert_eq!((status, out.starts_with("registered 3,")), (0, true), "{out}");
    let mut help = Command::new(env!("CARGO_BIN_EXE_arrowroot"));
    help.args(["lifecycle", "backfill", "--help"]).env("ARROWROOT_PRESHARED_KEY", "secret-of-ours");
    let (_, out, _) = said(help.output().unwrap());
    assert!(out.contains("ARROWROOT_PRESHARED_KEY") && !out.contains("secret-of-ours"));
}

async fn with_tasks(names: &[&str]) -> Running {
    let (running, mut client) = Running::start().await;
    for name in names {
        assert_eq!(client.register("ana@a", &format!("task:{name}"), "").await, "changed");
    }
    running.set_time(86_400);
    running
}

#[tokio::test]
async fn orphans_are_listed_and_removed() {
    let running = with_tasks(&["t1", "t2", "t 3"]).await;
    let files = Files::new();
    let living = files.write("living", "t1\r\n\nother\n");
    let list = ["orphans", "--type", "task", "--living", living.as_str()];
    let (status, out, err) = run(&running, &list).await;
    let expected =
        "task:t 3\ta\t2027-01-15T08:00:00Z\tnot_living\ntask:t2\ta\t2027-01-15T08:00:00Z\tnot_living\n";
    assert_eq!((status, out.as_str(), err.as_str()), (0, expected, ""));
    let (_, out, _) = run(&running, &[&list[..], &["--output", "json", "--account", "a"]].concat()).await;
    let first: serde_json::Value = serde_json::from_str(out.lines().next().unwrap()).unwrap();
    assert_eq!(first["resource"], serde_json::json!({"type": "task", "selector": "t 3"}));
    assert_eq!((&first["account"], &first["reason"]), (&"a".into(), &"not_living".into()));
    for nothing in [["--older-than", "25h"], ["--account", "b"]] {
        let (status, out, _) = run(&running, &[&list[..], &nothing, &["--remove"]].concat()).await;
        assert_eq!((status, out.as_str()), (0, ""));
    }
    let (status, out, _) = run(&running, &[&list[..], &["--remove"]].concat()).await;
    assert_eq!((status, out.as_str()), (0, expected));
    let (_, out, _) = run(&running, &list).await;
    assert_eq!(out, "");
    assert!(running.has("task:t1#tenant@tenant:a") && !running.has("task:t2#tenant@tenant:a"));
}

#[tokio::test]
async fn a_list_that_cannot_be_used_removes_nothing() {
    let running = with_tasks(&["t1", "t2"]).await;
    let graph = running.graph();
    let files = Files::new();
    let mut not_text = vec![b't', b'1', b'\n'];
    not_text.extend([0xff, 0xfe, b'\n']);
    let long = format!("t1\n{}\n", "x".repeat(100_000));
    let empty = files.write("empty", "\n\n");
    let long = files.write("long", &long);
    let not_text_path = files.directory.path().join("not_text");
    std::fs::write(&not_text_path, not_text).unwrap();
    let directory = files.directory.path().display().to_string();
    for (file, problem) in [
        (empty.as_str(), "has no selectors"),
        (&long, ":2: is no selector"),
        (not_text_path.to_str().unwrap(), ":2: is no selector"),
        (&directory, "is a directory"),
        ("/nothing/there", "cannot be read"),
    ] {
        let arguments = ["orphans", "--type", "task", "--older-than", "0s", "--remove", "--living", file];
        let (status, out, err) = run(&running, &arguments).await;
        assert_eq!((status, out.as_str()), (1, ""), "{file}");
        assert!(err.contains(problem) && err.lines().count() == 1, "{err}");
    }
    let arguments = ["orphans", "--type", "task", "--older-than", "0s", "--remove"];
    let (status, out, err) = run(&running, &arguments).await;
    assert_eq!((status, out.as_str()), (0, ""));
    assert!(err.contains("only what lost its parent"), "{err}");
    assert_eq!(running.graph(), graph);
}

#[tokio::test]
async fn what_was_registered_after_the_list_was_made_is_no_orphan() {
    let running = with_tasks(&["t1"]).await;
    let files = Files::new();
    let living = files.write("living", "other\n");
    let file = std::fs::File::options().write(true).open(Path::new(&living)).unwrap();
    let list = ["orphans", "--type", "task", "--older-than", "1h", "--living", living.as_str()];
    let hours_ago = |hours: u64| std::time::SystemTime::now() - std::time::Duration::from_secs(hours * 3600);
    file.set_modified(hours_ago(24)).unwrap();
    assert_eq!(run(&running, &list).await.1, "");
    file.set_modified(hours_ago(22)).unwrap();
    assert_eq!(run(&running, &list).await.1.lines().count(), 1);
}

#[tokio::test]
async fn more_orphans_than_a_batch_are_removed() {
    let (running, mut client) = Running::start().await;
    let names: Vec<_> = (0..2300).map(|number| format!("task:t{number}")).collect();
    for part in names.chunks(1000) {
        let lines: Vec<_> = part.iter().map(|name| ("ana@a", name.as_str(), "")).collect();
        client.backfill(&lines, false).await.unwrap();
    }
    running.set_time(86_400);
    let files = Files::new();
    let living = files.write("living", "t7\n");
    let (status, out, _) =
        run(&running, &["orphans", "--type", "task", "--living", &living, "--remove"]).await;
    assert_eq!((status, out.lines().count()), (0, 2299));
    assert!(running.has("task:t7#tenant@tenant:a"));
}
