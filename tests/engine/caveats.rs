//! Relationships that hold under a condition: what a check answers, and what a new schema may do to them.

use arrowroot::engine::{Consistency, Engine, View, WriteSchemaError};

use crate::support::{answer, head, read, try_write, with_schema, write};

const SCHEMA: &str = "
definition user {}

caveat ca(a bool) {
    a
}

caveat cb(b bool) {
    b
}

caveat below(limit int, amount int) {
    amount < limit
}

caveat ratio(zero int) {
    1 / zero > 0
}

definition group {
    relation member: user | user with ca | user with cb | user with ratio
}

definition doc {
    relation parent: group | group with ca | group with ratio
    relation team: group#member | group#member with ca | group#member with ratio
    relation one: user | user with ca | user with below | user with ratio | user:* with ca
    relation two: user | user with cb | user with ratio
    permission either = one + two
    permission both = one & two
    permission only = one - two
    permission above = parent->member
    permission every = parent.all(member)
    permission twice = one - one
}
";

fn engine() -> Engine {
    with_schema(SCHEMA)
}

/// How a relationship is there: not, plainly, under a condition that holds, that does not, that misses `a` or `b`, or
/// that cannot be evaluated.
const STATES: [&str; 6] = ["-", "P", "T", "F", "M", "E"];

/// The relationship in a state; its caveat is `ca` or `cb`, whose parameter is the second letter.
fn in_state(state: &str, relationship: &str, caveat: &str) -> Option<String> {
    let parameter = &caveat[1..];
    match state {
        "-" => None,
        "P" => Some(format!("+{relationship}")),
        "T" => Some(format!("+{relationship}[{caveat}:{{\"{parameter}\":true}}]")),
        "F" => Some(format!("+{relationship}[{caveat}:{{\"{parameter}\":false}}]")),
        "M" => Some(format!("+{relationship}[{caveat}]")),
        _ => Some(format!("+{relationship}[ratio:{{\"zero\":0}}]")),
    }
}

/// What a permission comes to for two relationships, each in every state: a row for the first one's.
fn assert_table(relationships: [(&str, &str); 2], permission: &str, expected: [&str; 6]) {
    for (one, expected) in STATES.iter().zip(expected) {
        for (other, expected) in STATES.iter().zip(expected.split_whitespace()) {
            let engine = engine();
            let [(first, first_caveat), (second, second_caveat)] = relationships;
            let rows = [in_state(one, first, first_caveat), in_state(other, second, second_caveat)];
            let rows: Vec<_> = rows.iter().flatten().map(String::as_str).collect();
            write(&engine, &rows);
            let actual = answer(&head(&engine), &format!("doc:x#{permission}@user:ana"), "{}");
            assert_eq!(actual, expected, "{permission} of {rows:?}");
        }
    }
}

const OPERANDS: [(&str, &str); 2] = [("doc:x#one@user:ana", "ca"), ("doc:x#two@user:ana", "cb")];

#[test]
fn a_union_is_the_highest_of_its_parts() {
    let table = [
        "no    yes yes no    b     error",
        "yes   yes yes yes   yes   yes",
        "yes   yes yes yes   yes   yes",
        "no    yes yes no    b     error",
        "a     yes yes a     a,b   error",
        "error yes yes error error error",
    ];
    assert_table(OPERANDS, "either", table);
}

#[test]
fn an_intersection_is_the_lowest_of_its_parts() {
    let table = [
        "no no    no    no no    no",
        "no yes   yes   no b     error",
        "no yes   yes   no b     error",
        "no no    no    no no    no",
        "no a     a     no a,b   error",
        "no error error no error error",
    ];
    assert_table(OPERANDS, "both", table);
}

#[test]
fn an_exclusion_turns_what_it_subtracts_round() {
    let table = [
        "no    no no no    no    no",
        "yes   no no yes   b     error",
        "yes   no no yes   b     error",
        "no    no no no    no    no",
        "a     no no a     a,b   error",
        "error no no error error error",
    ];
    assert_table(OPERANDS, "only", table);
}

#[test]
fn what_is_reached_through_a_relationship_holds_as_far_as_that_one_does() {
    let table = [
        "no no    no    no no    no",
        "no yes   yes   no b     error",
        "no yes   yes   no b     error",
        "no no    no    no no    no",
        "no a     a     no a,b   error",
        "no error error no error error",
    ];
    let member = ("group:g#member@user:ana", "cb");
    assert_table([("doc:x#parent@group:g", "ca"), member], "above", table);
    assert_table([("doc:x#parent@group:g", "ca"), member], "every", table);
    assert_table([("doc:x#team@group:g#member", "ca"), member], "team", table);
}

#[test]
fn all_counts_subjects_that_are_none_under_their_condition() {
    let engine = engine();
    write(
        &engine,
        &[
            "+doc:x#parent@group:g",
            "+doc:x#parent@group:h[ca]",
            "+group:g#member@user:ana",
            "+group:h#member@user:ana",
        ],
    );
    let view = head(&engine);
    assert_eq!(answer(&view, "doc:x#every@user:ana", r#"{"a":false}"#), "no");
    assert_eq!(answer(&view, "doc:x#every@user:ana", "{}"), "a");
    assert_eq!(answer(&view, "doc:x#above@user:ana", "{}"), "yes");
}

#[test]
fn a_condition_is_not_known_to_exclude_itself() {
    let engine = engine();
    write(&engine, &["+doc:x#one@user:ana[ca]"]);
    let view = head(&engine);
    assert_eq!(answer(&view, "doc:x#twice@user:ana", "{}"), "a");
    assert_eq!(answer(&view, "doc:x#twice@user:ana", r#"{"a":true}"#), "no");
}

#[test]
fn the_stored_context_counts_before_the_requests_parameter_by_parameter() {
    let engine = engine();
    write(
        &engine,
        &[
            "+doc:both#one@user:ana[below:{\"limit\":10,\"amount\":5}]",
            "+doc:limit#one@user:ana[below:{\"limit\":10}]",
            "+doc:amount#one@user:ana[below:{\"amount\":5}]",
            "+doc:none#one@user:ana[below]",
        ],
    );
    let view = head(&engine);
    for (resource, context, expected) in [
        ("both", "{}", "yes"),
        ("both", r#"{"limit":0,"amount":100}"#, "yes"),
        ("limit", "{}", "amount"),
        ("limit", r#"{"limit":100}"#, "amount"),
        ("limit", r#"{"limit":100,"amount":50}"#, "no"),
        ("limit", r#"{"amount":9}"#, "yes"),
        ("amount", r#"{"limit":4,"amount":1}"#, "no"),
        ("amount", "{}", "limit"),
        ("none", "{}", "amount"),
        ("none", r#"{"amount":1}"#, "limit"),
        ("none", r#"{"amount":1,"limit":2,"other":"ignored"}"#, "yes"),
    ] {
        let actual = answer(&view, &format!("doc:{resource}#one@user:ana"), context);
        assert_eq!(actual, expected, "{resource} with {context}");
    }
}

#[test]
fn a_condition_that_the_context_decides_leaves_no_trace() {
    let engine = engine();
    write(&engine, &["+doc:x#one@user:ana[ca]", "+doc:x#two@user:ana[cb]"]);
    let view = head(&engine);
    for (permission, context, expected) in [
        ("either", r#"{"a":false}"#, "b"),
        ("either", r#"{"a":true}"#, "yes"),
        ("both", r#"{"a":true}"#, "b"),
        ("both", r#"{"a":false}"#, "no"),
        ("only", r#"{"a":true}"#, "b"),
        ("only", r#"{"b":true}"#, "no"),
        ("only", r#"{"b":false}"#, "a"),
        ("only", r#"{"a":true,"b":false}"#, "yes"),
    ] {
        let actual = answer(&view, &format!("doc:x#{permission}@user:ana"), context);
        assert_eq!(actual, expected, "{permission} with {context}");
    }
}

#[test]
fn a_wrong_type_in_the_request_is_an_error_only_where_it_matters() {
    let engine = engine();
    write(
        &engine,
        &[
            "+doc:plain#one@user:ana",
            "+doc:stored#one@user:ana[ca:{\"a\":true}]",
            "+doc:open#one@user:ana[ca]",
            "+doc:saved#one@user:ana[ca]",
            "+doc:saved#two@user:ana",
        ],
    );
    let view = head(&engine);
    for (text, expected) in [
        ("doc:plain#one@user:ana", "yes"),
        ("doc:plain#one@user:eve", "no"),
        ("doc:stored#one@user:ana", "yes"),
        ("doc:open#one@user:ana", "error"),
        ("doc:open#both@user:ana", "no"),
        ("doc:saved#one@user:ana", "error"),
        ("doc:saved#either@user:ana", "yes"),
        ("doc:saved#only@user:ana", "no"),
    ] {
        assert_eq!(answer(&view, text, r#"{"a":"what"}"#), expected, "{text}");
    }
}

#[test]
fn a_wildcard_and_a_subject_of_its_own_are_a_union() {
    let engine = engine();
    write(
        &engine,
        &["+doc:x#one@user:*[ca]", "+doc:x#one@user:ana", "+doc:x#one@user:ben[ca:{\"a\":false}]"],
    );
    let view = head(&engine);
    assert_eq!(answer(&view, "doc:x#one@user:ana", "{}"), "yes");
    assert_eq!(answer(&view, "doc:x#one@user:ben", "{}"), "a");
    assert_eq!(answer(&view, "doc:x#one@user:nobody", r#"{"a":true}"#), "yes");
}

#[test]
fn a_touch_replaces_condition_and_context() {
    let engine = engine();
    write(&engine, &["+doc:x#one@user:ana[ca]"]);
    let before = head(&engine);
    for (touched, expected) in [
        ("doc:x#one@user:ana[ca:{\"a\":true}]", "yes"),
        ("doc:x#one@user:ana[ca:{\"a\":false}]", "no"),
        ("doc:x#one@user:ana[below:{\"limit\":1}]", "amount"),
        ("doc:x#one@user:ana", "yes"),
        ("doc:x#one@user:ana[ca]", "a"),
    ] {
        write(&engine, &[&format!("~{touched}")]);
        assert_eq!(answer(&head(&engine), "doc:x#one@user:ana", "{}"), expected, "{touched}");
        assert_eq!(read(&head(&engine), "doc"), [touched]);
    }
    assert_eq!(answer(&before, "doc:x#one@user:ana", "{}"), "a");
    let conflict = try_write(&engine, &["+doc:x#one@user:ana"]).unwrap_err();
    assert!(conflict.to_string().contains("already existed"), "{conflict}");
    write(&engine, &["-doc:x#one@user:ana"]);
    assert_eq!(answer(&head(&engine), "doc:x#one@user:ana", "{}"), "no");
}

#[test]
fn a_stored_context_must_fit_the_caveat() {
    let engine = engine();
    for (relationship, problem) in [
        ("doc:x#one@user:ana[ca:{\"b\":true}]", "unknown parameter `b`"),
        ("doc:x#one@user:ana[ca:{\"a\":1}]", "could not convert context parameter `a`"),
        ("doc:x#two@user:ana[ca]", "subjects of type `user with ca` are not allowed"),
    ] {
        let error = try_write(&engine, &[&format!("+{relationship}")]).unwrap_err().to_string();
        assert!(error.contains(problem), "{relationship}: {error}");
    }
    assert!(read(&head(&engine), "doc").is_empty());
}

#[test]
fn a_schema_may_not_change_what_stored_contexts_mean() {
    let engine = engine();
    write(&engine, &["+doc:x#one@user:ana[below:{\"limit\":10}]", "+doc:y#one@user:*[ca]"]);
    for (from, to, problem) in [
        (
            "below(limit int, amount int) {\n    amount < limit",
            "below(amount int) {\n    amount < 1",
            "remove parameter `limit`",
        ),
        ("limit int, amount int", "limit uint, amount uint", "change the type of parameter `limit`"),
        (" | user with below", "", "cannot remove allowed type `user with below`"),
        (" | user:* with ca", "", "cannot remove allowed type `user:* with ca`"),
    ] {
        let changed = SCHEMA.replace(from, to);
        assert_ne!(changed, SCHEMA);
        let error = engine.write_schema(&changed).unwrap_err();
        assert!(
            matches!(error, WriteSchemaError::InUse { .. } | WriteSchemaError::CaveatChanged(_)),
            "{error}"
        );
        assert!(error.to_string().contains(problem), "{error}");
    }
    write(&engine, &["-doc:x#one@user:ana", "-doc:y#one@user:*"]);
    engine.write_schema(&SCHEMA.replace(" | user with below", "").replace(" | user:* with ca", "")).unwrap();
}

#[test]
fn another_expression_counts_at_once_and_the_older_one_at_older_revisions() {
    let engine = engine();
    let stored = write(&engine, &["+doc:x#one@user:ana[below:{\"limit\":10}]"]).written_at;
    let at_limit = |view: &View| answer(view, "doc:x#one@user:ana", r#"{"amount":10}"#);
    assert_eq!(at_limit(&head(&engine)), "no");
    engine.write_schema(&SCHEMA.replace("amount < limit", "amount <= limit")).unwrap();
    assert_eq!(at_limit(&head(&engine)), "yes");
    let with_more = SCHEMA
        .replace("limit int, amount int", "slack int, limit int, amount int")
        .replace("amount < limit", "amount <= limit + slack");
    engine.write_schema(&with_more).unwrap();
    assert_eq!(at_limit(&head(&engine)), "slack");
    let before = engine.at(&Consistency::AtExactSnapshot(stored)).unwrap();
    assert_eq!(at_limit(&before), "no");
}
