//! Relationships that end: what is seen of them before and after, by a clock that stands where it is set.

use std::sync::Arc;

use arrowroot::engine::{EngineOptions, ManualClock};
use arrowroot::relationship::Timestamp;
use arrowroot::server::ServerOptions;
use arrowroot::server::wire::v1;

use crate::conditions::{ask, read, update, write};
use crate::harness::{Client, Running, told};
use crate::notation;

const SCHEMA: &str = "use expiration
caveat ca(a bool) { a }
definition user {}
definition group {
    relation member: user with expiration
}
definition doc {
    relation viewer: user with expiration | user with ca and expiration | group#member
    relation mixed: user | user with expiration
    relation banned: user with expiration
    permission view = viewer - banned
}";

/// 2100-01-01T00:00:00Z.
const NOW: i64 = 4_102_444_800;

fn options(clock: &Arc<ManualClock>) -> EngineOptions {
    let mut options = EngineOptions::default();
    options.clock = Arc::clone(clock) as _;
    options
}

/// A server at `NOW`.
async fn serving() -> (Running, Client, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::at(Timestamp { seconds: NOW, nanoseconds: 0 }));
    let running = Running::with(ServerOptions::default(), options(&clock));
    let mut client = running.client().await;
    client.write_schema(SCHEMA).await.unwrap();
    (running, client, clock)
}

const PAST: &str = "[expiration:2099-12-31T23:59:59.999999999Z]";
const FUTURE: &str = "[expiration:2100-01-01T00:00:10Z]";
const ROW: &str = "doc:1#viewer@user:a";
const ASKED: &str = "doc:1 view user:a";

#[tokio::test]
async fn a_relationship_holds_until_its_time_and_not_at_it() {
    let (_running, mut client, clock) = serving().await;
    let row = "+doc:1#viewer@user:a[expiration:2100-01-01T00:00:10.000000005Z]";
    let token = client.write(vec![update(row)]).await.unwrap();
    let group = ["+doc:2#viewer@group:g#member", "+group:g#member@user:a[expiration:2100-01-01T00:00:20Z]"];
    assert_eq!(write(&mut client, &group).await, "OK");
    let at_token =
        notation::consistency(v1::consistency::Requirement::AtExactSnapshot(v1::ZedToken { token }));
    for (seconds, nanoseconds, direct, through_group) in [
        (0, 0, true, true),
        (10, 4, true, true),
        (10, 5, false, true),
        (19, 999_999_999, false, true),
        (20, 0, false, false),
        (1000, 0, false, false),
    ] {
        clock.set(Timestamp { seconds: NOW + seconds, nanoseconds });
        let answer = |holds| if holds { "HAS" } else { "NO" };
        assert_eq!(ask(&mut client, ASKED, "").await, answer(direct), "{seconds}");
        assert_eq!(ask(&mut client, "doc:2 view user:a", "").await, answer(through_group), "{seconds}");
        let expected = if direct { "doc:1#viewer@user:a[4102444810.000000005]" } else { "" };
        assert_eq!(read(&mut client, "type=doc id=1").await, expected, "{seconds}");
        // The time is that of the question, not of the snapshot.
        let asked = v1::CheckPermissionRequest { consistency: at_token.clone(), ..notation::check(ASKED) };
        let response = client.permissions.check_permission(asked).await.unwrap().into_inner();
        assert_eq!(response.permissionship, if direct { 2 } else { 1 }, "{seconds}");
    }
}

#[tokio::test]
async fn a_clock_that_goes_back_revives_nothing() {
    let (_running, mut client, clock) = serving().await;
    assert_eq!(write(&mut client, &[&format!("+{ROW}{FUTURE}")]).await, "OK");
    clock.set(Timestamp { seconds: NOW + 11, nanoseconds: 0 });
    assert_eq!(ask(&mut client, ASKED, "").await, "NO");
    clock.set(Timestamp { seconds: NOW, nanoseconds: 0 });
    assert_eq!(ask(&mut client, ASKED, "").await, "NO");
    assert_eq!(read(&mut client, "type=doc").await, "");
}

#[tokio::test]
async fn what_ends_in_the_past_is_written_and_never_seen() {
    let (_running, mut client, _clock) = serving().await;
    for operation in ["+", "~"] {
        assert_eq!(write(&mut client, &[&format!("{operation}{ROW}{PAST}")]).await, "OK");
        assert_eq!(ask(&mut client, ASKED, "").await, "NO");
        assert_eq!(read(&mut client, "type=doc").await, "");
    }
    assert_eq!(write(&mut client, &[&format!("+{ROW}{FUTURE}")]).await, "OK");
    assert_eq!(ask(&mut client, ASKED, "").await, "HAS");
    let again = write(&mut client, &[&format!("+{ROW}{FUTURE}")]).await;
    assert!(
        again.starts_with("AlreadyExists `could not CREATE relationship `doc:1#viewer@user:a`, as"),
        "{again}"
    );
    assert!(again.contains("ATTEMPT_TO_RECREATE_RELATIONSHIP"), "{again}");
    assert_eq!(write(&mut client, &[&format!("~{ROW}{PAST}")]).await, "OK");
    assert_eq!(ask(&mut client, ASKED, "").await, "NO");
}

#[tokio::test]
async fn create_takes_the_place_of_what_has_ended() {
    let (_running, mut client, clock) = serving().await;
    let row = "doc:1#mixed@user:a";
    assert_eq!(write(&mut client, &[&format!("+{row}{FUTURE}")]).await, "OK");
    assert!(write(&mut client, &[&format!("+{row}")]).await.starts_with("AlreadyExists"));
    clock.set(Timestamp { seconds: NOW + 10, nanoseconds: 0 });
    assert_eq!(write(&mut client, &[&format!("+{row}")]).await, "OK");
    assert_eq!(read(&mut client, "type=doc").await, row);
    clock.set(Timestamp { seconds: NOW + 1_000_000, nanoseconds: 0 });
    assert_eq!(ask(&mut client, "doc:1 mixed user:a", "").await, "HAS");
}

#[tokio::test]
async fn touch_moves_the_end() {
    let (_running, mut client, clock) = serving().await;
    assert_eq!(write(&mut client, &[&format!("+{ROW}{FUTURE}")]).await, "OK");
    assert_eq!(write(&mut client, &[&format!("~{ROW}[expiration:2100-01-01T01:00:00Z]")]).await, "OK");
    clock.set(Timestamp { seconds: NOW + 60, nanoseconds: 0 });
    assert_eq!(ask(&mut client, ASKED, "").await, "HAS");
    assert_eq!(read(&mut client, "type=doc").await, "doc:1#viewer@user:a[4102448400.000000000]");
    let banned = "+doc:1#banned@user:a[expiration:2100-01-01T00:02:00Z]";
    assert_eq!(write(&mut client, &[banned]).await, "OK");
    assert_eq!(ask(&mut client, ASKED, "").await, "NO");
    clock.set(Timestamp { seconds: NOW + 120, nanoseconds: 0 });
    assert_eq!(ask(&mut client, ASKED, "").await, "HAS");
}

#[tokio::test]
async fn a_condition_that_has_ended_is_not_asked() {
    let (_running, mut client, clock) = serving().await;
    let row = format!("+{ROW}[ca]{FUTURE}");
    assert_eq!(write(&mut client, &[&row]).await, "OK");
    let misfit = "InvalidArgument `type error for parameters for caveat `ca`: could not convert context parameter `a`: \
                  for bool: a bool value is required, but found float64 `5`` CAVEAT_PARAMETER_TYPE_ERROR {caveat_name: \
                  ca, parameter_name: a}";
    assert_eq!(ask(&mut client, ASKED, "").await, "COND {a}");
    assert_eq!(ask(&mut client, ASKED, r#"{"a": true}"#).await, "HAS");
    assert_eq!(ask(&mut client, ASKED, r#"{"a": 5}"#).await, misfit);
    assert_eq!(read(&mut client, "type=doc").await, "doc:1#viewer@user:a[ca][4102444810.000000000]");
    clock.set(Timestamp { seconds: NOW + 10, nanoseconds: 0 });
    for context in ["", r#"{"a": true}"#, r#"{"a": 5}"#] {
        assert_eq!(ask(&mut client, ASKED, context).await, "NO", "{context}");
    }
}

#[tokio::test]
async fn preconditions_do_not_see_what_has_ended() {
    let (_running, mut client, clock) = serving().await;
    assert_eq!(write(&mut client, &[&format!("+{ROW}{FUTURE}")]).await, "OK");
    for (seconds, must, must_not) in [(9, true, false), (10, false, true)] {
        clock.set(Timestamp { seconds: NOW + seconds, nanoseconds: 0 });
        for (condition, is_met) in [("must", must), ("mustnot", must_not)] {
            let precondition = notation::precondition(&format!("{condition} type=doc id=1 relation=viewer"));
            let writing = v1::WriteRelationshipsRequest {
                updates: vec![update(&format!("~doc:{seconds}#mixed@user:b"))],
                optional_preconditions: vec![precondition.clone()],
                ..Default::default()
            };
            let deleting = v1::DeleteRelationshipsRequest {
                relationship_filter: Some(notation::filter("type=doc id=nothing")),
                optional_preconditions: vec![precondition],
                ..Default::default()
            };
            let answers = [
                told(client.permissions.write_relationships(writing).await),
                told(client.permissions.delete_relationships(deleting).await),
            ];
            for answer in answers {
                if is_met {
                    assert_eq!(answer, "OK", "{condition} at {seconds}");
                } else {
                    let start = "FailedPrecondition `unable to satisfy write precondition";
                    assert!(answer.starts_with(start), "{condition} at {seconds}: {answer}");
                    assert!(answer.contains("WRITE_OR_DELETE_PRECONDITION_FAILURE"), "{answer}");
                }
            }
        }
    }
}

#[tokio::test]
async fn deleting_leaves_what_has_not_ended() {
    let (_running, mut client, clock) = serving().await;
    let rows = [&format!("+{ROW}{FUTURE}"), "+doc:1#mixed@user:a", &format!("+doc:1#mixed@user:b{FUTURE}")];
    assert_eq!(write(&mut client, &rows).await, "OK");
    clock.set(Timestamp { seconds: NOW + 10, nanoseconds: 0 });
    // An update needs neither the time nor the caveat of what it deletes.
    assert_eq!(write(&mut client, &[&format!("-{ROW}"), "-doc:1#mixed@user:b"]).await, "OK");
    assert_eq!(read(&mut client, "type=doc").await, "doc:1#mixed@user:a");
    let request = v1::DeleteRelationshipsRequest {
        relationship_filter: Some(notation::filter("type=doc")),
        ..Default::default()
    };
    let response = client.permissions.delete_relationships(request).await.unwrap().into_inner();
    assert_eq!(response.relationships_deleted_count, 1);
    assert_eq!(read(&mut client, "type=doc").await, "");
}

#[tokio::test]
async fn times_beyond_the_calendar_are_taken() {
    let (_running, mut client, _clock) = serving().await;
    let cases = [
        (NOW + 1, -1, "HAS", "4102444800.999999999"),
        (NOW, 1_000_000_000, "HAS", "4102444801.000000000"),
        (253_402_300_799, 999_999_999, "HAS", "253402300799.999999999"),
        (253_402_300_800, 0, "HAS", "253402300800.000000000"),
        (0, 0, "NO", ""),
        (-62_135_596_801, 0, "NO", ""),
        (i64::MIN, i32::MIN, "NO", ""),
    ];
    for (seconds, nanos, expected, shown) in cases {
        let mut row = notation::update(&format!("~{ROW}"));
        let expires_at = Some(prost_types::Timestamp { seconds, nanos });
        row.relationship.as_mut().unwrap().optional_expires_at = expires_at;
        client.write(vec![row]).await.unwrap();
        assert_eq!(ask(&mut client, ASKED, "").await, expected, "{seconds} {nanos}");
        let shown = if shown.is_empty() { String::new() } else { format!("{ROW}[{shown}]") };
        assert_eq!(read(&mut client, "type=doc").await, shown, "{seconds} {nanos}");
    }
}

#[tokio::test]
async fn what_a_relation_takes_includes_the_expiration() {
    let (_running, mut client, _clock) = serving().await;
    let refused = |row: &str, kind: &str| {
        let relation = row.split(['#', '@']).nth(1).unwrap();
        (
            format!(
                "InvalidArgument `subjects of type `{kind}` are not allowed on relation `doc#{relation}`"
            ),
            format!(
                "INVALID_SUBJECT_TYPE {{definition_name: doc, relation_name: {relation}, subject_type: {kind}}}"
            ),
        )
    };
    for (row, kind) in [
        ("+doc:1#banned@user:a", "user"),
        (&format!("+doc:1#banned@user:a[ca]{FUTURE}"), "user with ca and expiration"),
        (&format!("+doc:1#viewer@group:g#member{FUTURE}"), "group#member with expiration"),
    ] {
        let (start, end) = refused(row, kind);
        let told = write(&mut client, &[row]).await;
        assert!(told.starts_with(&start) && told.ends_with(&end), "{told}");
    }
}

#[tokio::test]
async fn what_has_ended_keeps_no_schema_from_changing() {
    let (_running, mut client, clock) = serving().await;
    assert_eq!(write(&mut client, &[&format!("+doc:1#banned@user:a{FUTURE}")]).await, "OK");
    let without = SCHEMA.replace("relation banned: user with expiration", "relation banned: user");
    let told = crate::harness::told_of(client.write_schema(&without).await);
    assert_eq!(
        told,
        "InvalidArgument `cannot remove allowed type `user with expiration` from relation `banned` in object definition \
         `doc`, as a relationship exists with it: doc:1#banned@user:a[expiration:2100-01-01T00:00:10Z]` \
         SCHEMA_TYPE_ERROR {allowed_type: user with expiration, operation: remove_allowed_type, relation: banned, \
         relationship: doc:1#banned@user:a[expiration:2100-01-01T00:00:10Z], resource_type: doc}"
    );
    clock.set(Timestamp { seconds: NOW + 10, nanoseconds: 0 });
    client.write_schema(&without).await.unwrap();
}
