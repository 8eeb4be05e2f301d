//! A log that cannot keep up.

use std::sync::{Arc, mpsc};
use std::time::Duration;

use super::support::{decided, lines, log, registered};
use crate::engine::ManualClock;
use crate::lifecycle::audit::queue::{WAITING_BYTES_MAX, WAITING_DECISIONS_MAX, WAITING_MAX};
use crate::lifecycle::audit::{AuditLog, WriteEntry};
use crate::relationship::{Relationship, Timestamp};

/// Stops the log's thread within a decision, until the sender is used or gone.
fn stop(log: &AuditLog) -> mpsc::Sender<()> {
    let (stopped, is_stopped) = mpsc::channel();
    let (go_on, may_go_on) = mpsc::channel();
    log.decision(decided("agent:stop", move || {
        stopped.send(()).unwrap();
        let _ = may_go_on.recv();
        Vec::new()
    }));
    is_stopped.recv().unwrap();
    go_on
}

#[test]
fn a_full_queue_drops_entries_and_a_later_line_says_how_many() {
    let (directory, log) = log(|_| {});
    let go_on = stop(&log);
    // One entry is out of the queue and counts until its line is made.
    for _ in 0..WAITING_MAX - 1 + 25 {
        log.write(registered("agent:x"));
    }
    for _ in 0..7 {
        log.decision(decided("agent:x", Vec::new));
    }
    assert_eq!(log.counts().dropped, 32);
    drop(go_on);
    log.close();
    let lines = lines(directory.path(), "audit.log");
    let told: Vec<_> = lines.iter().filter(|line| line["kind"] == "dropped").collect();
    assert_eq!(told.len(), 1);
    assert_eq!(
        told[0].to_string(),
        r#"{"count":32,"decisions":7,"kind":"dropped","time":"2026-01-31T12:00:00.25Z","writes":25}"#
    );
    assert_eq!(lines.len(), WAITING_MAX + 1);
    assert_eq!(log.counts().written, WAITING_MAX as u64);
}

#[test]
fn decisions_leave_room_for_writes() {
    let (directory, log) = log(|_| {});
    let go_on = stop(&log);
    for _ in 0..WAITING_DECISIONS_MAX + 100 {
        log.decision(decided("agent:x", Vec::new));
    }
    for _ in 0..100 {
        log.write(registered("agent:y"));
    }
    drop(go_on);
    log.close();
    let count =
        |kind: &str| lines(directory.path(), "audit.log").iter().filter(|line| line["kind"] == kind).count();
    assert_eq!(count("write"), 100);
    assert_eq!(count("decision"), WAITING_DECISIONS_MAX);
}

#[test]
fn what_waits_is_bounded_in_bytes() {
    let (_directory, log) = log(|_| {});
    let go_on = stop(&log);
    let name = "x".repeat(1000);
    let relationship: Relationship = format!("agent:{name}#owner@user:{name}").parse().unwrap();
    let before = vec![relationship; 100];
    let bytes = 200 * 1000;
    for _ in 0..WAITING_BYTES_MAX / bytes + 100 {
        log.write(WriteEntry { before: before.clone(), ..registered("agent:x") });
    }
    assert!(log.counts().dropped >= 100, "{}", log.counts().dropped);
    drop(go_on);
    log.close();
    assert!(log.counts().written >= 100, "{}", log.counts().written);
}

#[test]
fn the_end_waits_for_what_is_queued_and_not_for_ever() {
    let (directory, log) = log(|_| {});
    for number in 0..5000 {
        log.clone().write(registered(&format!("agent:{number}")));
    }
    log.close();
    assert_eq!(lines(directory.path(), "audit.log").len(), 5000);
    log.write(registered("agent:late"));
    log.close();
    assert_eq!((log.counts().written, log.counts().dropped), (5000, 1));

    let (directory, stuck) = super::support::log(|_| {});
    let go_on = stop(&stuck);
    assert!(!stuck.close_within(Duration::from_millis(50)));
    drop(go_on);
    assert!(stuck.close_within(Duration::from_mins(1)));
    assert_eq!(lines(directory.path(), "audit.log").len(), 1);
}

#[test]
fn a_log_that_is_dropped_is_written_to_its_end_and_its_thread_ends() {
    let clock = Arc::new(ManualClock::at(Timestamp { seconds: 0, nanoseconds: 0 }));
    let (directory, log) = log(|options| options.clock = Arc::<ManualClock>::clone(&clock));
    let go_on = stop(&log);
    log.write(registered("agent:x"));
    drop(log);
    drop(go_on);
    // The thread holds the clock until its end.
    while Arc::strong_count(&clock) > 1 {
        std::thread::yield_now();
    }
    assert_eq!(lines(directory.path(), "audit.log").len(), 2);
}
