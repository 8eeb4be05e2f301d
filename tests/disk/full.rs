//! A disk that fills up and frees again: a small file system in memory, mounted for the test where that is allowed.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use arrowroot::engine::Engine;
use arrowroot::journal::{CheckpointError, Journal as _, SledJournal, Transaction};
use arrowroot::relationship::{Revision, Timestamp};

use super::graph::{Graph, names, options};
use super::process::{again, only_again, run};
use super::server;

const DISK_BYTES: usize = 64 << 20;

/// Runs a test of this file on a small disk; not at all where nothing can be mounted.
fn on_a_small_disk(test: &str) {
    let Some(unshare) = [&["--mount"][..], &["--user", "--map-root-user", "--mount"]]
        .into_iter()
        .find(|options| is_mounting_allowed(options))
    else {
        // The limit on a file's size in `tests/journal/faults.rs` stands in for it everywhere.
        println!("nothing can be mounted here");
        return;
    };
    let directory = tempfile::tempdir().unwrap();
    let inner = again(&format!("full::{test}"), directory.path());
    let mut command = Command::new("unshare");
    command.args(unshare).args(["sh", "-c"]);
    command.arg(format!(r#"mount -t tmpfs -o size={DISK_BYTES} tmpfs "$0" && exec "$@""#));
    command.arg(directory.path()).arg(inner.get_program()).args(inner.get_args());
    command.envs(inner.get_envs().filter_map(|(name, value)| Some((name, value?))));
    run(&mut command);
}

fn is_mounting_allowed(unshare: &[&str]) -> bool {
    let mut command = Command::new("unshare");
    command.args(unshare).args(["mount", "-t", "tmpfs", "tmpfs", "/mnt"]);
    command.output().is_ok_and(|output| output.status.success())
}

/// What takes up the rest of the disk.
struct Ballast<'root>(&'root Path);

impl Ballast<'_> {
    /// Fills the disk but for so many bytes.
    fn fill(&self, left: usize) {
        let mut file = File::options().create(true).append(true).open(self.0.join("ballast")).unwrap();
        let chunk = [0; 4096];
        while file.write_all(&chunk).is_ok() {}
        let bytes = file.metadata().unwrap().len();
        file.set_len(bytes.saturating_sub(left as u64)).unwrap();
    }

    fn free(&self) {
        fs::remove_file(self.0.join("ballast")).unwrap();
    }
}

#[test]
fn on_a_full_disk_nothing_acknowledged_is_lost_and_writes_go_on_when_there_is_room() {
    on_a_small_disk("fills_up");
}

#[test]
fn fills_up() {
    only_again(|root| {
        let (store, ballast) = (root.join("store"), Ballast(&root));
        let mut graph = Graph::create(&store);
        graph.import("first", 2000).unwrap();
        // Nothing is left; or what opening the database anew takes at first; or what one write takes.
        for (round, left) in [0, 9 << 20, 40 << 10].into_iter().enumerate() {
            let name = |part: &str| format!("r{round}-{part}");
            graph.write(&name("before"), 5).unwrap();
            ballast.fill(left);
            let mut acknowledged = 0;
            while graph.write(&name(&format!("n{acknowledged}")), 900).is_ok() {
                acknowledged += 1;
            }
            // One that fails twice.
            graph.write_in_vain(&name("failed"), 900);
            graph.write_in_vain(&name("failed"), 900);
            let before = names(&store);
            assert!(graph.import(&name("import"), 30_000).is_err());
            assert!(graph.engine.write_checkpoint().is_err());
            assert_eq!(names(&store), before);
            graph.check();
            ballast.free();
            graph.write(&name("after"), 900).unwrap();
            assert!(graph.engine.is_writable());
            graph.import(&name("late"), 1000).unwrap();
            graph.engine.write_checkpoint().unwrap();
            graph.check();
            graph.write(&name("last"), 5).unwrap();
            if round % 2 == 1 {
                graph = graph.reopen(&store);
            }
        }
        graph.reopen(&store);
    });
}

#[test]
fn a_checkpoint_that_does_not_fit_leaves_room_for_writes() {
    on_a_small_disk("checkpoint_does_not_fit");
}

#[test]
fn checkpoint_does_not_fit() {
    only_again(|root| {
        let journal = SledJournal::open(root.join("store")).unwrap();
        let is_over = AtomicBool::new(false);
        let append_until_over = || {
            for revision in (1..).map(Revision) {
                let transaction = Transaction {
                    revision,
                    committed_at: Timestamp { seconds: 1, nanoseconds: 0 },
                    schema: Some("definition user {}".repeat(100)),
                    changes: Vec::new(),
                    metadata_json: None,
                    counter: None,
                };
                let appended = journal.append(journal.head().unwrap(), &[transaction]);
                appended.map_err(|error| error.to_string())?;
                if is_over.load(Ordering::Relaxed) {
                    break;
                }
            }
            Ok::<(), String>(())
        };
        thread::scope(|scope| {
            let appends = scope.spawn(append_until_over);
            for _ in 0..3 {
                let mut segments = std::iter::repeat_with(|| Ok(vec![1; 1 << 20]));
                let written = journal.write_checkpoint(Revision::ZERO, Revision::ZERO, &mut segments);
                assert!(matches!(written, Err(CheckpointError::Storage(_))), "{written:?}");
            }
            is_over.store(true, Ordering::Relaxed);
            assert_eq!(appends.join().unwrap(), Ok(()));
        });
    });
}

#[test]
fn a_start_on_a_full_disk_says_so_and_harms_nothing() {
    on_a_small_disk("starts_full");
}

#[test]
fn starts_full() {
    only_again(|root| {
        let (store, ballast) = (root.join("store"), Ballast(&root));
        let mut graph = Graph::create(&store);
        graph.write("some", 500).unwrap();
        let mut refused = 0;
        for (round, left) in [0, 4096, 1 << 20, 0].into_iter().enumerate() {
            if round == 3 {
                graph.engine.write_checkpoint().unwrap();
            }
            let Graph { engine, expected } = graph;
            drop(engine);
            ballast.fill(left);
            if let Err(error) = Engine::open(&store, options()) {
                let message = error.to_string();
                assert!(message.contains("No space left on device"), "{message}");
                assert!(!message.contains("damaged"), "{message}");
                refused += 1;
                let message = server::refusal(&store);
                assert!(message.contains("No space left on device"), "{message}");
                assert_eq!(message.lines().count(), 1, "{message}");
            }
            ballast.free();
            graph = Graph { engine: Engine::open(&store, options()).unwrap(), expected };
            graph.check();
            graph.write(&format!("r{round}"), 3).unwrap();
        }
        assert!(refused > 0);
        ballast.fill(0);
        let message = server::refusal(&root.join("new"));
        assert!(message.contains("No space left on device"), "{message}");
    });
}

#[test]
fn a_server_on_a_full_disk_is_unavailable_for_writes_only() {
    on_a_small_disk("serves_full");
}

#[test]
fn serves_full() {
    only_again(|root| {
        let (store, ballast) = (root.join("store"), Ballast(&root));
        let server = server::Server::start(&store, |_| {});
        let mut client = server.client();
        client.write_schema();
        client.write("before", 10).unwrap();
        ballast.fill(0);
        for _ in 0..3 {
            server::assert_unavailable(&client.write("failed", 500).unwrap_err());
            assert!(!client.is_writable());
            assert_eq!(client.count("before"), 10);
            assert_eq!(client.count("failed"), 0);
        }
        ballast.free();
        client.write("after", 10).unwrap();
        assert!(client.is_writable());
        drop(server);
        let server = server::Server::start(&store, |_| {});
        let mut client = server.client();
        assert_eq!(["before", "failed", "after"].map(|name| client.count(name)), [10, 0, 10]);
    });
}
