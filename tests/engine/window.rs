//! How far back the past can be asked for.

use std::sync::Arc;
use std::time::Duration;

use arrowroot::engine::{
    Consistency, ConsistencyError, CursorError, Engine, EngineOptions, ManualClock, Watch, WatchError,
    ZedToken,
};
use arrowroot::relationship::{Revision, Timestamp};

use crate::support::{SCHEMA, check, head, write};

const WINDOW: Duration = Duration::from_secs(1000);

fn at(seconds: i64) -> Timestamp {
    Timestamp { seconds: 1_893_456_000 + seconds, nanoseconds: 0 }
}

fn options(clock: &Arc<ManualClock>) -> EngineOptions {
    let mut options = EngineOptions::default();
    options.clock = Arc::clone(clock) as _;
    options.retention = WINDOW;
    options
}

/// What becomes of a token in each of its uses: exactly there, by a cursor, and to watch after it.
fn uses(engine: &Engine, token: &ZedToken, cursor: &str) -> [Result<(), ConsistencyError>; 3] {
    let exact = engine.at(&Consistency::AtExactSnapshot(token.clone())).map(|_| ());
    let cursor = engine.at_cursor(cursor, 7).map(|_| ()).map_err(|error| match error {
        CursorError::Consistency(error) => error,
        CursorError::Invalid(error) => panic!("{error}"),
    });
    let watch = engine.watch(Watch { after: Some(token.clone()), ..Watch::default() });
    let watch = watch.map(|_| ()).map_err(|error| match error {
        WatchError::Start(error) => error,
        error => panic!("{error}"),
    });
    [exact, cursor, watch]
}

#[test]
fn what_is_older_than_the_window_is_refused_except_as_a_lower_bound() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("graph");
    let clock = Arc::new(ManualClock::at(at(0)));
    let mut engine = Engine::open(&path, options(&clock)).unwrap();
    engine.write_schema(SCHEMA).unwrap();
    let mut marks = Vec::new();
    for seconds in [100, 200, 300] {
        clock.set(at(seconds));
        let token = write(&engine, &[&format!("+doc:{seconds}#owner@user:ana")]).written_at;
        marks.push((token, head(&engine).cursor(7, String::new())));
    }
    // Revision 2 was the newest from 100 to 199, hence at the window's begin when it is 1100 to 1199.
    let oldest_at = |now| match now {
        0..1100 => 1,
        1100..1200 => 2,
        1200..1300 => 3,
        _ => 4,
    };
    for now in [300, 1099, 1100, 1199, 1200, 1299, 1300, 9_000_000] {
        clock.set(at(now));
        for (number, (token, cursor)) in marks.iter().enumerate() {
            let revision = 2 + number as u64;
            let oldest = oldest_at(now);
            let expired =
                ConsistencyError::Expired { revision: Revision(revision), oldest: Revision(oldest) };
            let expected = if revision >= oldest { Ok(()) } else { Err(expired) };
            assert_eq!(
                uses(&engine, token, cursor),
                [(); 3].map(|()| expected.clone()),
                "{revision} at {now}"
            );
            engine.at(&Consistency::AtLeastAsFresh(token.clone())).unwrap();
        }
        if now == 1200 {
            drop(engine);
            engine = Engine::open(&path, options(&clock)).unwrap();
        }
    }
    assert!(check(&head(&engine), "doc:300#view@user:ana"));
}

#[test]
fn a_view_that_was_taken_in_time_is_kept() {
    let clock = Arc::new(ManualClock::at(at(0)));
    let engine = Engine::in_memory(options(&clock)).unwrap();
    engine.write_schema(SCHEMA).unwrap();
    let granted = write(&engine, &["+doc:one#owner@user:ana"]).written_at;
    write(&engine, &["-doc:one#owner@user:ana"]);
    let view = engine.at(&Consistency::AtExactSnapshot(granted.clone())).unwrap();
    clock.set(at(5000));
    assert!(check(&view, "doc:one#view@user:ana"));
    engine.at(&Consistency::AtExactSnapshot(granted)).unwrap_err();
}

#[test]
fn a_clock_that_was_ahead_for_a_while_keeps_nothing_for_ever() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("graph");
    let ahead = Arc::new(ManualClock::at(at(1_000_000_000)));
    let engine = Engine::open(&path, options(&ahead)).unwrap();
    engine.write_schema(SCHEMA).unwrap();
    let token = write(&engine, &["+doc:one#owner@user:ana"]).written_at;
    write(&engine, &["+doc:two#owner@user:ana"]);
    drop(engine);
    let right = Arc::new(ManualClock::at(at(0)));
    let engine = Engine::open(&path, options(&right)).unwrap();
    engine.at(&Consistency::AtExactSnapshot(token.clone())).unwrap();
    right.set(at(1001));
    engine.at(&Consistency::AtExactSnapshot(token)).unwrap_err();
}

#[test]
fn an_import_is_as_old_as_a_write_of_its_time() {
    let clock = Arc::new(ManualClock::at(at(0)));
    let engine = Engine::in_memory(options(&clock)).unwrap();
    engine.write_schema(SCHEMA).unwrap();
    clock.set(at(500));
    let mut import = engine.import_relationships().unwrap();
    import.add(&"doc:one#owner@user:ana".parse().unwrap()).unwrap();
    let imported = engine.commit_import(import).unwrap().imported_at;
    clock.set(at(600));
    write(&engine, &["+doc:two#owner@user:ana"]);
    let exactly = || engine.at(&Consistency::AtExactSnapshot(imported.clone()));
    clock.set(at(1599));
    assert!(exactly().is_ok());
    clock.set(at(1700));
    assert!(matches!(exactly(), Err(ConsistencyError::Expired { .. })));
}
