//! What a check answers, and when it does not answer.

use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use arrowroot::engine::{CheckPermissionError, Engine, EngineOptions, UnknownName};
use arrowroot::evaluate::{EvaluateError, Limits};

use crate::support::{check, engine, head, question, try_check, write};

#[test]
fn permissions_are_computed_over_relations_arrows_and_groups() {
    let engine = engine();
    write(
        &engine,
        &[
            "+doc:plan#owner@user:ana",
            "+doc:page#parent@doc:plan",
            "+doc:plan#viewer@group:eng#member",
            "+group:eng#member@group:core#member",
            "+group:core#member@user:ben",
        ],
    );
    let view = head(&engine);
    for (text, expected) in [
        ("doc:page#view@user:ana", true),
        ("doc:page#view@user:ben", true),
        ("doc:page#view@user:eve", false),
        ("doc:page#owner@user:ana", false),
        ("doc:plan#edit@user:ana", true),
        ("doc:plan#edit@user:ben", false),
        ("doc:plan#view@group:eng#member", true),
        ("doc:plan#view@group:core#member", true),
        ("doc:plan#view@group:eng", false),
        ("doc:unknown#view@user:ana", false),
    ] {
        assert_eq!(check(&view, text), expected, "{text}");
    }
}

#[test]
fn a_wildcard_holds_everyone_known_or_not_and_exclusion_takes_everyone_away() {
    let engine = engine();
    write(&engine, &["+doc:open#viewer@user:*", "+doc:open#owner@user:ana"]);
    let view = head(&engine);
    assert!(check(&view, "doc:open#view@user:nobody"));
    assert!(!check(&view, "doc:open#edit@user:ana"));
}

#[test]
fn a_userset_is_a_member_of_itself_without_any_relationship() {
    let view = head(&engine());
    assert!(check(&view, "group:new#member@group:new#member"));
    assert!(!check(&view, "group:new#member@group:other#member"));
    assert!(check(&view, "doc:new#view@doc:new#view"));
    assert!(!check(&view, "doc:new#view@doc:new"));
}

#[test]
fn cycles_in_the_data_end_with_the_answer() {
    let engine = engine();
    write(
        &engine,
        &[
            "+group:a#member@group:b#member",
            "+group:b#member@group:c#member",
            "+group:c#member@group:a#member",
            "+group:b#member@user:ana",
            "+doc:x#parent@doc:y",
            "+doc:y#parent@doc:x",
        ],
    );
    let view = head(&engine);
    assert!(check(&view, "group:c#member@user:ana"));
    assert!(!check(&view, "group:c#member@user:eve"));
    assert!(!check(&view, "doc:x#view@user:eve"));
}

#[test]
fn a_permission_that_hangs_on_its_own_negation_is_an_error_that_names_the_circle() {
    let engine = Engine::in_memory(EngineOptions::default()).unwrap();
    engine
        .write_schema(
            "definition user {}
             definition doc {
                 relation blocker: doc
                 relation viewer: user
                 permission view = viewer - blocker->view
             }",
        )
        .unwrap();
    write(
        &engine,
        &[
            "+doc:a#blocker@doc:b",
            "+doc:b#blocker@doc:a",
            "+doc:a#viewer@user:ana",
            "+doc:b#viewer@user:ana",
            "+doc:a#viewer@user:ben",
        ],
    );
    let view = head(&engine);
    let error = try_check(&view, "doc:a#view@user:ana").unwrap_err();
    let CheckPermissionError::Evaluate(EvaluateError::NegationCycle { cycle }) = &error else {
        panic!("{error}")
    };
    assert_eq!(cycle, &["doc:a#view", "doc:b#view", "doc:a#view"]);
    // Ben views `a`, since he cannot be a viewer of `b` whatever `a` says.
    assert!(check(&view, "doc:a#view@user:ben"));
    assert!(!check(&view, "doc:b#view@user:ben"));
}

#[test]
fn names_that_the_schema_lacks_are_errors_with_a_suggestion() {
    let view = head(&engine());
    let unknown = |text| match try_check(&view, text) {
        Err(CheckPermissionError::UnknownName(unknown)) => unknown,
        other => panic!("{text}: {other:?}"),
    };
    let definition = |definition: &str, suggestion: Option<&str>| UnknownName::Definition {
        definition: definition.to_owned(),
        suggestion: suggestion.map(str::to_owned),
    };
    assert_eq!(unknown("zebra:x#view@user:ana"), definition("zebra", None));
    assert_eq!(unknown("doc:x#view@users:ana"), definition("users", Some("user")));
    assert_eq!(
        unknown("doc:x#viewers@user:ana").to_string(),
        "relation/permission `viewers` not found under definition `doc`; did you mean `viewer`?"
    );
    assert!(matches!(unknown("doc:x#view@group:x#nothing"), UnknownName::Relation { .. }));
    assert_eq!(try_check(&view, "doc:x#view@user:*"), Err(CheckPermissionError::WildcardSubject));
}

#[test]
fn a_cascade_may_be_as_deep_as_the_limit_and_no_deeper() {
    const DEPTH: usize = 20_000;
    let engine = engine();
    let chain: Vec<String> =
        (0..DEPTH).map(|step| format!("+doc:d{step}#parent@doc:d{}", step + 1)).collect();
    for updates in chain.chunks(1000) {
        write(&engine, &updates.iter().map(String::as_str).collect::<Vec<_>>());
    }
    write(&engine, &[&format!("+doc:d{DEPTH}#owner@user:ana")]);
    let view = head(&engine);
    assert!(check(&view, &format!("doc:d{}#view@user:ana", DEPTH - 9_999)));
    let too_deep = format!("doc:d{}#view@user:ana", DEPTH - 10_000);
    assert_eq!(
        try_check(&view, &too_deep),
        Err(CheckPermissionError::Evaluate(EvaluateError::DepthExceeded { depth_max: 10_000 }))
    );
    let deeper = Limits { depth_max: 1_000_000, ..view.limits() };
    assert!(view.check_permission(&question("doc:d0#view@user:ana"), deeper).is_ok());
    let shallow = Limits { depth_max: 5, ..view.limits() };
    assert!(view.check_permission(&question("doc:d0#view@user:ana"), shallow).is_err());
}

#[test]
fn work_is_bounded_by_visits_deadline_and_cancellation() {
    let engine = engine();
    let groups: Vec<String> =
        (0..30_000).map(|number| format!("+doc:wide#viewer@group:g{number}#member")).collect();
    for updates in groups.chunks(1000) {
        write(&engine, &updates.iter().map(String::as_str).collect::<Vec<_>>());
    }
    let view = head(&engine);
    let ask = |limits| match view.check_permission(&question("doc:wide#view@user:ana"), limits) {
        Err(CheckPermissionError::Evaluate(error)) => error,
        other => panic!("{other:?}"),
    };
    assert!(!check(&view, "doc:wide#view@user:ana"));
    let visits_max = 1000;
    assert_eq!(ask(Limits { visits_max, ..view.limits() }), EvaluateError::VisitsExceeded { visits_max });
    let past = Instant::now().checked_sub(Duration::from_secs(1)).unwrap();
    assert_eq!(ask(Limits { deadline: Some(past), ..view.limits() }), EvaluateError::DeadlineExceeded);
    let cancelled = AtomicBool::new(true);
    assert_eq!(ask(Limits { cancelled: Some(&cancelled), ..view.limits() }), EvaluateError::Cancelled);
}
