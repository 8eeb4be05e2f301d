//! What a write changes, and what it refuses.

use std::sync::Barrier;

use arrowroot::engine::{
    ConditionError, DeleteRelationships, DeleteRelationshipsError, InvalidFilter, WriteRelationships,
    WriteRelationshipsError,
};
use arrowroot::relationship::{PreconditionOperation, RelationshipFilter};

use crate::support::{check, deletion, engine, head, precondition, read, try_write, update, write};

#[test]
fn create_refuses_what_is_there_and_writes_nothing_of_the_request() {
    let engine = engine();
    write(&engine, &["+doc:one#owner@user:ana"]);
    let error = try_write(&engine, &["+doc:two#owner@user:ana", "+doc:one#owner@user:ana"]).unwrap_err();
    assert!(matches!(error, WriteRelationshipsError::AlreadyExists { .. }), "{error}");
    assert_eq!(read(&head(&engine), "doc"), ["doc:one#owner@user:ana"]);
    write(&engine, &["~doc:one#owner@user:ana", "-doc:two#owner@user:ana"]);
    write(&engine, &["-doc:one#owner@user:ana"]);
    write(&engine, &["+doc:one#owner@user:ana"]);
}

#[test]
fn every_write_has_a_revision_of_its_own_even_if_nothing_changes() {
    let engine = engine();
    let before = engine.head();
    write(&engine, &["+doc:one#owner@user:ana"]);
    write(&engine, &["~doc:one#owner@user:ana"]);
    write(&engine, &[]);
    assert_eq!(engine.head().0, before.0 + 3);
}

#[test]
fn a_relationship_may_be_named_once_in_a_write() {
    let error = try_write(&engine(), &["+doc:one#owner@user:ana", "-doc:one#owner@user:ana"]).unwrap_err();
    assert!(matches!(error, WriteRelationshipsError::DuplicateUpdate { .. }), "{error}");
}

#[test]
fn subjects_must_be_of_a_kind_that_the_relation_allows() {
    let engine = engine();
    let error = |text| try_write(&engine, &[text]).unwrap_err().to_string();
    assert_eq!(
        error("+doc:one#owner@user:*"),
        "subjects of type `user:*` are not allowed on relation `doc#owner`"
    );
    assert_eq!(
        error("+doc:one#viewer@group:eng"),
        "subjects of type `group` are not allowed on relation `doc#viewer`; did you mean `group#member`?"
    );
    assert_eq!(
        error("-doc:one#view@user:ana"),
        "cannot write a relationship to permission `view` under definition `doc`"
    );
    assert_eq!(
        error("+doc:one#owner@user:ana[on_weekdays]"),
        "subjects of type `user with on_weekdays` are not allowed on relation `doc#owner`"
    );
    assert_eq!(
        error("+doc:one#owner@user:ana[expiration:2099-01-01T00:00:00Z]"),
        "subjects of type `user with expiration` are not allowed on relation `doc#owner`"
    );
}

#[test]
fn preconditions_decide_before_anything_is_written() {
    let engine = engine();
    write(&engine, &["+doc:one#owner@user:ana"]);
    let attempt = |operation, text| {
        engine.write_relationships(WriteRelationships {
            updates: vec![update("~doc:two#owner@user:ben")],
            preconditions: vec![precondition(operation, text)],
            ..Default::default()
        })
    };
    for (operation, text, is_met) in [
        (PreconditionOperation::MustMatch, "doc:one#owner@user:ana", true),
        (PreconditionOperation::MustMatch, "doc:one#owner@user:eve", false),
        (PreconditionOperation::MustMatch, "doc:on%", true),
        (PreconditionOperation::MustMatch, "@user:ana", true),
        (PreconditionOperation::MustMatch, "doc:nine", false),
        (PreconditionOperation::MustNotMatch, "doc:one#viewer", true),
        (PreconditionOperation::MustNotMatch, "doc#owner", false),
        (PreconditionOperation::MustNotMatch, "@user:ana#", false),
        (PreconditionOperation::MustNotMatch, "@group", true),
    ] {
        assert_eq!(attempt(operation, text).is_ok(), is_met, "{operation:?} {text}");
    }
    let empty = engine.write_relationships(WriteRelationships {
        preconditions: vec![precondition(PreconditionOperation::MustMatch, "")],
        ..Default::default()
    });
    let expected = ConditionError::InvalidFilter(InvalidFilter::Empty);
    assert_eq!(empty, Err(WriteRelationshipsError::Condition(expected)));
}

#[test]
fn a_delete_takes_what_matches_up_to_its_limit() {
    let engine = engine();
    let all = ["+doc:one#owner@user:ana", "+doc:one#viewer@user:*", "+doc:two#owner@user:ana"];
    write(&engine, &all);
    let too_many = engine.delete_relationships(DeleteRelationships { limit: 2, ..deletion("doc") });
    assert!(matches!(too_many, Err(DeleteRelationshipsError::TooMany { limit: 2, .. })), "{too_many:?}");
    let partial = DeleteRelationships { limit: 2, is_partial_allowed: true, ..deletion("doc") };
    let deleted = engine.delete_relationships(partial.clone()).unwrap();
    assert_eq!((deleted.count, deleted.has_more), (2, true));
    let deleted = engine.delete_relationships(partial).unwrap();
    assert_eq!((deleted.count, deleted.has_more), (1, false));
    assert!(read(&head(&engine), "doc").is_empty());
    write(&engine, &all);
    let exactly = engine.delete_relationships(DeleteRelationships { limit: 3, ..deletion("doc") }).unwrap();
    assert_eq!((exactly.count, exactly.has_more), (3, false));
    let empty = DeleteRelationships { filter: RelationshipFilter::default(), ..Default::default() };
    assert!(matches!(engine.delete_relationships(empty), Err(DeleteRelationshipsError::InvalidFilter(_))));
}

#[test]
fn sizes_beyond_the_limits_are_refused() {
    let engine = engine();
    let updates = (0..1001).map(|number| update(&format!("+doc:d{number}#owner@user:ana"))).collect();
    let error = engine.write_relationships(WriteRelationships { updates, ..Default::default() }).unwrap_err();
    assert_eq!(error, WriteRelationshipsError::TooManyUpdates { count: 1001, count_max: 1000 });
    let preconditions = vec![precondition(PreconditionOperation::MustNotMatch, "doc:x"); 1001];
    let error = engine.write_relationships(WriteRelationships { preconditions, ..Default::default() });
    assert!(matches!(
        error,
        Err(WriteRelationshipsError::Condition(ConditionError::TooManyPreconditions { .. }))
    ));
    let metadata_json = Some(format!("{{\"note\":\"{}\"}}", "x".repeat(65_000)));
    let error = engine.write_relationships(WriteRelationships { metadata_json, ..Default::default() });
    assert!(matches!(
        error,
        Err(WriteRelationshipsError::Condition(ConditionError::MetadataTooLarge { .. }))
    ));
    let error = engine.delete_relationships(DeleteRelationships { limit: 1001, ..deletion("doc") });
    assert!(matches!(error, Err(DeleteRelationshipsError::LimitTooLarge { limit: 1001, limit_max: 1000 })));
}

#[test]
fn of_many_who_create_the_same_at_once_one_succeeds() {
    const CLIENTS: usize = 16;
    let engine = engine();
    let barrier = Barrier::new(CLIENTS);
    for round in 0..20 {
        let text = format!("+doc:d{round}#owner@user:ana");
        let successes = std::thread::scope(|scope| {
            let attempt = || {
                barrier.wait();
                try_write(&engine, &[&text]).is_ok()
            };
            let threads: Vec<_> = (0..CLIENTS).map(|_| scope.spawn(attempt)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).filter(|is_ok| *is_ok).count()
        });
        assert_eq!(successes, 1);
    }
}

#[test]
fn readers_see_all_of_a_write_or_nothing_of_it() {
    let engine = engine();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for round in 0..500 {
                let sign = if round % 2 == 0 { '~' } else { '-' };
                let both = [format!("{sign}doc:one#owner@user:ana"), format!("{sign}doc:two#owner@user:ana")];
                write(&engine, &both.each_ref().map(String::as_str));
            }
        });
        scope.spawn(|| {
            while engine.head().0 < 500 {
                let view = head(&engine);
                let one = check(&view, "doc:one#view@user:ana");
                assert_eq!(one, check(&view, "doc:two#view@user:ana"), "revision {}", view.revision());
                assert_eq!(read(&view, "doc").len(), if one { 2 } else { 0 });
            }
        });
    });
}
