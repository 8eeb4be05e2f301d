//! Which decisions are drawn, and by which relationships they are explained.

use std::sync::Arc;

use serde_json::json;

use super::support::{decided, lines, log, log_in};
use crate::engine::{Consistency, Engine, EngineOptions, View, WriteRelationships};
use crate::lifecycle::audit::{AuditError, AuditLog, AuditOptions, deciding_relationships};
use crate::lifecycle::{Lifecycle, Principal, Profile, ResourceName};
use crate::relationship::{RelationshipUpdate, UpdateOperation};

#[test]
fn decisions_are_drawn_at_the_rate() {
    const DRAWS: usize = 100_000;
    for (rate, least, most) in [
        (0.0, 0, 0),
        (1.0, DRAWS, DRAWS),
        // Six standard deviations to each side.
        (0.5, 49_000, 51_000),
        (0.01, 800, 1_200),
    ] {
        let (_directory, log) = log(|options| options.decision_rate = rate);
        let drawn = (0..DRAWS).filter(|_| log.is_sampled()).count();
        assert!((least..=most).contains(&drawn), "{drawn} of {DRAWS} at {rate}");
    }
}

#[test]
fn what_is_no_rate_or_no_size_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let start = |change: &dyn Fn(&mut AuditOptions)| {
        let mut options = AuditOptions::new(directory.path().join("audit.log"));
        change(&mut options);
        AuditLog::start(options)
    };
    for rate in [-0.1, 1.1, f64::NAN, f64::INFINITY] {
        let refused = start(&|options| options.decision_rate = rate);
        assert!(matches!(refused, Err(AuditError::Rate { .. })), "{rate}");
    }
    assert!(matches!(start(&|options| options.bytes_max = 0), Err(AuditError::NoRoom)));
}

/// A registry of agents in which `ana` owns the agent `x` and its key `k`.
fn registry() -> (Lifecycle, View) {
    let engine = Arc::new(Engine::in_memory(EngineOptions::default()).unwrap());
    engine.write_schema(include_str!("../../../../schema/agentex.zed")).unwrap();
    let touch = |text: &str| RelationshipUpdate {
        operation: UpdateOperation::Touch,
        relationship: text.parse().unwrap(),
    };
    let texts = [
        "agent:x#tenant@tenant:acct-a",
        "agent:x#owner@user:ana",
        "agent:x#owner@user:bob",
        "api_key:k#tenant@tenant:acct-a",
        "api_key:k#parent_agent@agent:x",
        "api_key:k#owner@user:ana",
    ];
    let updates = texts.map(touch).to_vec();
    engine.write_relationships(WriteRelationships { updates, ..Default::default() }).unwrap();
    let view = engine.at(&Consistency::FullyConsistent).unwrap();
    let profile =
        Profile::parse("agentex.yaml", include_str!("../../../../schema/agentex.yaml"), &view).unwrap();
    (Lifecycle::new(engine, profile), view)
}

#[test]
fn a_decision_is_explained_on_the_thread_of_the_log() {
    let (directory, log) = log(|options| options.decision_rate = 1.0);
    let (registry, view) = registry();
    let mut expected = Vec::new();
    for (user, kind, selector, operation, relationships) in [
        (
            "ana",
            "api_key",
            "k",
            "read",
            &[
                "api_key:k#tenant@tenant:acct-a",
                "api_key:k#owner@user:ana",
                "api_key:k#parent_agent@agent:x",
                "agent:x#owner@user:ana",
            ][..],
        ),
        ("bob", "agent", "x", "delete", &["agent:x#tenant@tenant:acct-a", "agent:x#owner@user:bob"]),
        ("bob", "api_key", "k", "read", &[]),
        ("ana", "agent", "unknown", "read", &[]),
        // Whoever acts in an account may make agents there: that is written nowhere.
        ("eve", "agent", "*", "create", &[]),
        ("eve", "agent", "*", "read", &[]),
    ] {
        let principal = json!({"user_id": user, "account_id": "acct-a"});
        let principal = Principal::from_json(registry.profile(), &principal).unwrap();
        let question = registry.question(&principal, ResourceName { kind, selector }, operation).unwrap();
        let view = view.clone();
        log.decision(decided(selector, move || {
            assert_eq!(std::thread::current().name(), Some("arrowroot-audit"));
            deciding_relationships(&view, &question)
        }));
        expected.push(json!(relationships));
    }
    log.close();
    let lines = lines(directory.path(), "audit.log");
    let actual: Vec<_> = lines.iter().map(|line| line["relationships"].clone()).collect();
    assert_eq!(actual, expected);
}

#[test]
fn a_panic_while_explaining_costs_the_explanation_only() {
    let directory = tempfile::tempdir().unwrap();
    let log = log_in(directory.path(), |_| {});
    log.decision(decided("agent:x", || panic!("as the test wants it")));
    log.decision(decided("agent:y", || vec!["agent:y#owner@user:ana".parse().unwrap()]));
    log.close();
    let lines = lines(directory.path(), "audit.log");
    assert_eq!(
        (&lines[0]["resource"], lines[0]["relationships"].to_string()),
        (&"agent:x".into(), "[]".to_owned())
    );
    assert_eq!(lines[1]["relationships"][0], "agent:y#owner@user:ana");
}
