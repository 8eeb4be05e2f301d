//! The form of lines.

use std::fs;

use super::support::{ana, decided, lines, log, registered};
use crate::lifecycle::audit::{DecisionEntry, Outcome, RELATIONSHIPS_MAX, Verb, WriteEntry};
use crate::relationship::{Relationship, Revision};

#[test]
fn writes_and_decisions_are_lines_of_this_form() {
    let (directory, log) = log(|_| {});
    let owner: Relationship = "agent:x#owner@user:ana".parse().unwrap();
    log.write(registered("agent:x"));
    log.write(WriteEntry {
        verb: Verb::Deregister,
        before: vec![owner.clone()],
        after: vec!["tombstone:agent/x#deregistered@tenant:acct-a".parse().unwrap()],
        revision: Some(Revision(13)),
        ..registered("agent:x")
    });
    log.write(WriteEntry {
        verb: Verb::Revoke,
        after: Vec::new(),
        revision: None,
        outcome: Outcome::Unchanged,
        ..registered("agent:x")
    });
    log.write(WriteEntry {
        verb: Verb::Grant,
        after: Vec::new(),
        revision: None,
        outcome: Outcome::Refused { reason: "another \"account\"\n".to_owned() },
        ..registered("agent:x")
    });
    log.decision(decided("agent:x", move || vec![owner]));
    log.decision(DecisionEntry {
        is_allowed: false,
        reason: "unregistered".to_owned(),
        ..decided("agent:*", Vec::new)
    });
    log.close();
    let head = r#"{"time":"2026-01-31T12:00:00.25Z","kind":"#;
    let principal = r#""principal":{"type":"user","id":"ana","account":"acct-a"}"#;
    let expected = [
        format!(
            r#"{head}"write","verb":"register",{principal},"resource":"agent:x","before":[],"after":["agent:x#owner@user:ana"],"revision":12,"outcome":"applied"}}"#
        ),
        format!(
            r#"{head}"write","verb":"deregister",{principal},"resource":"agent:x","before":["agent:x#owner@user:ana"],"after":["tombstone:agent/x#deregistered@tenant:acct-a"],"revision":13,"outcome":"applied"}}"#
        ),
        format!(
            r#"{head}"write","verb":"revoke",{principal},"resource":"agent:x","before":[],"after":[],"revision":null,"outcome":"unchanged"}}"#
        ),
        format!(
            r#"{head}"write","verb":"grant",{principal},"resource":"agent:x","before":[],"after":[],"revision":null,"outcome":"refused","reason":"another \"account\"\n"}}"#
        ),
        format!(
            r#"{head}"decision","operation":"read",{principal},"resource":"agent:x","allowed":true,"reason":"permission","relationships":["agent:x#owner@user:ana"],"revision":12}}"#
        ),
        format!(
            r#"{head}"decision","operation":"read",{principal},"resource":"agent:*","allowed":false,"reason":"unregistered","relationships":[],"revision":12}}"#
        ),
    ];
    let text = fs::read_to_string(directory.path().join("audit.log")).unwrap();
    assert_eq!(text.lines().collect::<Vec<_>>(), expected);
    let counts = log.counts();
    assert_eq!((counts.written, counts.dropped, counts.disk_errors), (6, 0, 0));
}

#[test]
fn long_lists_and_names_are_cut_and_counted() {
    let (directory, log) = log(|_| {});
    let many = |count: usize| -> Vec<Relationship> {
        (0..count).map(|number| format!("agent:x#viewer@user:u{number}").parse().unwrap()).collect()
    };
    let (full, over) = (many(RELATIONSHIPS_MAX), many(RELATIONSHIPS_MAX + 1));
    log.write(WriteEntry { before: over.clone(), after: full, ..registered("agent:x") });
    log.decision(decided("agent:x", move || over));
    log.write(WriteEntry { before: many(2), before_count: 1_000_000, ..registered("agent:x") });
    let mut who = ana();
    who.id = "é".repeat(5000);
    log.write(WriteEntry { principal: who, ..registered("agent:x") });
    log.close();
    let lines = lines(directory.path(), "audit.log");
    assert_eq!(lines[0]["before"].as_array().unwrap().len(), RELATIONSHIPS_MAX);
    assert_eq!(lines[0]["before_count"], RELATIONSHIPS_MAX + 1);
    assert_eq!(lines[0]["after"].as_array().unwrap().len(), RELATIONSHIPS_MAX);
    assert!(lines[0].get("after_count").is_none());
    assert_eq!(lines[1]["relationships_count"], RELATIONSHIPS_MAX + 1);
    assert_eq!(lines[2]["before"].as_array().unwrap().len(), 2);
    assert_eq!(lines[2]["before_count"], 1_000_000);
    let id = lines[3]["principal"]["id"].as_str().unwrap();
    assert!(id.len() < 2100 && id.ends_with("é…"), "{}", id.len());
}
