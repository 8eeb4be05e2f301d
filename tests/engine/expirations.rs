//! Relationships that hold until a time.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use arrowroot::engine::{Consistency, Engine, EngineOptions, ManualClock, WriteRelationships};
use arrowroot::journal::{Journal, MemoryJournal};
use arrowroot::relationship::{PreconditionOperation, Revision, Timestamp};

use crate::durability::Failing;
use crate::support::{check, deletion, head, precondition, read, try_write, update, wait_until, write};

const SCHEMA: &str = "
use expiration

definition user {}

caveat ca(a bool) {
    a
}

definition doc {
    relation parent: doc | doc with expiration
    relation viewer: user | user with ca | user with expiration | user with ca and expiration
    relation banned: user with expiration
    permission view = (viewer - banned) + parent->view
    permission every = parent.all(viewer)
}
";

/// `2030-01-01T00:00:00Z` and some seconds.
fn at(seconds: i64) -> Timestamp {
    Timestamp { seconds: 1_893_456_000 + seconds, nanoseconds: 0 }
}

/// The same as a part of a relationship's text.
fn until(seconds: i64) -> String {
    format!("[expiration:{}]", at(seconds))
}

fn options(clock: &Arc<ManualClock>) -> EngineOptions {
    let mut options = EngineOptions::default();
    options.clock = Arc::clone(clock) as _;
    options
}

/// An engine whose clock is set by the test.
fn engine() -> (Engine, Arc<ManualClock>) {
    with_journal(Arc::new(MemoryJournal::new()))
}

fn with_journal(journal: Arc<dyn Journal>) -> (Engine, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::at(at(0)));
    let engine = Engine::with_journal(journal, options(&clock)).unwrap();
    engine.write_schema(SCHEMA).unwrap();
    (engine, clock)
}

#[test]
fn from_its_end_on_a_relationship_is_absent_everywhere() {
    let (engine, clock) = engine();
    let row = format!("doc:x#viewer@user:ana{}", until(10));
    write(&engine, &[&format!("+{row}"), "+doc:y#parent@doc:x"]);
    let is_met = |operation| {
        let preconditions = vec![precondition(operation, "doc:x#viewer")];
        engine.write_relationships(WriteRelationships { preconditions, ..Default::default() }).is_ok()
    };
    for (now, is_there) in [(0, true), (9, true), (10, false), (11, false)] {
        clock.set(at(now));
        let view = head(&engine);
        assert_eq!(check(&view, "doc:x#view@user:ana"), is_there, "at {now}");
        assert_eq!(check(&view, "doc:y#view@user:ana"), is_there, "at {now}");
        assert_eq!(read(&view, "doc:x").contains(&row), is_there, "at {now}");
        assert_eq!(read(&view, "@user:ana").contains(&row), is_there, "at {now}");
        assert_eq!(is_met(PreconditionOperation::MustMatch), is_there, "at {now}");
        assert_eq!(is_met(PreconditionOperation::MustNotMatch), !is_there, "at {now}");
        assert_eq!(try_write(&engine, &["+doc:x#viewer@user:ana"]).is_err(), is_there, "at {now}");
        if !is_there {
            write(&engine, &[&format!("~{row}")]);
        }
    }
    assert_eq!(engine.delete_relationships(deletion("doc:x")).unwrap().count, 0);
}

#[test]
fn what_has_expired_no_longer_excludes_and_counts_for_nothing_in_all() {
    let (engine, clock) = engine();
    let banned = format!("+doc:x#banned@user:ana{}", until(10));
    let parent = format!("+doc:x#parent@doc:z{}", until(10));
    write(&engine, &["+doc:x#viewer@user:ana", &banned, "+doc:x#parent@doc:y", &parent]);
    write(&engine, &["+doc:y#viewer@user:ana"]);
    let answers = || {
        let view = head(&engine);
        [check(&view, "doc:x#view@user:ana"), check(&view, "doc:x#every@user:ana")]
    };
    assert_eq!(answers(), [true, false], "by way of the parent");
    write(&engine, &["-doc:y#viewer@user:ana"]);
    assert_eq!(answers(), [false, false]);
    write(&engine, &["+doc:y#viewer@user:ana", "-doc:x#parent@doc:z"]);
    assert_eq!(answers(), [true, true]);
    write(&engine, &["-doc:x#viewer@user:ana", &parent]);
    assert_eq!(answers(), [true, false]);
    clock.set(at(10));
    assert_eq!(answers(), [true, true]);
}

#[test]
fn older_revisions_are_shown_with_the_clock_as_it_is_now() {
    let (engine, clock) = engine();
    let row = format!("doc:x#viewer@user:ana{}", until(10));
    let granted = write(&engine, &[&format!("+{row}")]).written_at;
    let touched = write(&engine, &["~doc:x#viewer@user:ana"]).written_at;
    write(&engine, &["-doc:x#viewer@user:ana"]);
    let is_viewer = |token: &arrowroot::engine::ZedToken| {
        let view = engine.at(&Consistency::AtExactSnapshot(token.clone())).unwrap();
        assert_eq!(check(&view, "doc:x#view@user:ana"), !read(&view, "doc").is_empty());
        check(&view, "doc:x#view@user:ana")
    };
    assert_eq!((is_viewer(&granted), is_viewer(&touched)), (true, true));
    clock.set(at(10));
    assert_eq!((is_viewer(&granted), is_viewer(&touched)), (false, true));
}

#[test]
fn a_touch_changes_the_end() {
    let (engine, clock) = engine();
    let touch = |seconds| write(&engine, &[&format!("~doc:x#viewer@user:ana{}", until(seconds))]);
    let is_viewer = || check(&head(&engine), "doc:x#view@user:ana");
    touch(10);
    touch(20);
    clock.set(at(15));
    assert!(is_viewer());
    touch(12);
    assert!(!is_viewer());
    touch(30);
    assert!(is_viewer());
    write(&engine, &["~doc:x#viewer@user:ana"]);
    clock.set(at(1000));
    assert!(is_viewer());
    assert_eq!(engine.expiring_count(), 0);
}

#[test]
fn a_touch_on_the_same_terms_changes_nothing_unless_they_have_expired() {
    let journal = Arc::new(MemoryJournal::new());
    let (engine, clock) = with_journal(Arc::clone(&journal) as _);
    let changes = || {
        let mut counts = Vec::new();
        let mut count = |transaction: arrowroot::journal::Transaction| {
            counts.push(transaction.changes.len());
            ControlFlow::Continue(())
        };
        journal.read(Revision::ZERO, &mut count).unwrap();
        counts.pop().unwrap()
    };
    for (now, touched, expected) in [
        (0, format!("doc:x#viewer@user:ana{}", until(10)), 1),
        (0, format!("doc:x#viewer@user:ana{}", until(10)), 0),
        (0, format!("doc:x#viewer@user:ana{}", until(11)), 1),
        (0, format!("doc:x#viewer@user:ana[ca]{}", until(11)), 1),
        (0, format!("doc:x#viewer@user:ana[ca]{}", until(11)), 0),
        (0, format!("doc:x#viewer@user:ana[ca:{{\"a\":true}}]{}", until(11)), 1),
        (0, format!("doc:x#viewer@user:ana[ca:{{\"a\":true}}]{}", until(11)), 0),
        (0, "doc:x#viewer@user:ana[ca:{\"a\":true}]".to_owned(), 1),
        (0, "doc:x#viewer@user:ana[ca:{\"a\":true}]".to_owned(), 0),
        (0, format!("doc:x#viewer@user:ana{}", until(11)), 1),
        (11, format!("doc:x#viewer@user:ana{}", until(11)), 1),
    ] {
        clock.set(at(now));
        write(&engine, &[&format!("~{touched}")]);
        assert_eq!(changes(), expected, "{touched} at {now}");
    }
}

#[test]
fn an_expired_relationships_condition_is_not_evaluated() {
    let (engine, clock) = engine();
    write(&engine, &[&format!("+doc:x#viewer@user:ana[ca]{}", until(10))]);
    let mut question = crate::support::question("doc:x#view@user:ana");
    question.context = arrowroot::engine::CaveatContext::parse(r#"{"a":"what"}"#).unwrap();
    let ask = || head(&engine).check_permission(&question, head(&engine).limits());
    assert!(ask().is_err());
    clock.set(at(10));
    assert_eq!(ask(), Ok(arrowroot::engine::Permissionship::NoPermission));
}

#[test]
fn what_has_expired_leaves_the_index_by_itself_and_older_revisions_stay_as_they_are() {
    let (engine, clock) = engine();
    let plain = write(&engine, &["+doc:x#viewer@user:ana", "+doc:y#viewer@user:ana"]).written_at;
    for number in 0..100 {
        write(&engine, &[&format!("~doc:x#viewer@user:u{number}{}", until(number))]);
    }
    write(&engine, &[&format!("~doc:x#viewer@user:ana{}", until(5))]);
    let last = write(&engine, &[&format!("~doc:z#viewer@user:ana[ca]{}", until(1_000_000))]).written_at;
    assert_eq!(engine.expiring_count(), 102);
    clock.set(at(1000));
    wait_until(|| engine.expiring_count() == 1);
    let at_revision = |token| engine.at(&Consistency::AtExactSnapshot(token)).unwrap();
    let all = ["doc:x#viewer@user:ana", "doc:y#viewer@user:ana"];
    let waiting = format!("doc:z#viewer@user:ana[ca]{}", until(1_000_000));
    assert_eq!(read(&at_revision(plain), "doc"), all);
    assert_eq!(read(&at_revision(last), "doc"), [all[1], &waiting]);
    write(&engine, &["+doc:x#viewer@user:ana", "+doc:x#viewer@user:u1"]);
    assert_eq!(read(&head(&engine), "doc:x"), ["doc:x#viewer@user:ana", "doc:x#viewer@user:u1"]);
    clock.set(at(2_000_000));
    wait_until(|| engine.expiring_count() == 0);
}

#[test]
fn a_write_that_is_not_durable_leaves_caveats_and_ends_as_they_were() {
    let journal = Arc::new(Failing::default());
    let (engine, clock) = with_journal(Arc::clone(&journal) as _);
    let before = [
        "doc:a#viewer@user:ana".to_owned(),
        format!("doc:b#viewer@user:ana{}", until(10)),
        "doc:c#viewer@user:ana[ca]".to_owned(),
        format!("doc:d#viewer@user:ana[ca:{{\"a\":true}}]{}", until(20)),
    ];
    write(&engine, &before.each_ref().map(|row| format!("+{row}")).each_ref().map(String::as_str));
    let attempts = [
        [format!("~doc:a#viewer@user:ana{}", until(5)), format!("~doc:b#viewer@user:ana{}", until(50))],
        ["~doc:b#viewer@user:ana".to_owned(), "~doc:c#viewer@user:ana".to_owned()],
        ["-doc:c#viewer@user:ana".to_owned(), "-doc:d#viewer@user:ana".to_owned()],
        ["~doc:a#viewer@user:ana[ca]".to_owned(), "~doc:d#viewer@user:ana[ca:{\"a\":false}]".to_owned()],
        [format!("+doc:e#viewer@user:ana{}", until(7)), "+doc:f#viewer@user:ana[ca]".to_owned()],
    ];
    for attempt in &attempts {
        journal.failures.store(1, Ordering::Relaxed);
        try_write(&engine, &attempt.each_ref().map(String::as_str)).unwrap_err();
        assert_eq!(read(&head(&engine), "doc"), before, "{attempt:?}");
        assert_eq!(engine.expiring_count(), 2, "{attempt:?}");
    }
    clock.set(at(15));
    assert_eq!(read(&head(&engine), "doc").len(), 3);
    // What has expired may be taken back as well: it stays expired.
    journal.failures.store(1, Ordering::Relaxed);
    try_write(&engine, &["~doc:b#viewer@user:ana"]).unwrap_err();
    assert_eq!(read(&head(&engine), "doc").len(), 3);
    clock.set(at(1000));
    wait_until(|| engine.expiring_count() == 0);
    assert_eq!(read(&head(&engine), "doc"), [before[0].clone(), before[2].clone()]);
}

#[test]
fn a_clock_that_jumps_back_brings_nothing_back() {
    let millis = |seconds, millis: u32| Timestamp { nanoseconds: millis * 1_000_000, ..at(seconds) };
    let (engine, clock) = engine();
    write(
        &engine,
        &[
            &format!("+doc:x#viewer@user:ana[expiration:{}]", millis(10, 500)),
            &format!("+doc:y#viewer@user:ana[expiration:{}]", millis(10, 900)),
        ],
    );
    let mut before = vec![true, true];
    for (seconds, part) in [(10, 400), (10, 700), (10, 300), (9, 0), (10, 800), (0, 0), (10, 950), (10, 850)]
    {
        clock.set(millis(seconds, part));
        let view = head(&engine);
        let now: Vec<_> =
            ["x", "y"].map(|id| check(&view, &format!("doc:{id}#view@user:ana"))).into_iter().collect();
        let is_back = before.iter().zip(&now).any(|(before, now)| !before && *now);
        assert!(!is_back, "{now:?} after {before:?} at {}", millis(seconds, part));
        before = now;
    }
    assert_eq!(before, [false, false]);
}

#[test]
fn what_has_expired_does_not_hold_a_schema_back() {
    let (engine, clock) = engine();
    write(&engine, &[&format!("+doc:x#viewer@user:ana[ca]{}", until(10))]);
    for (from, to) in [
        (" | user with ca and expiration", ""),
        ("user | user with ca | user with expiration | user with ca and expiration", "user"),
    ] {
        let changed = SCHEMA.replace(from, to);
        clock.set(at(9));
        assert!(engine.write_schema(&changed).is_err(), "without {from}");
    }
    clock.set(at(10));
    let changed = SCHEMA.replace(" | user with ca and expiration", "").replace(" | user with ca", "");
    let without_caveat = changed.replace("caveat ca(a bool) {\n    a\n}\n", "");
    engine.write_schema(&without_caveat).unwrap();
    assert!(!check(&head(&engine), "doc:x#view@user:ana"));
    clock.set(at(0));
    assert!(!check(&head(&engine), "doc:x#view@user:ana"));
}

#[test]
fn caveats_contexts_and_ends_are_the_same_after_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("graph");
    let clock = Arc::new(ManualClock::at(at(0)));
    let engine = Engine::open(&path, options(&clock)).unwrap();
    engine.write_schema(SCHEMA).unwrap();
    let precise = Timestamp { nanoseconds: 123_456_789, ..at(30) };
    let rows = [
        "doc:a#viewer@user:ana[ca:{\"a\":true}]".to_owned(),
        format!("doc:b#viewer@user:ana[ca]{}", until(20)),
        format!("doc:c#viewer@user:ana{}", until(10)),
        format!("doc:d#viewer@user:ana[expiration:{precise}]"),
    ];
    let updates = rows.iter().map(|row| update(&format!("+{row}"))).collect();
    engine.write_relationships(WriteRelationships { updates, ..Default::default() }).unwrap();
    clock.set(at(10));
    // Over what has expired.
    write(&engine, &[&format!("+doc:c#viewer@user:ben{}", until(40))]);
    write(&engine, &[&format!("+doc:c#viewer@user:ana{}", until(50))]);
    let before = read(&head(&engine), "doc");
    assert_eq!(before.len(), 5);
    drop(engine);
    let engine = Engine::open(&path, options(&clock)).unwrap();
    assert_eq!(read(&head(&engine), "doc"), before);
    clock.set(at(31));
    assert_eq!(read(&head(&engine), "doc").len(), 3);
    clock.set(at(10_000));
    wait_until(|| engine.expiring_count() == 0);
    assert_eq!(read(&head(&engine), "doc"), [rows[0].clone()]);
}
