//! Facts about profiles: what fits a schema, and what is refused, with its line.

use crate::engine::{Engine, EngineOptions};

use super::Profile;

const SCHEMA: &str = include_str!("../../../schema/agentex.zed");
const PROFILE: &str = include_str!("../../../schema/agentex.yaml");

fn parse(text: &str) -> Result<Profile, String> {
    let engine = Engine::in_memory(EngineOptions::default()).unwrap();
    engine.write_schema(SCHEMA).unwrap();
    let view = engine.at(&crate::engine::Consistency::FullyConsistent).unwrap();
    Profile::parse("profile.yaml", text, &view).map_err(|error| error.to_string())
}

/// The line on which a text begins, from 1.
fn line_of(text: &str, part: &str) -> usize {
    text[..text.find(part).unwrap()].matches('\n').count() + 1
}

#[test]
fn the_profile_in_the_tree_fits_its_schema() {
    let profile = parse(PROFILE).unwrap();
    assert_eq!(profile.resource_kinds().collect::<Vec<_>>(), ["agent", "api_key", "schedule", "task"]);
    assert_eq!(profile.identity_kinds(), ["user", "service_account"]);
}

#[test]
fn what_does_not_fit_is_refused_with_its_line() {
    let cases = [
        (
            "definition: agent\n",
            "definition: agant\n",
            "object definition `agant` not found; did you mean `agent`",
        ),
        (
            "    owner: owner\n",
            "    owner: ovner\n",
            "relation/permission `ovner` not found under definition `agent`",
        ),
        ("    owner: owner\n", "    owner: read\n", "`read` of definition `agent` is a permission"),
        (
            "    tenant: tenant\n",
            "    tenant: viewer\n",
            "relation `viewer` of definition `agent` does not take `tenant`",
        ),
        (
            "{type: agent, relation: parent_agent, requires: update}",
            "{type: robot, relation: parent_agent}",
            "no resource `robot`",
        ),
        ("requires: execute", "requires: fly", "resource `agent` has no operation `fly`"),
        (
            "cancel: cancel_in_account",
            "cancel: cancel_somewhere",
            "`cancel_somewhere` not found under definition `task`",
        ),
        (
            "any: {create: create_agent}",
            "any: {create: create_robot}",
            "`create_robot` not found under definition `tenant`",
        ),
        ("grants: {create: owner}", "grants: {create: king}", "has no role `king`"),
        ("member: member}", "member: membre}", "`membre` not found under definition `tenant`"),
        ("field: service_account_id", "field: user_id", "field `user_id` is there twice"),
        (
            "unregistered: unregistered",
            "unregistered: deregistered",
            "relation `deregistered` is there twice",
        ),
        ("    definition: task\n", "    definition: agent\n", ""),
        ("tombstone: {", "gravestone: {", "gravestone"),
    ];
    for (from, to, expected) in cases {
        let text = PROFILE.replacen(from, to, 1);
        assert_ne!(text, PROFILE, "{from}");
        let error = parse(&text).unwrap_err();
        assert!(error.contains(expected), "{to}: {error}");
        if !to.starts_with("    definition") {
            assert!(
                error.starts_with(&format!("profile.yaml:{}: ", line_of(PROFILE, from.trim()))),
                "{to}: {error}"
            );
        }
    }
}

#[test]
fn texts_that_are_no_profile_are_refused() {
    for text in ["", "[]", "principal: 1", "resources: {}", "a: &a [*a]", "\u{0}"] {
        assert!(parse(text).is_err(), "{text:?}");
    }
}
