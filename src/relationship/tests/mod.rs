//! Names, ids and the text form.

use super::*;

fn parses_to_itself(text: &str) {
    assert_eq!(text.parse::<Relationship>().unwrap().to_string(), text);
}

#[test]
fn text_of_every_subject_form_round_trips() {
    parses_to_itself("agent:planner#owner@user:ana");
    parses_to_itself("agent:planner#viewer@group:eng#member");
    parses_to_itself("agent:planner#viewer@user:*");
    parses_to_itself("acme/agent:run-schedule::a1::s1#owner@user:ana@example.com");
}

#[test]
fn text_of_caveat_and_expiration_round_trips() {
    parses_to_itself("agent:planner#owner@user:ana[on_weekdays]");
    parses_to_itself(r#"agent:planner#owner@user:ana[in_range:{"range":["10.0.0.0/8","]"]}]"#);
    parses_to_itself("agent:planner#owner@user:ana[expiration:2026-01-31T12:00:00Z]");
    parses_to_itself("agent:planner#owner@user:ana[expiration:0000-01-01T00:00:00Z]");
    parses_to_itself("agent:planner#owner@user:ana[expiration:1958-03-22T13:09:09.613468443Z]");
    parses_to_itself("agent:planner#owner@user:ana[on_weekdays][expiration:2026-01-31T12:00:00.5Z]");
}

#[test]
fn ellipsis_is_no_relation() {
    let relationship: Relationship = "agent:planner#owner@user:ana#...".parse().unwrap();
    assert_eq!(relationship.to_string(), "agent:planner#owner@user:ana");
}

#[test]
fn text_that_is_no_relationship_is_refused_with_what_is_missing() {
    for (text, expected) in [
        ("", "missing the `#`"),
        ("agent:planner", "missing the `#`"),
        ("agent:planner#owner", "missing the `@`"),
        ("agent#owner@user:ana", "missing the `:`"),
        ("agent:planner#owner@user:*#member", "takes no relation"),
        ("agent:planner#Owner@user:ana", "invalid relation or permission name `Owner`"),
        ("agent:#owner@user:ana", "invalid object id ``"),
        ("agent:*#owner@user:ana", "invalid object id `*`"),
        ("agent:planner#owner@user:ana[", "missing `]`"),
        ("agent:planner#owner@user:ana[cave:[1]]", "must be a JSON object"),
        ("agent:planner#owner@user:ana[cave]x", "expected `[`"),
        ("agent:planner#owner@user:ana[cave][other]", "only one caveat"),
        ("agent:planner#owner@user:ana[expiration:soon]", "RFC 3339"),
        ("agent:planner#owner@user:ana[expiration:-000001-12-31T23:59:59Z]", "RFC 3339"),
        ("agent:planner#owner@user:ana[expiration:0000-01-01T00:00:00+00:01]", "RFC 3339"),
        ("agent:planner#owner@user:ana[expiration:-000001-01-01Z]", "RFC 3339"),
        ("agent:planner#owner@user:ana[expiration:2026-01-31T12:00:00Z][cave]", "nothing may follow"),
    ] {
        let error = text.parse::<Relationship>().unwrap_err().to_string();
        assert!(error.contains(expected), "{text}: {error}");
    }
}

#[test]
fn names_keep_the_rules_of_the_api() {
    for accepted in
        ["abc", "a_1", "acme/agent", "a1b/c2d/e3f", &"a".repeat(64), &format!("{}/abc", "a".repeat(63))]
    {
        assert!(DefinitionName::new(accepted).is_ok(), "{accepted}");
    }
    for refused in
        ["", "ab", "Abc", "1bc", "ab_", "a-b", "/abc", "abc/", "abc//def", &"a".repeat(65), "ab/abc"]
    {
        assert!(DefinitionName::new(refused).is_err(), "{refused}");
    }
    assert!(DefinitionName::new(["abc"; 33].join("/")).is_err());
    assert!(RelationName::new("parent_agent").is_ok());
    assert!(RelationName::new("acme/owner").is_err());
    assert!(CaveatName::new("_only|on-weekdays/x").is_ok());
    assert!(CaveatName::new("-x").is_err());
}

#[test]
fn object_ids_take_what_spicedb_takes_and_addresses_and_composites() {
    for accepted in
        ["a", "A/b_c|d-e=f+g", "ana@example.com", "run-schedule::a::b", "100%,~", &"x".repeat(1024)]
    {
        assert!(ObjectId::new(accepted).is_ok(), "{accepted}");
    }
    for refused in ["", "*", "a b", "a#b", "a\u{e9}", "a[0]", "a\0", &"x".repeat(1025)] {
        assert!(ObjectId::new(refused).is_err(), "{refused}");
    }
    assert!(ObjectIdPrefix::new("").is_ok());
}
