//! Writes and syncs that fail: what was not made durable is taken back, reads go on, and what comes next depends on whether
//! anyone can tell what is on the disk.

use std::path::Path;

use super::graph::{Graph, names};
use super::process::{again, only_again, run};
use super::recorder::{Fault, Faults, INPUT_OUTPUT, NO_SPACE, Operation};
use super::server::{Server, assert_unavailable};

/// Runs a test of this file with the recorder, in a directory of its own.
fn with_faults(test: &str) {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path().canonicalize().unwrap();
    let mut command = again(&format!("failing::{test}"), &root);
    faults(&root).tell(&mut command, &root);
    run(&mut command);
}

fn faults(root: &Path) -> Faults {
    Faults::at(root.join("faults"))
}

fn one(operation: Operation, error: i32, skip: u32) -> Fault {
    Fault { operation, file: "db", error, skip, count: Some(1) }
}

#[test]
fn after_a_failed_write_of_the_database_the_next_write_succeeds() {
    with_faults("failed_writes");
}

#[test]
fn failed_writes() {
    only_again(|root| {
        let (store, faults) = (root.join("store"), faults(&root));
        let mut graph = Graph::create(&store);
        for (error, skip) in [(INPUT_OUTPUT, 0), (NO_SPACE, 1), (INPUT_OUTPUT, 3), (NO_SPACE, 0)] {
            let name = format!("e{error}s{skip}");
            graph.write(&format!("{name}-before"), 1).unwrap();
            faults.begin(one(Operation::Write, error, skip));
            for number in 0..skip {
                graph.write(&format!("{name}-{number}"), 10).unwrap();
            }
            graph.write_in_vain(&format!("{name}-failed"), 500);
            faults.end();
            graph.write(&format!("{name}-after"), 2).unwrap();
            assert!(graph.engine.is_writable());
            graph.check();
        }
        // Failing for long does no harm either.
        faults.begin(Fault { count: None, ..one(Operation::Write, NO_SPACE, 0) });
        for number in 0..3 {
            graph.write_in_vain(&format!("long-{number}"), 1);
        }
        assert!(graph.import("long", 5000).is_err());
        graph.check();
        faults.end();
        graph.import("late", 5000).unwrap();
        let mut graph = graph.reopen(&store);
        graph.write("end", 1).unwrap();
        graph.reopen(&store);
    });
}

#[test]
fn after_a_failed_sync_nothing_is_written_until_a_restart() {
    with_faults("failed_syncs");
}

#[test]
fn failed_syncs() {
    only_again(|root| {
        let (store, faults) = (root.join("store"), faults(&root));
        let mut graph = Graph::create(&store);
        for (round, import) in [(0, false), (1, true), (2, false)] {
            let name = |part: &str| format!("r{round}-{part}");
            graph.write(&name("before"), 10).unwrap();
            faults.begin(one(Operation::Sync, INPUT_OUTPUT, 0));
            if import {
                assert!(graph.import(&name("failed"), 8000).is_err());
                graph.check();
            } else {
                graph.write_in_vain(&name("failed"), 10);
            }
            faults.end();
            for part in ["still", "again"] {
                graph.write_in_vain(&name(part), 1);
            }
            assert!(graph.import(&name("import"), 10).is_err());
            assert!(graph.engine.write_checkpoint().is_err());
            graph.check();
            graph = reopen_with_or_without(graph, &store, &name("failed"));
            assert!(graph.engine.is_writable());
            graph.write(&name("after"), 10).unwrap();
            graph = graph.reopen(&store);
            graph.engine.write_checkpoint().unwrap();
        }
        graph.reopen(&store);
    });
}

/// What was never acknowledged may be there after a restart, but whole.
fn reopen_with_or_without(graph: Graph, store: &Path, name: &str) -> Graph {
    use arrowroot::engine::{Consistency, Engine};
    let Graph { engine, mut expected } = graph;
    drop(engine);
    let engine = Engine::open(store, super::graph::options()).unwrap();
    let view = engine.at(&Consistency::FullyConsistent).unwrap();
    let all = view.export_relationships(None, None).unwrap().map(|relationship| relationship.to_string());
    let found: Vec<_> = all.filter(|text| text.starts_with(&format!("document:{name}-"))).collect();
    assert!([0, 10, 8000].contains(&found.len()), "{} of {name} are there", found.len());
    drop(view);
    expected.extend(found);
    let graph = Graph { engine, expected };
    graph.check();
    graph
}

#[test]
fn a_checkpoint_that_meets_a_fault_leaves_everything_as_it_was() {
    with_faults("failed_checkpoints");
}

/// The fault comes at one write or sync of the next generation after another, until there is none left to fail.
#[test]
fn failed_checkpoints() {
    only_again(|root| {
        let faults = faults(&root);
        for (number, (operation, file)) in [
            (Operation::Write, "db"),
            (Operation::Sync, "db"),
            (Operation::Write, "conf"),
            (Operation::Sync, "conf"),
            (Operation::Sync, "generation-1"),
            (Operation::Write, "arrowroot.journal.new"),
            (Operation::Sync, "arrowroot.journal.new"),
        ]
        .into_iter()
        .enumerate()
        {
            let store = root.join(format!("store-{number}"));
            let mut graph = Graph::create(&store);
            graph.import("many", 3000).unwrap();
            for skip in 0.. {
                let before = names(&store);
                let size = graph.engine.journal_size();
                faults.begin(Fault { file, ..one(operation, INPUT_OUTPUT, skip) });
                let written = graph.engine.write_checkpoint();
                faults.end();
                let case = format!("{operation:?} {skip} of {file}: {written:?}");
                graph.check();
                graph.write(&format!("after-{skip}"), 1).expect(&case);
                if written.is_ok() {
                    println!("{case}");
                    assert!(skip > 0, "{case}: nothing failed");
                    break;
                }
                assert_eq!(names(&store), before, "{case}");
                assert_eq!(graph.engine.journal_size().checkpoint, size.checkpoint, "{case}");
            }
            graph.reopen(&store);
        }
    });
}

#[test]
fn a_generation_whose_switch_may_not_be_durable_is_not_written_to() {
    with_faults("failed_switch");
}

#[test]
fn failed_switch() {
    only_again(|root| {
        let (store, faults) = (root.join("store"), faults(&root));
        let mut graph = Graph::create(&store);
        graph.write("before", 10).unwrap();
        // Of the store's directory: when the generation is new there, and when the marker was replaced.
        let sync = |skip| Fault { file: "store", ..one(Operation::Sync, INPUT_OUTPUT, skip) };
        faults.begin(sync(0));
        assert!(graph.engine.write_checkpoint().is_err());
        faults.end();
        graph.write("between", 1).unwrap();
        faults.begin(sync(1));
        assert!(graph.engine.write_checkpoint().is_err());
        faults.end();
        graph.check();
        graph.write_in_vain("after", 1);
        assert!(graph.engine.write_checkpoint().is_err());
        let mut graph = graph.reopen(&store);
        graph.write("after", 1).unwrap();
        graph.engine.write_checkpoint().unwrap();
        graph.reopen(&store);
    });
}

#[test]
fn a_server_whose_disk_fails_is_unavailable_for_writes_and_has_everything_after_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path().canonicalize().unwrap();
    let (store, faults) = (root.join("store"), faults(&root));
    let server = Server::start(&store, |command| faults.tell(command, &root));
    let mut client = server.client();
    client.write_schema();
    client.write("before", 10).unwrap();
    // A write that fails is tried again with the next one; a sync is not.
    for (operation, name, is_writable) in
        [(Operation::Write, "write", true), (Operation::Sync, "sync", false)]
    {
        faults.begin(one(operation, INPUT_OUTPUT, 0));
        assert_unavailable(&client.write(&format!("{name}-failed"), 500).unwrap_err());
        faults.end();
        assert!(!client.is_writable());
        assert_eq!((client.count("before"), client.count(&format!("{name}-failed"))), (10, 0));
        let written = client.write(&format!("{name}-after"), 10);
        assert_eq!((written.is_ok(), client.is_writable()), (is_writable, is_writable), "{written:?}");
    }
    drop(server);
    let server = Server::start(&store, |_| {});
    let mut client = server.client();
    assert_eq!(["before", "write-failed", "write-after"].map(|name| client.count(name)), [10, 0, 10]);
    assert!([0, 500].contains(&client.count("sync-failed")));
    assert_eq!(client.count("sync-after"), 0);
    client.write("sync-after", 10).unwrap();
    assert!(client.is_writable());
}
