//! Full files give way to new ones.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use super::support::{lines, log_in, registered, resources};

/// Writes these resources, each once the one before is in its file.
fn write(directory: &Path, numbers: std::ops::Range<u32>, lines_max: u64, files_max: u32) {
    let log = log_in(directory, |options| {
        options.bytes_max = LINE_BYTES * lines_max;
        options.files_max = files_max;
    });
    for number in numbers {
        log.write(registered(&format!("agent:{number}")));
    }
    log.close();
    assert_eq!(log.counts().disk_errors, 0);
}

/// Bytes of the line of `agent:0`.
const LINE_BYTES: u64 = 228;

fn names(directory: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn numbers(range: std::ops::Range<u32>) -> Vec<String> {
    range.map(|number| format!("agent:{number}")).collect()
}

#[test]
fn files_are_numbered_from_the_youngest_and_the_oldest_are_lost() {
    let directory = tempfile::tempdir().unwrap();
    write(directory.path(), 0..10, 2, 3);
    assert_eq!(fs::metadata(directory.path().join("audit.log")).unwrap().len(), 2 * LINE_BYTES);
    assert_eq!(names(directory.path()), ["audit.log", "audit.log.1", "audit.log.2", "audit.log.3"]);
    assert_eq!(resources(directory.path(), "audit.log"), numbers(8..10));
    assert_eq!(resources(directory.path(), "audit.log.1"), numbers(6..8));
    assert_eq!(resources(directory.path(), "audit.log.2"), numbers(4..6));
    assert_eq!(resources(directory.path(), "audit.log.3"), numbers(2..4));
}

#[test]
fn a_restart_goes_on_where_the_log_was() {
    let directory = tempfile::tempdir().unwrap();
    for number in 0..5 {
        write(directory.path(), number..number + 1, 2, 3);
    }
    assert_eq!(resources(directory.path(), "audit.log"), numbers(4..5));
    assert_eq!(resources(directory.path(), "audit.log.1"), numbers(2..4));
    assert_eq!(resources(directory.path(), "audit.log.2"), numbers(0..2));
}

#[test]
fn without_older_files_only_the_newest_lines_are_kept() {
    let directory = tempfile::tempdir().unwrap();
    write(directory.path(), 0..5, 2, 0);
    assert_eq!(names(directory.path()), ["audit.log"]);
    assert_eq!(resources(directory.path(), "audit.log"), numbers(4..5));
}

#[test]
fn a_gap_among_the_numbers_is_filled_before_a_file_is_lost() {
    let directory = tempfile::tempdir().unwrap();
    write(directory.path(), 0..8, 2, 3);
    fs::remove_file(directory.path().join("audit.log.2")).unwrap();
    write(directory.path(), 8..9, 2, 3);
    assert_eq!(resources(directory.path(), "audit.log.1"), numbers(6..8));
    assert_eq!(resources(directory.path(), "audit.log.2"), numbers(4..6));
    assert_eq!(resources(directory.path(), "audit.log.3"), numbers(0..2));
}

#[test]
fn a_line_that_is_longer_than_a_file_has_one_of_its_own() {
    let directory = tempfile::tempdir().unwrap();
    let log = log_in(directory.path(), |options| options.bytes_max = 1);
    for number in 0..3 {
        log.write(registered(&format!("agent:{number}")));
    }
    log.close();
    assert_eq!(resources(directory.path(), "audit.log"), numbers(2..3));
    assert_eq!(resources(directory.path(), "audit.log.1"), numbers(1..2));
    assert_eq!(resources(directory.path(), "audit.log.2"), numbers(0..1));
}

#[test]
fn half_a_line_of_a_crash_stands_alone() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("audit.log");
    fs::write(&path, "{\"time\":\"2026-01-").unwrap();
    write(directory.path(), 0..1, 100, 3);
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.starts_with("{\"time\":\"2026-01-\n{\"time\""), "{text}");
}

#[test]
fn a_file_that_was_moved_away_is_followed_by_a_new_one() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("audit.log");
    let log = log_in(directory.path(), |_| {});
    log.write(registered("agent:0"));
    while fs::metadata(&path).unwrap().len() < LINE_BYTES {
        std::thread::yield_now();
    }
    fs::rename(&path, directory.path().join("moved")).unwrap();
    log.write(registered("agent:1"));
    log.close();
    assert_eq!(resources(directory.path(), "moved"), numbers(0..1));
    assert_eq!(resources(directory.path(), "audit.log"), numbers(1..2));
}

#[test]
fn others_may_not_read_the_log() {
    let directory = tempfile::tempdir().unwrap();
    write(directory.path(), 0..3, 1, 3);
    for name in names(directory.path()) {
        let mode = fs::metadata(directory.path().join(&name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o137, 0, "{name} has mode {mode:o}");
        assert_eq!(lines(directory.path(), &name).len(), 1);
    }
}
