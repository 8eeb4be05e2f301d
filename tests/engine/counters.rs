//! Counters: registered for good, counted when they are asked.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use arrowroot::engine::{
    CountRelationshipsError, Engine, EngineOptions, ManualClock, RegisterCounter, RegisterCounterError,
    UnregisterCounterError, Unwritable,
};
use arrowroot::evaluate::{EvaluateError, Limits};
use arrowroot::relationship::{CounterName, Timestamp};

use crate::durability::Failing;
use crate::support::{SCHEMA, engine, filter, try_write, write};

fn name(text: &str) -> CounterName {
    text.parse().unwrap()
}

fn register(engine: &Engine, counter: &str, text: &str) -> Result<(), RegisterCounterError> {
    engine.register_counter(RegisterCounter { name: name(counter), filter: filter(text) }).map(|_| ())
}

fn count(engine: &Engine, counter: &str) -> Result<u64, CountRelationshipsError> {
    engine.count_relationships(&name(counter), engine.count_limits()).map(|counted| counted.count)
}

#[test]
fn a_counter_counts_what_is_there_when_it_is_asked() {
    let engine = engine();
    for (counter, text) in [
        ("docs", "doc"),
        ("one", "doc:one"),
        ("prefixed", "doc:o%"),
        ("owners", "doc#owner"),
        ("anas", "@user:ana"),
        ("users", "doc@user"),
        ("everyone", "@user:*"),
        ("members", "@group#member"),
        ("groups", "group"),
    ] {
        register(&engine, counter, text).unwrap();
        assert_eq!(count(&engine, counter), Ok(0), "{counter}");
    }
    write(&engine, &["+doc:one#owner@user:ana", "+doc:one#viewer@user:*", "+doc:two#viewer@group:g#member"]);
    write(&engine, &["+doc:other#viewer@user:ben", "+group:g#member@user:ana"]);
    let counts =
        |counters: &[&str]| counters.iter().map(|name| count(&engine, name).unwrap()).collect::<Vec<_>>();
    let counters = ["docs", "one", "prefixed", "owners", "anas", "users", "everyone", "members", "groups"];
    assert_eq!(counts(&counters), [4, 2, 3, 1, 2, 3, 1, 1, 1]);
    write(&engine, &["-doc:one#owner@user:ana"]);
    assert_eq!(counts(&counters), [3, 1, 2, 0, 1, 2, 1, 1, 1]);
}

#[test]
fn counters_are_there_after_a_restart_and_gone_when_they_were_unregistered() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("graph");
    let engine = Engine::open(&path, EngineOptions::default()).unwrap();
    engine.write_schema(SCHEMA).unwrap();
    write(&engine, &["+doc:one#owner@user:ana"]);
    register(&engine, "docs", "doc").unwrap();
    register(&engine, "gone", "doc").unwrap();
    engine.unregister_counter(name("gone")).unwrap();
    drop(engine);
    let engine = Engine::open(&path, EngineOptions::default()).unwrap();
    assert_eq!(count(&engine, "docs"), Ok(1));
    assert_eq!(count(&engine, "gone"), Err(CountRelationshipsError::NotRegistered { name: name("gone") }));
    let again = engine.unregister_counter(name("gone")).unwrap_err();
    assert_eq!(again, UnregisterCounterError::NotRegistered { name: name("gone") });
    register(&engine, "gone", "doc#owner").unwrap();
    assert_eq!(count(&engine, "gone"), Ok(1));
}

#[test]
fn a_name_is_taken_once_and_a_filter_must_name_what_there_is() {
    let engine = engine();
    register(&engine, "docs", "doc").unwrap();
    let head = engine.head();
    let taken = register(&engine, "docs", "group").unwrap_err();
    assert!(matches!(taken, RegisterCounterError::AlreadyRegistered { .. }), "{taken:?}");
    let unknown = ["nothing", "doc#nothing", "@nothing", "@group#nothing"];
    for text in unknown {
        let refused = register(&engine, "other", text).unwrap_err();
        assert!(matches!(refused, RegisterCounterError::UnknownName(_)), "{refused:?}");
    }
    let empty = register(&engine, "other", "").unwrap_err();
    assert!(matches!(empty, RegisterCounterError::InvalidFilter(_)), "{empty:?}");
    assert_eq!(engine.head(), head);
}

#[test]
fn a_counter_that_is_not_durable_is_not_registered() {
    let journal = Arc::new(Failing::default());
    let engine = Engine::with_journal(Arc::clone(&journal) as _, EngineOptions::default()).unwrap();
    engine.write_schema(SCHEMA).unwrap();
    journal.failures.store(1, Ordering::Relaxed);
    let refused = register(&engine, "docs", "doc").unwrap_err();
    assert_eq!(refused, RegisterCounterError::Unwritable(Unwritable::NotDurable));
    assert_eq!(count(&engine, "docs"), Err(CountRelationshipsError::NotRegistered { name: name("docs") }));
    register(&engine, "docs", "doc").unwrap();
    journal.failures.store(1, Ordering::Relaxed);
    engine.unregister_counter(name("docs")).unwrap_err();
    assert_eq!(count(&engine, "docs"), Ok(0));
}

#[test]
fn a_counter_holds_no_schema_back_and_counts_nothing_of_what_is_gone() {
    let engine = engine();
    register(&engine, "groups", "group#member").unwrap();
    engine.write_schema("definition user {} definition doc { relation owner: user\n}").unwrap();
    assert_eq!(count(&engine, "groups"), Ok(0));
    engine.write_schema(SCHEMA).unwrap();
    write(&engine, &["+group:g#member@user:ana"]);
    assert_eq!(count(&engine, "groups"), Ok(1));
}

#[test]
fn what_has_expired_is_not_counted() {
    let at = |seconds| Timestamp { seconds, nanoseconds: 0 };
    let clock = Arc::new(ManualClock::at(at(1_000_000)));
    let mut options = EngineOptions::default();
    options.clock = Arc::clone(&clock) as _;
    let engine = Engine::in_memory(options).unwrap();
    engine
        .write_schema(
            "use expiration\ndefinition user {} definition doc { relation owner: user with expiration\n}",
        )
        .unwrap();
    register(&engine, "docs", "doc").unwrap();
    try_write(&engine, &[&format!("+doc:one#owner@user:ana[expiration:{}]", at(1_000_010))]).unwrap();
    assert_eq!(count(&engine, "docs"), Ok(1));
    clock.set(at(1_000_010));
    assert_eq!(count(&engine, "docs"), Ok(0));
}

#[test]
fn counting_ends_where_its_limits_are() {
    let engine = engine();
    for chunk in 0..3 {
        let updates: Vec<_> =
            (0..1000).map(|number| format!("+doc:{chunk}x{number}#owner@user:ana")).collect();
        write(&engine, &updates.iter().map(String::as_str).collect::<Vec<_>>());
    }
    for (counter, text) in [("docs", "doc"), ("anas", "@user:ana"), ("nobodys", "doc@group")] {
        register(&engine, counter, text).unwrap();
        let problem = |limits: Limits<'_>| match engine.count_relationships(&name(counter), limits) {
            Err(CountRelationshipsError::Evaluate(error)) => error,
            other => panic!("{counter}: {other:?}"),
        };
        let cancelled = AtomicBool::new(true);
        let limits = engine.count_limits();
        assert_eq!(problem(Limits { cancelled: Some(&cancelled), ..limits }), EvaluateError::Cancelled);
        let deadline = Some(std::time::Instant::now());
        assert_eq!(problem(Limits { deadline, ..limits }), EvaluateError::DeadlineExceeded);
        let visits_max = 1000;
        assert_eq!(problem(Limits { visits_max, ..limits }), EvaluateError::VisitsExceeded { visits_max });
    }
}
