//! The relationships that a yes rests on.

use crate::support::{head, question, with_schema, write};

const SCHEMA: &str = "
definition user {}
definition group {
    relation member: user | group#member | group#everyone
    permission everyone = member
}
definition tenant {
    relation member: user
}
definition agent {
    relation tenant: tenant
    relation owner: user | user:* | group#member | group#everyone
    relation viewer: user
    relation banned: user
    permission read_in_account = owner + viewer
    permission read = read_in_account & tenant->member
    permission use = read_in_account - banned
}
definition api_key {
    relation parent_agent: agent
    relation other_agent: agent
    relation owner: user
    permission own = owner
    permission read = own & parent_agent->read_in_account
    permission any = owner + parent_agent->read + other_agent->read
    permission all = other_agent.all(read_in_account)
}
";

/// The relationships, written, and then those that decided each question.
fn decide(written: &[&str], asked: &str) -> Vec<String> {
    let engine = with_schema(SCHEMA);
    let updates: Vec<_> = written.iter().map(|text| format!("+{text}")).collect();
    write(&engine, &updates.iter().map(String::as_str).collect::<Vec<_>>());
    let view = head(&engine);
    let found = view.deciding_relationships(&question(asked), view.limits(), 100).unwrap();
    found.iter().map(ToString::to_string).collect()
}

#[test]
fn every_relationship_on_the_way_is_named_in_its_order() {
    let a = "agent:x#owner@user:ana";
    let tenant = ["agent:x#tenant@tenant:a", "tenant:a#member@user:ana"];
    for (written, asked, expected) in [
        (&[a, "agent:x#owner@user:bob"][..], "agent:x#owner@user:ana", &[a][..]),
        (&[a], "agent:x#read_in_account@user:ana", &[a]),
        (&[a, tenant[0], tenant[1]], "agent:x#read@user:ana", &[a, tenant[0], tenant[1]]),
        // Two ways: the first that leads to a yes is enough.
        (&[a, "agent:x#viewer@user:ana"], "agent:x#read_in_account@user:ana", &[a]),
        (&["agent:x#viewer@user:ana"], "agent:x#read_in_account@user:ana", &["agent:x#viewer@user:ana"]),
        // Of an exclusion, what is there; what is not there has no relationship.
        (&[a, "agent:x#banned@user:bob"], "agent:x#use@user:ana", &[a]),
        // Wildcards and usersets.
        (&["agent:x#owner@user:*"], "agent:x#read_in_account@user:ana", &["agent:x#owner@user:*"]),
        (
            &["agent:x#owner@group:g#member", "group:g#member@group:h#everyone", "group:h#member@user:ana"],
            "agent:x#read_in_account@user:ana",
            &["agent:x#owner@group:g#member", "group:g#member@group:h#everyone", "group:h#member@user:ana"],
        ),
        (
            &["agent:x#owner@group:g#member"],
            "agent:x#owner@group:g#member",
            &["agent:x#owner@group:g#member"],
        ),
        (&[a], "agent:x#owner@agent:x#owner", &[]),
        // Arrows: of two relations with one object, those that the permission walks over.
        (
            &[
                "api_key:k#owner@user:ana",
                "api_key:k#parent_agent@agent:x",
                "api_key:k#other_agent@agent:x",
                a,
            ],
            "api_key:k#read@user:ana",
            &["api_key:k#owner@user:ana", "api_key:k#parent_agent@agent:x", a],
        ),
        (
            &["api_key:k#other_agent@agent:x", "api_key:k#other_agent@agent:y", a, "agent:y#viewer@user:ana"],
            "api_key:k#all@user:ana",
            &["api_key:k#other_agent@agent:x", a, "api_key:k#other_agent@agent:y", "agent:y#viewer@user:ana"],
        ),
        // No.
        (&[a], "agent:x#owner@user:eve", &[]),
        (&["api_key:k#owner@user:ana", "api_key:k#parent_agent@agent:x"], "api_key:k#read@user:ana", &[]),
        (&[], "agent:x#read@user:ana", &[]),
    ] {
        assert_eq!(decide(written, asked), expected, "{asked} of {written:?}");
    }
}

#[test]
fn conditions_and_ends_are_shown_with_their_relationship() {
    let engine = with_schema(
        "use expiration
         caveat on(day string) { day == 'monday' }
         definition user {}
         definition agent {
             relation owner: user with on | user with expiration
             permission read = owner
         }",
    );
    let written = [
        "agent:x#owner@user:ana[on:{\"day\":\"monday\"}]",
        "agent:x#owner@user:bob[expiration:2999-01-01T00:00:00Z]",
    ];
    write(&engine, &written.map(|text| format!("+{text}")).iter().map(String::as_str).collect::<Vec<_>>());
    let view = head(&engine);
    for (asked, expected) in [("agent:x#read@user:ana", written[0]), ("agent:x#read@user:bob", written[1])] {
        let found = view.deciding_relationships(&question(asked), view.limits(), 100).unwrap();
        assert_eq!(found.iter().map(ToString::to_string).collect::<Vec<_>>(), [expected]);
    }
}

#[test]
fn no_more_are_named_than_asked_for_and_circles_end() {
    let engine = with_schema(SCHEMA);
    let mut updates: Vec<String> =
        (0..30).map(|level| format!("+group:g{level}#member@group:g{}#member", level + 1)).collect();
    updates.push("+group:g30#member@group:g0#member".to_owned());
    updates.push("+group:g30#member@user:ana".to_owned());
    write(&engine, &updates.iter().map(String::as_str).collect::<Vec<_>>());
    let view = head(&engine);
    for (count_max, expected) in [(100, 31), (5, 5), (0, 0)] {
        let asked = question("group:g0#member@user:ana");
        let found = view.deciding_relationships(&asked, view.limits(), count_max).unwrap();
        assert_eq!(found.len(), expected);
    }
    view.deciding_relationships(&question("group:g0#fly@user:ana"), view.limits(), 100).unwrap_err();
}
