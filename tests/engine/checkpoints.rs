//! An engine that starts from a checkpoint is the one that wrote it.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use arrowroot::engine::{
    Consistency, ConsistencyError, Engine, EngineOptions, ManualClock, RegisterCounter, View, Watch,
    WatchError, ZedToken,
};
use arrowroot::journal::{Journal, MemoryJournal};
use arrowroot::relationship::{RelationshipFilter, Revision, Timestamp};

use crate::support::{SCHEMA, check, head, write};

const WINDOW: Duration = Duration::from_secs(1000);

fn at(seconds: i64) -> Timestamp {
    Timestamp { seconds: 1_893_456_000 + seconds, nanoseconds: 0 }
}

fn options(clock: &Arc<ManualClock>, retention: Duration) -> EngineOptions {
    let mut options = EngineOptions::default();
    options.clock = Arc::clone(clock) as _;
    options.retention = retention;
    options
}

fn open(path: &Path, clock: &Arc<ManualClock>) -> Engine {
    Engine::open(path, options(clock, WINDOW)).unwrap()
}

fn exactly(engine: &Engine, token: &ZedToken) -> Result<View, ConsistencyError> {
    engine.at(&Consistency::AtExactSnapshot(token.clone()))
}

/// Everything that is stored, as text.
fn relationships(view: &View) -> Vec<String> {
    let all = view.export_relationships(None, None).unwrap();
    all.map(|relationship| relationship.to_string()).collect()
}

#[test]
fn what_was_written_before_and_after_a_checkpoint_is_there_after_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("graph");
    let clock = Arc::new(ManualClock::at(at(0)));
    let engine = open(&path, &clock);
    engine.write_schema("definition user {}").unwrap();
    let schema = format!(
        "{}{SCHEMA}",
        "use expiration
         caveat small(n int) { n < 10 }
         definition note { relation reader: user | user with small | user with expiration; }
        "
    );
    engine.write_schema(&schema).unwrap();
    let first =
        write(&engine, &["+doc:a#owner@user:ana", "+doc:a#viewer@user:*", "+doc:b#parent@doc:a"]).written_at;
    clock.set(at(100));
    write(
        &engine,
        &[
            "-doc:a#owner@user:ana",
            "+doc:c#viewer@group:g#member",
            "+group:g#member@user:ben",
            "+note:x#reader@user:ana[small:{\"n\":3}]",
            "+note:x#reader@user:ben[expiration:2030-01-01T01:00:00Z]",
        ],
    );
    let filter =
        RelationshipFilter { resource_definition: Some("doc".parse().unwrap()), ..Default::default() };
    let counter = RegisterCounter { name: "docs".parse().unwrap(), filter };
    engine.register_counter(counter).unwrap();

    let revision = engine.write_checkpoint().unwrap();
    assert_eq!(revision, engine.head());
    clock.set(at(200));
    let last =
        write(&engine, &["~doc:a#owner@user:ana", "-doc:b#parent@doc:a", "+doc:d#owner@user:new"]).written_at;
    let expected = relationships(&head(&engine));
    let expected_first = relationships(&exactly(&engine, &first).unwrap());
    drop(engine);

    for _ in 0..2 {
        let engine = open(&path, &clock);
        let size = engine.journal_size();
        assert_eq!(size.checkpoint, Some(revision));
        assert!(size.checkpoint_bytes > 0 && size.bytes_after > 0, "{size:?}");
        assert_eq!(relationships(&head(&engine)), expected);
        assert_eq!(relationships(&exactly(&engine, &first).unwrap()), expected_first);
        assert_eq!(relationships(&exactly(&engine, &last).unwrap()), expected);
        assert_eq!(head(&engine).read_schema(), Some(schema.as_str()));
        let docs = engine.count_relationships(&"docs".parse().unwrap(), engine.count_limits()).unwrap();
        assert_eq!(docs.count, 4);
        assert!(check(&head(&engine), "doc:c#view@user:ben"));
        assert!(!check(&head(&engine), "doc:b#view@user:ana"));
        assert!(check(&exactly(&engine, &first).unwrap(), "doc:b#view@user:ana"));
        let written_by = |text: &str| {
            let relationship: arrowroot::relationship::Relationship = text.parse().unwrap();
            let view = head(&engine);
            view.written_by(&relationship.resource, &relationship.relation, &relationship.subject)
        };
        assert_eq!(written_by("doc:a#viewer@user:*"), Some(at(0)));
        assert_eq!(written_by("group:g#member@user:ben"), Some(at(100)));
        assert_eq!(written_by("doc:a#owner@user:ana"), Some(at(200)));
        // An hour after it began.
        clock.set(at(3600));
        assert!(!relationships(&head(&engine)).iter().any(|text| text.starts_with("note:x#reader@user:ben")));
        clock.set(at(200));
    }
}

#[test]
fn what_left_with_a_checkpoint_cannot_be_asked_for_with_a_longer_window_either() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("graph");
    let clock = Arc::new(ManualClock::at(at(0)));
    let engine = open(&path, &clock);
    engine.write_schema(SCHEMA).unwrap();
    let granted = write(&engine, &["+doc:a#owner@user:ana"]).written_at;
    clock.set(at(10));
    let revoked = write(&engine, &["-doc:a#owner@user:ana"]).written_at;
    clock.set(at(5000));
    let watch = |engine: &Engine, after: &ZedToken| {
        engine.watch(Watch { after: Some(after.clone()), ..Watch::default() }).map(|_| ())
    };
    assert!(matches!(watch(&engine, &granted), Err(WatchError::Start(ConsistencyError::Expired { .. }))));
    engine.write_checkpoint().unwrap();
    assert_eq!(engine.journal_size().bytes_before, 0);
    drop(engine);

    let engine = Engine::open(&path, options(&clock, 100 * WINDOW)).unwrap();
    let expired = |revision| ConsistencyError::Expired { revision: Revision(revision), oldest: Revision(3) };
    assert_eq!(exactly(&engine, &granted).unwrap_err(), expired(2));
    assert!(matches!(watch(&engine, &granted), Err(WatchError::Start(error)) if error == expired(2)));
    assert!(!check(&exactly(&engine, &revoked).unwrap(), "doc:a#owner@user:ana"));
    watch(&engine, &revoked).unwrap();
    assert!(relationships(&head(&engine)).is_empty());
    write(&engine, &["+doc:a#owner@user:ana"]);
    assert!(check(&head(&engine), "doc:a#owner@user:ana"));
}

#[test]
fn a_watch_that_was_left_behind_by_a_checkpoint_is_told_so() {
    let clock = Arc::new(ManualClock::at(at(0)));
    let journal: Arc<dyn Journal> = Arc::new(MemoryJournal::new());
    let engine = Engine::with_journal(journal, options(&clock, WINDOW)).unwrap();
    let schema = engine.write_schema(SCHEMA).unwrap().written_at;
    let first = write(&engine, &["+doc:a#owner@user:ana"]).written_at;
    let mut behind = engine.watch(Watch { after: Some(schema), ..Watch::default() }).unwrap();
    let mut ahead = engine.watch(Watch { after: Some(first), ..Watch::default() }).unwrap();
    clock.set(at(5000));
    engine.write_checkpoint().unwrap();
    assert!(matches!(behind.next_changes(), Err(WatchError::Start(ConsistencyError::Expired { .. }))));
    write(&engine, &["+doc:b#owner@user:ana"]);
    assert_eq!(ahead.next_changes().unwrap().updates.len(), 1);
}

#[test]
fn writes_go_on_while_checkpoints_are_written() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("graph");
    let mut options = EngineOptions::default();
    options.retention = Duration::ZERO;
    let engine = Engine::open(&path, options.clone()).unwrap();
    engine.write_schema(SCHEMA).unwrap();
    let is_over = AtomicBool::new(false);
    let written = thread::scope(|scope| {
        let writers: Vec<_> = (0..4)
            .map(|writer| {
                let (engine, is_over) = (&engine, &is_over);
                scope.spawn(move || {
                    let mut number = 0;
                    while !is_over.load(Ordering::Relaxed) {
                        number += 1;
                        let grant = format!("+doc:w{writer}-{number}#owner@user:u{writer}");
                        let revoke = format!("-doc:w{writer}-{}#owner@user:u{writer}", number / 2);
                        write(engine, &[&grant]);
                        write(engine, &[&revoke]);
                    }
                    number
                })
            })
            .collect();
        for _ in 0..6 {
            engine.write_checkpoint().unwrap();
        }
        is_over.store(true, Ordering::Relaxed);
        writers.into_iter().map(|writer| writer.join().unwrap()).collect::<Vec<u32>>()
    });
    let expected = relationships(&head(&engine));
    drop(engine);
    let engine = Engine::open(&path, options).unwrap();
    assert_eq!(relationships(&head(&engine)), expected);
    let kept: u32 = written.iter().map(|number| number - number / 2).sum();
    assert_eq!(expected.len(), kept as usize);
}

#[test]
fn a_checkpoint_is_written_when_much_was_written() {
    let directory = tempfile::tempdir().unwrap();
    let mut options = EngineOptions::default();
    options.checkpoint_after_bytes = 1000;
    let engine = Engine::open(directory.path().join("graph"), options).unwrap();
    engine.write_schema(SCHEMA).unwrap();
    let mut number = 0;
    while engine.journal_size().checkpoint.is_none() {
        number += 1;
        write(&engine, &[&format!("+doc:d{number}#owner@user:ana")]);
    }
    assert!(number > 1);
}

#[test]
fn a_graceful_end_writes_a_checkpoint_that_is_due_where_another_start_finds_it() {
    // Written within the second in which nobody looks whether one is due; again where the machine was slower.
    let write_and_close = |engine: &Engine, begun: Instant| {
        engine.write_schema(SCHEMA).unwrap();
        engine.close();
        begun.elapsed() < Duration::from_millis(900)
    };
    let mut options = EngineOptions::default();
    options.checkpoint_after_bytes = 1;
    loop {
        let (begun, journal) = (Instant::now(), Arc::new(MemoryJournal::new()));
        let engine = Engine::with_journal(Arc::clone(&journal) as _, options.clone()).unwrap();
        if write_and_close(&engine, begun) {
            assert!(journal.checkpoint().unwrap().is_none());
            break;
        }
    }
    let directory = tempfile::tempdir().unwrap();
    let engine = Engine::open(directory.path(), options).unwrap();
    write_and_close(&engine, Instant::now());
    assert_eq!(engine.journal_size().checkpoint, Some(engine.head()));
}
