//! What leaves memory: lives that nobody can ask for any more, and objects without relationships; and that no view ever
//! misses anything.

use std::collections::{BTreeSet, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use arrowroot::engine::{
    Consistency, ConsistencyError, Engine, EngineOptions, LookupResources, LookupSubjects, ManualClock, View,
    WriteRelationships, ZedToken,
};
use arrowroot::evaluate::Limits;
use arrowroot::relationship::Timestamp;

use crate::durability::Failing;
use crate::number::Random;
use crate::support::{SCHEMA, check, deletion, filter, head, read, try_write, update, wait_until, write};

const WINDOW: Duration = Duration::from_secs(100);

fn at(seconds: i64) -> Timestamp {
    Timestamp { seconds: 1_893_456_000 + seconds, nanoseconds: 0 }
}

fn engine_with(window: Duration) -> (Engine, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::at(at(0)));
    let mut options = EngineOptions::default();
    options.clock = Arc::clone(&clock) as _;
    options.retention = window;
    let engine = Engine::in_memory(options).unwrap();
    engine.write_schema(SCHEMA).unwrap();
    (engine, clock)
}

fn exactly(engine: &Engine, token: &ZedToken) -> View {
    engine.at(&Consistency::AtExactSnapshot(token.clone())).unwrap()
}

#[test]
fn what_was_deleted_is_kept_for_the_window_and_leaves_then_without_a_write() {
    let (engine, clock) = engine_with(WINDOW);
    let granted = write(&engine, &["+doc:one#owner@user:ana", "+doc:two#owner@user:ana"]).written_at;
    clock.set(at(10));
    let revoked = write(&engine, &["-doc:one#owner@user:ana"]).written_at;
    clock.set(at(109));
    // Both threads of the committer have had their turn.
    write(&engine, &["+doc:three#owner@user:ana"]);
    write(&engine, &["-doc:three#owner@user:ana"]);
    assert!(check(&exactly(&engine, &granted), "doc:one#view@user:ana"));
    assert_eq!((engine.ended_count(), engine.object_count()), (2, 4));
    clock.set(at(110));
    wait_until(|| engine.ended_count() == 1 && engine.object_count() == 3);
    engine.at(&Consistency::AtExactSnapshot(granted)).unwrap_err();
    assert_eq!(read(&exactly(&engine, &revoked), "doc"), ["doc:two#owner@user:ana"]);
    clock.set(at(300));
    wait_until(|| engine.ended_count() == 0 && engine.object_count() == 2);
    assert_eq!(read(&head(&engine), "doc"), ["doc:two#owner@user:ana"]);
}

#[test]
fn what_a_view_shows_stays_as_long_as_the_view() {
    let (engine, clock) = engine_with(WINDOW);
    let granted = write(&engine, &["+doc:one#owner@user:ana"]).written_at;
    let (exact, at_head) = (exactly(&engine, &granted), head(&engine));
    write(&engine, &["-doc:one#owner@user:ana"]);
    clock.set(at(1000));
    for number in 0..10 {
        write(&engine, &[&format!("~doc:n{number}#owner@user:bob")]);
        write(&engine, &[&format!("-doc:n{number}#owner@user:bob")]);
    }
    for view in [&exact, &at_head] {
        assert!(check(view, "doc:one#view@user:ana"));
        assert_eq!(read(view, "doc"), ["doc:one#owner@user:ana"]);
    }
    assert_eq!(engine.ended_count(), 11);
    drop(exact);
    write(&engine, &["~doc:two#owner@user:bob"]);
    assert!(check(&at_head, "doc:one#view@user:ana"));
    assert_eq!(engine.ended_count(), 11);
    drop(at_head);
    clock.set(at(2000));
    wait_until(|| engine.ended_count() == 0 && engine.object_count() == 2);
}

#[test]
fn what_a_write_that_is_not_durable_ended_lasts() {
    let journal = Arc::new(Failing::default());
    let mut options = EngineOptions::default();
    options.retention = Duration::ZERO;
    let engine = Engine::with_journal(Arc::clone(&journal) as _, options).unwrap();
    engine.write_schema(SCHEMA).unwrap();
    write(&engine, &["+doc:one#owner@user:ana"]);
    for _ in 0..3 {
        journal.failures.store(1, Ordering::Relaxed);
        try_write(&engine, &["-doc:one#owner@user:ana", "+doc:two#owner@user:bob"]).unwrap_err();
        assert_eq!(engine.ended_count(), 0);
        assert!(check(&head(&engine), "doc:one#view@user:ana"));
        wait_until(|| engine.object_count() == 2);
    }
    write(&engine, &["-doc:one#owner@user:ana"]);
    wait_until(|| engine.object_count() == 0);
}

#[test]
fn an_object_without_relationships_is_found_as_itself_before_and_after_it_leaves() {
    let (engine, clock) = engine_with(WINDOW);
    let schema = "use self\n definition thing {\n relation other: thing\n permission same = self\n }";
    engine.write_schema(schema).unwrap();
    write(&engine, &["+thing:x#other@thing:y"]);
    write(&engine, &["-thing:x#other@thing:y"]);
    let answers = || {
        let view = head(&engine);
        let lookup = LookupResources::new("thing", "same", "thing:x".parse().unwrap());
        let found = view.lookup_resources(lookup, None).unwrap().next(10, Limits::default()).unwrap().0;
        let ids: Vec<_> = found.iter().map(|found| found.id.to_string()).collect();
        (ids, check(&view, "thing:x#same@thing:x"), check(&view, "thing:x#same@thing:y"))
    };
    let expected = (vec!["x".to_owned()], true, false);
    assert_eq!(answers(), expected);
    clock.set(at(1000));
    wait_until(|| engine.object_count() == 0);
    assert_eq!(answers(), expected);
}

#[test]
fn numbers_of_objects_are_used_again() {
    const ROUNDS: usize = 100;
    const IDS: usize = 500;
    let (engine, clock) = engine_with(Duration::ZERO);
    write(&engine, &["+doc:kept#owner@user:ana"]);
    for round in 0..ROUNDS {
        clock.set(at(i64::try_from(round).unwrap()));
        let ids = round * IDS..(round + 1) * IDS;
        let updates = ids.map(|id| update(&format!("+doc:d{id}#owner@user:u{id}"))).collect();
        engine.write_relationships(WriteRelationships { updates, ..Default::default() }).unwrap();
        engine.delete_relationships(deletion("doc:d%")).unwrap();
        let numbers = engine.object_number_count();
        assert!(numbers < 20 * IDS, "{numbers} numbers in round {round}");
    }
    wait_until(|| engine.object_count() == 2);
    assert_eq!(read(&head(&engine), "doc"), ["doc:kept#owner@user:ana"]);
}

/// What the graph was at a revision.
type Past = (ZedToken, Arc<BTreeSet<String>>);

#[test]
fn every_view_shows_its_revision_while_things_leave() {
    const WRITES: usize = 800;
    const PAST_MAX: usize = 16;
    let mut random = Random::from_environment("removals");
    let mut options = EngineOptions::default();
    options.retention = Duration::from_millis(3);
    let engine = Engine::in_memory(options).unwrap();
    engine.write_schema(SCHEMA).unwrap();
    let past: Mutex<VecDeque<Past>> = Mutex::default();
    let is_done = AtomicBool::new(false);
    let views = thread::scope(|scope| {
        let readers: Vec<_> = (0..3)
            .map(|_| {
                let mut random = Random(random.next());
                let (engine, past, is_done) = (&engine, &past, &is_done);
                scope.spawn(move || {
                    let mut views = 0;
                    while !is_done.load(Ordering::Relaxed) {
                        let known = past.lock().unwrap().iter().cloned().collect::<Vec<Past>>();
                        if !known.is_empty() {
                            views += look(engine, random.pick(&known), &mut random);
                        }
                    }
                    views
                })
            })
            .collect();
        let mut rows = BTreeSet::new();
        for _ in 0..WRITES {
            let token = change(&engine, &mut rows, &mut random);
            let mut past = past.lock().unwrap();
            past.push_back((token, Arc::new(rows.clone())));
            if past.len() > PAST_MAX {
                past.pop_front();
            }
        }
        is_done.store(true, Ordering::Relaxed);
        readers.into_iter().map(|reader| reader.join().unwrap()).sum::<usize>()
    });
    assert!(views > 20, "{views} views");
    engine.delete_relationships(deletion("doc")).unwrap();
    wait_until(|| engine.ended_count() == 0 && engine.object_count() == 0);
    let numbers = engine.object_number_count();
    assert!(numbers < 5000, "{numbers} numbers");
}

/// Some rows go and others come, of objects that are new each time or not.
fn change(engine: &Engine, rows: &mut BTreeSet<String>, random: &mut Random) -> ZedToken {
    let mut updates = Vec::new();
    let leaving: Vec<String> = rows.iter().filter(|_| random.is(30)).take(40).cloned().collect();
    for row in leaving {
        updates.push(update(&format!("-{row}")));
        rows.remove(&row);
    }
    for _ in 0..random.below(20) {
        let doc = if random.is(50) { random.below(20) } else { random.below(1_000_000) };
        let user = if random.is(50) { random.below(5) } else { random.below(1_000_000) };
        let row = format!("doc:d{doc}#owner@user:u{user}");
        let is_left = updates
            .iter()
            .any(|left: &arrowroot::relationship::RelationshipUpdate| left.relationship.to_string() == row);
        if !is_left && rows.insert(row.clone()) {
            updates.push(update(&format!("+{row}")));
        }
    }
    engine.write_relationships(WriteRelationships { updates, ..Default::default() }).unwrap().written_at
}

/// Takes a view, if its time is not over, and asks it this and that for a while. How many views there were.
fn look(engine: &Engine, (token, rows): &Past, random: &mut Random) -> usize {
    let view = match engine.at(&Consistency::AtExactSnapshot(token.clone())) {
        Ok(view) => view,
        Err(ConsistencyError::Expired { .. }) => return 0,
        Err(error) => panic!("{error}"),
    };
    let resources =
        view.lookup_resources(LookupResources::new("doc", "view", "user:u1".parse().unwrap()), None);
    let mut resources = resources.unwrap();
    let mut subjects =
        view.lookup_subjects(LookupSubjects::new("doc:d1".parse().unwrap(), "owner", "user"), None).unwrap();
    let mut reader = view.read_relationships(&filter("doc"), None).unwrap();
    let (mut found, mut users, mut read) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..40 {
        read.extend(reader.by_ref().take(3).map(|row| row.to_string()));
        found
            .extend(resources.next(2, Limits::default()).unwrap().0.iter().map(|found| found.id.to_string()));
        users.extend(subjects.next(2, Limits::default()).unwrap().0.iter().map(|found| found.id.to_string()));
        let row = format!("doc:d{}#owner@user:u{}", random.below(20), random.below(5));
        assert_eq!(check(&view, &row), rows.contains(&row), "{row}");
    }
    read.extend(reader.map(|row| row.to_string()));
    assert!(read.iter().eq(rows.iter()), "{read:?} is not {rows:?}");
    let expected = |from: &str, to: &str| -> BTreeSet<String> {
        let ids = rows.iter().filter_map(|row| row.strip_prefix(from).and_then(|row| row.strip_suffix(to)));
        ids.map(str::to_owned).collect()
    };
    assert!(found.iter().eq(expected("doc:", "#owner@user:u1").iter().take(80)), "{found:?}");
    assert!(users.iter().eq(expected("doc:d1#owner@user:", "").iter().take(80)), "{users:?}");
    1
}
