//! The few lines that every test of the log needs.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use serde_json::Value;
use tempfile::TempDir;

use crate::engine::ManualClock;
use crate::lifecycle::audit::{AuditLog, AuditOptions, DecisionEntry, Outcome, Verb, Who, WriteEntry};
use crate::relationship::{Relationship, Revision, Timestamp};

/// A directory with a log in it, whose clock stands at 2026-01-31T12:00:00.25Z.
pub(super) fn log(change: impl FnOnce(&mut AuditOptions)) -> (TempDir, AuditLog) {
    let directory = tempfile::tempdir().unwrap();
    let log = log_in(directory.path(), change);
    (directory, log)
}

pub(super) fn log_in(directory: &Path, change: impl FnOnce(&mut AuditOptions)) -> AuditLog {
    let mut options = AuditOptions::new(directory.join("audit.log"));
    options.clock = Arc::new(ManualClock::at(Timestamp { seconds: 1_769_860_800, nanoseconds: 250_000_000 }));
    change(&mut options);
    AuditLog::start(options).unwrap()
}

pub(super) fn ana() -> Who {
    Who { kind: "user".to_owned(), id: "ana".to_owned(), account: "acct-a".to_owned() }
}

/// The registration of a resource.
pub(super) fn registered(resource: &str) -> WriteEntry {
    WriteEntry {
        verb: Verb::Register,
        principal: ana(),
        resource: resource.to_owned(),
        before: Vec::new(),
        before_count: 0,
        after: vec![format!("{resource}#owner@user:ana").parse().unwrap()],
        revision: Some(Revision(12)),
        outcome: Outcome::Applied,
    }
}

/// A read that was allowed.
pub(super) fn decided(
    resource: &str,
    explain: impl FnOnce() -> Vec<Relationship> + Send + 'static,
) -> DecisionEntry {
    DecisionEntry {
        principal: ana(),
        resource: resource.to_owned(),
        operation: "read".to_owned(),
        is_allowed: true,
        reason: "permission".to_owned(),
        revision: Revision(12),
        explain: Box::new(explain),
    }
}

/// The lines of a file; each must be whole.
pub(super) fn lines(directory: &Path, name: &str) -> Vec<Value> {
    let text = fs::read_to_string(directory.join(name)).unwrap();
    assert!(text.is_empty() || text.ends_with('\n'), "{name} ends within a line");
    text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"))).collect()
}

/// The resources of a file's lines, in order.
pub(super) fn resources(directory: &Path, name: &str) -> Vec<String> {
    let resource = |line: &Value| line["resource"].as_str().unwrap_or("-").to_owned();
    lines(directory, name).iter().map(resource).collect()
}
