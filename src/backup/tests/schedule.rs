//! Backups of a running engine.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::super::{Schedule, ScheduledBackups, verify};
use super::{engine_with, register};
use crate::engine::Engine;

const PATIENCE: Duration = Duration::from_mins(1);

fn start(engine: &Arc<Engine>, directory: &Path, interval: Duration, keep: usize) -> ScheduledBackups {
    let schedule = Schedule { directory: directory.to_owned(), interval, keep };
    ScheduledBackups::start(Arc::clone(engine), schedule, "a test".to_owned()).unwrap()
}

fn wait(what: &str, is_so: impl Fn() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < deadline, "{what}");
        std::thread::park_timeout(Duration::from_millis(2));
    }
}

fn backups(directory: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(directory).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort_unstable();
    names
}

#[test]
fn a_backup_is_made_though_an_older_one_cannot_be_removed() {
    let directory = tempfile::tempdir().unwrap();
    let engine = Arc::new(engine_with(&["doc:a#viewer@user:ana"]));
    // No file, and so not to be removed as one.
    let old = format!("arrowroot-{}-20200101T000000Z-r0.backup", super::view(&engine).store());
    std::fs::create_dir(directory.path().join(&old)).unwrap();
    let mut scheduled = start(&engine, directory.path(), Duration::from_millis(5), 1);
    wait("a backup", || scheduled.status().completed_count() > 0);
    scheduled.stop();
    assert_eq!(scheduled.status().failed_count(), 0);
    assert!(backups(directory.path()).contains(&old));
}

#[test]
fn the_newest_stay_and_files_of_others_are_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let foreign = "arrowroot-0000000000000000-20200101T000000Z-r1.backup";
    std::fs::write(directory.path().join(foreign), "of another store").unwrap();
    std::fs::write(directory.path().join("notes.txt"), "mine").unwrap();
    let engine = Arc::new(engine_with(&["doc:a#viewer@user:ana"]));
    let mut scheduled = start(&engine, directory.path(), Duration::from_millis(5), 2);
    for number in 0..4 {
        wait("a backup of the newest revision", || {
            scheduled.status().last().is_some_and(|last| last.revision == engine.head().0)
        });
        register(&engine, &format!("counter_{number}"));
    }
    wait("the last one", || scheduled.status().last().unwrap().revision == engine.head().0);
    let last = scheduled.status().last().unwrap();
    scheduled.stop();
    assert!(scheduled.status().completed_count() >= 5);
    assert_eq!(scheduled.status().failed_count(), 0);
    let names = backups(directory.path());
    assert_eq!(names.len(), 4, "{names:?}");
    assert!(names.contains(&foreign.to_owned()) && names.contains(&"notes.txt".to_owned()));
    let newest = names.iter().find(|name| name.ends_with(&format!("-r{}.backup", last.revision))).unwrap();
    let summary = verify(&directory.path().join(newest), &mut |_| {}).unwrap();
    assert_eq!((summary.file_bytes, summary.totals.counters), (last.bytes, 4));
}

#[test]
fn nothing_is_made_while_nothing_changes_and_a_restart_waits_for_its_turn() {
    let directory = tempfile::tempdir().unwrap();
    let engine = Arc::new(engine_with(&["doc:a#viewer@user:ana"]));
    let mut scheduled = start(&engine, directory.path(), Duration::from_hours(1), 3);
    wait("the first", || scheduled.status().completed_count() == 1);
    scheduled.stop();
    let before = backups(directory.path());

    register(&engine, "counter");
    let mut scheduled = start(&engine, directory.path(), Duration::from_hours(1), 3);
    assert_eq!(scheduled.status().last().unwrap().revision, 2, "that of the process before is known");
    scheduled.stop();
    assert_eq!(backups(directory.path()), before);
    assert_eq!(scheduled.status().completed_count(), 0);
}

#[test]
fn a_directory_that_takes_nothing_is_told_of_and_tried_again() {
    let directory = tempfile::tempdir().unwrap();
    let inside = directory.path().join("inside");
    let engine = Arc::new(engine_with(&[]));
    let mut scheduled = start(&engine, &inside, Duration::from_millis(5), 1);
    wait("the first", || scheduled.status().completed_count() == 1);
    // A file in its place.
    std::fs::remove_dir_all(&inside).unwrap();
    std::fs::write(&inside, "").unwrap();
    wait("a failure", || scheduled.status().failed_count() > 0);
    std::fs::remove_file(&inside).unwrap();
    register(&engine, "counter");
    wait("another", || scheduled.status().last().is_some_and(|last| last.revision == engine.head().0));
    scheduled.stop();
    assert_eq!(backups(&inside).len(), 1);
}

#[test]
fn what_a_crash_left_is_removed() {
    let directory = tempfile::tempdir().unwrap();
    let engine = Arc::new(engine_with(&[]));
    let store = super::view(&engine).store();
    let left = directory.path().join(format!(".arrowroot-{store}-20260101T000000Z-r1.backup.x7Yz.partial"));
    std::fs::write(&left, "half").unwrap();
    let mut scheduled = start(&engine, directory.path(), Duration::from_hours(1), 1);
    wait("the first", || scheduled.status().completed_count() == 1);
    scheduled.stop();
    assert_eq!(backups(directory.path()).len(), 1);
}
