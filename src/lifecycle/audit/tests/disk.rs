//! Disks that are full, and directories that are gone.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use super::support::{lines, log, log_in, registered};
use crate::lifecycle::audit::{AuditError, AuditLog, AuditOptions};

/// Waits until the log has counted so many entries, whatever became of them.
fn settle(log: &AuditLog, count: u64) {
    while log.counts().written + log.counts().dropped < count {
        std::thread::yield_now();
    }
}

fn point_to(path: &Path, target: &Path) {
    let _ = fs::remove_file(path);
    symlink(target, path).unwrap();
}

#[test]
fn a_full_disk_loses_lines_and_says_so_when_it_can() {
    let directory = tempfile::tempdir().unwrap();
    let (path, target) = (directory.path().join("audit.log"), directory.path().join("target"));
    point_to(&path, Path::new("/dev/full"));
    let log = log_in(directory.path(), |options| options.bytes_max = 1000);
    for number in 1..=20 {
        log.write(registered("agent:x"));
        settle(&log, number);
    }
    let counts = log.counts();
    assert_eq!((counts.written, counts.dropped, counts.disk_errors), (0, 20, 20));
    // A device is not renamed, however much was written to it.
    assert!(fs::symlink_metadata(&path).unwrap().is_symlink());
    point_to(&path, &target);
    log.write(registered("agent:y"));
    log.close();
    let lines = lines(directory.path(), "target");
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[0]["resource"], "agent:y");
    assert_eq!((&lines[1]["kind"], &lines[1]["count"]), (&"dropped".into(), &20.into()));
    assert_eq!((log.counts().written, log.counts().dropped), (1, 20));
}

#[test]
fn a_directory_that_is_gone_is_found_again() {
    let parent = tempfile::tempdir().unwrap();
    let directory = parent.path().join("logs");
    fs::create_dir(&directory).unwrap();
    let log = log_in(&directory, |_| {});
    log.write(registered("agent:a"));
    settle(&log, 1);
    fs::remove_dir_all(&directory).unwrap();
    log.write(registered("agent:b"));
    settle(&log, 2);
    assert_eq!((log.counts().written, log.counts().dropped, log.counts().disk_errors), (1, 1, 1));
    fs::create_dir(&directory).unwrap();
    log.write(registered("agent:c"));
    log.close();
    let lines = lines(&directory, "audit.log");
    assert_eq!((&lines[0]["resource"], &lines[1]["count"]), (&"agent:c".into(), &1.into()));
}

#[test]
fn a_file_that_cannot_give_way_grows() {
    let (directory, log) = log(|options| {
        options.bytes_max = 1;
        options.files_max = 1;
    });
    // Nothing can be renamed to a directory.
    fs::create_dir_all(directory.path().join("audit.log.1/full")).unwrap();
    for number in 1..=3 {
        log.write(registered("agent:x"));
        settle(&log, number);
    }
    log.close();
    assert_eq!(lines(directory.path(), "audit.log").len(), 3);
    assert_eq!((log.counts().written, log.counts().disk_errors), (3, 2));
}

#[test]
fn a_log_that_cannot_be_written_does_not_start() {
    let directory = tempfile::tempdir().unwrap();
    let pipe = directory.path().join("pipe");
    rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, rustix::fs::Mode::RUSR, 0)
        .unwrap();
    for (path, expected) in [
        (directory.path().to_owned(), "neither a file nor a device"),
        (pipe, "neither a file nor a device"),
        (directory.path().join("absent/audit.log"), "No such file"),
    ] {
        let error = AuditLog::start(AuditOptions::new(&path)).unwrap_err();
        assert!(matches!(error, AuditError::Open { .. }));
        let text = error.to_string();
        assert!(text.starts_with(&format!("cannot write the audit log {}", path.display())), "{text}");
        assert!(text.contains(expected), "{text}");
    }
}
