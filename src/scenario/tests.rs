//! Validation files, loaded and asked.

use std::fs;

use super::{Bootstrapped, Scenario, bootstrap, failures, load};
use crate::engine::{Consistency, Engine, EngineOptions};
use crate::relationship::Revision;

const SCHEMA: &str = "definition user {}
  definition agent {
    relation owner: user
    permission read = owner
  }
  definition task {
    relation parent_agent: agent
    permission read = parent_agent->read
  }";

/// A file with this schema and relationships, and assertions.
fn file(relationships: &str, assertions: &str) -> String {
    let relationships = relationships.replace('\n', "\n  ");
    format!("schema: |-\n  {SCHEMA}\nrelationships: |\n  {relationships}\nassertions: {assertions}\n")
}

fn engine() -> Engine {
    Engine::in_memory(EngineOptions::default()).unwrap()
}

/// What loading the text says is wrong.
fn problem(text: &str) -> String {
    match Scenario::parse("dir/s.yaml", text) {
        Err(error) => error.to_string(),
        Ok(scenario) => load(&engine(), &EngineOptions::default(), &[scenario]).unwrap_err().to_string(),
    }
}

#[test]
fn assertions_that_hold_do_not_fail() {
    let text = file(
        "agent:planner#owner@user:ana\n\n// a comment\ntask:t1#parent_agent@agent:planner",
        "{assertTrue: ['task:t1#read@user:ana'], assertFalse: ['task:t1#read@user:bob', 'task:t2#read@user:ana']}",
    );
    let scenario = Scenario::parse("s.yaml", &text).unwrap();
    let engine = engine();
    assert_eq!(load(&engine, &EngineOptions::default(), std::slice::from_ref(&scenario)).unwrap(), 2);
    let view = engine.at(&Consistency::FullyConsistent).unwrap();
    assert!(failures(&scenario.assertions, &view).is_empty());
}

#[test]
fn assertions_that_do_not_hold_fail_with_their_line() {
    let text = file(
        "agent:planner#owner@user:ana",
        "\n  assertTrue:\n  - 'agent:planner#read@user:bob'\n  assertFalse:\n  - 'agent:planner#read@user:ana'\n  \
         - 'agent:planner#write@user:ana'",
    );
    let scenario = Scenario::parse("s.yaml", &text).unwrap();
    let engine = engine();
    load(&engine, &EngineOptions::default(), std::slice::from_ref(&scenario)).unwrap();
    let view = engine.at(&Consistency::FullyConsistent).unwrap();
    let failed: Vec<_> = failures(&scenario.assertions, &view).iter().map(ToString::to_string).collect();
    assert_eq!(
        failed,
        [
            "line 15: `agent:planner#read@user:bob` is false, expected true",
            "line 17: `agent:planner#read@user:ana` is true, expected false",
            "line 18: `agent:planner#write@user:ana` has no answer, expected false: relation/permission `write` not \
             found under definition `agent`"
        ]
    );
}

/// Relationships under conditions and until a time.
const CONDITIONAL: &str = r#"schema: |-
  use expiration
  definition user {}
  caveat in_tier(tier string, tiers list<string>) { tier in tiers }
  definition doc {
    relation viewer: user with in_tier | user with expiration | user with in_tier and expiration
  }
relationships: |-
  doc:1#viewer@user:ana[in_tier:{"tiers":["pro","gold"]}]
  doc:1#viewer@user:ben[expiration:2100-01-01T00:00:00Z]
  doc:1#viewer@user:cleo[in_tier][expiration:2100-01-01T00:00:00Z]
  doc:1#viewer@user:eve[expiration:2020-01-01T00:00:00Z]
"#;

#[test]
fn assertions_may_give_context_and_expect_conditions() {
    let assertions = r#"assertions:
  assertTrue:
  - 'doc:1#viewer@user:ana with {"tier": "pro"}'
  - 'doc:1#viewer@user:ben'
  assertCaveated:
  - 'doc:1#viewer@user:ana'
  - 'doc:1#viewer@user:cleo with {"tier": "pro"}'
  assertFalse:
  - 'doc:1#viewer@user:ana with {"tier": "free"}'
  - 'doc:1#viewer@user:eve'
"#;
    let wrong = r#"assertions:
  assertTrue: ['doc:1#viewer@user:ana']
  assertCaveated: ['doc:1#viewer@user:ben', 'doc:1#viewer@user:ana with {"tier": 5}']
"#;
    for (assertions, expected) in [
        (assertions, vec![]),
        (
            wrong,
            vec![
                "`doc:1#viewer@user:ana` is caveated (without tier), expected true",
                "`doc:1#viewer@user:ben` is true, expected caveated",
                "`doc:1#viewer@user:ana with {\"tier\": 5}` has no answer, expected caveated: could not evaluate caveat \
                 `in_tier`: could not convert context parameter `tier`: for string: a string value is required, but found float64 `5`",
            ],
        ),
    ] {
        let scenario = Scenario::parse("s.yaml", &format!("{CONDITIONAL}{assertions}")).unwrap();
        let engine = engine();
        load(&engine, &EngineOptions::default(), std::slice::from_ref(&scenario)).unwrap();
        let view = engine.at(&Consistency::FullyConsistent).unwrap();
        let failed: Vec<_> = failures(&scenario.assertions, &view).iter().map(ToString::to_string).collect();
        let failed: Vec<_> = failed.iter().map(|text| text.split_once(": ").unwrap().1).collect();
        assert_eq!(failed, expected);
    }
}

#[test]
fn a_stored_context_that_does_not_fit_is_named_with_its_line() {
    let text = CONDITIONAL.replace("[\"pro\",\"gold\"]", "7");
    let expected = "dir/s.yaml:9: `doc:1#viewer@user:ana[in_tier:{\"tiers\":7}]` is refused: invalid context for caveat \
                    `in_tier`: could not convert context parameter `tiers`";
    let problem = problem(&text);
    assert!(problem.starts_with(expected), "{problem}");
}

#[test]
fn problems_name_file_and_line() {
    let good = "agent:planner#owner@user:ana";
    let cases = [
        (file("agent:planner#owner", "{}"), "dir/s.yaml:12: `agent:planner#owner` is no relationship"),
        (file(&format!("{good}\nx"), "{}"), "dir/s.yaml:13: `x` is no relationship"),
        (file(&format!("{good}\n{good}"), "{}"), "dir/s.yaml:13: found repeated relationship"),
        (
            file(&format!("{good}\ntask:t1#parent_agent@user:ana"), "{}"),
            "dir/s.yaml:13: `task:t1#parent_agent@user:ana` is refused: subjects of type `user` are not allowed",
        ),
        (file(good, "{assertTrue: [nothing]}"), "dir/s.yaml:13: `nothing` is no relationship"),
        (file(good, "{assertWrong: []}"), "dir/s.yaml:13: "),
        (
            "schema: |\n  definition user {}\n  definition doc {\n    permission view = nothing\n  }\n"
                .to_owned(),
            "dir/s.yaml:4: relation/permission `nothing` not found under definition `doc`",
        ),
        ("schema: 'definition 1 {}'\n".to_owned(), "dir/s.yaml:1: parse error in `schema`, line 1"),
        ("relationships: ''\n".to_owned(), "dir/s.yaml: needs either `schema` or `schemaFile`"),
        ("schema: ''\nschemaFile: x\n".to_owned(), "dir/s.yaml: needs either `schema` or `schemaFile`"),
        ("schemaFile: nowhere.zed\n".to_owned(), "dir/nowhere.zed: cannot be read"),
        ("schema: [\n".to_owned(), "dir/s.yaml:"),
        ("a: [[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]".to_owned(), "dir/s.yaml:"),
    ];
    for (text, expected) in cases {
        let problem = problem(&text);
        assert!(problem.starts_with(expected), "{problem}\nis not\n{expected}");
    }
}

#[test]
fn a_schema_may_stand_in_a_file_of_its_own() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("schema.zed"), SCHEMA).unwrap();
    let file = directory.path().join("s.yaml");
    fs::write(&file, "schemaFile: schema.zed\nvalidation: {'agent:planner#read': []}\n").unwrap();
    assert_eq!(Scenario::read(file).unwrap().schema, SCHEMA);
}

#[test]
fn only_an_empty_store_is_bootstrapped() {
    let scenario = Scenario::parse("s.yaml", &file("agent:planner#owner@user:ana", "{}")).unwrap();
    let (engine, options) = (engine(), EngineOptions::default());
    let first = bootstrap(&engine, &options, std::slice::from_ref(&scenario)).unwrap();
    assert_eq!((first, engine.head()), (Bootstrapped::Loaded { relationships: 1 }, Revision(2)));
    let second = bootstrap(&engine, &options, &[scenario]).unwrap();
    assert_eq!((second, engine.head()), (Bootstrapped::Skipped, Revision(2)));
}

#[test]
fn a_mistake_leaves_the_store_empty() {
    let scenario = Scenario::parse("s.yaml", &file("agent:planner#nothing@user:ana", "{}")).unwrap();
    let engine = engine();
    bootstrap(&engine, &EngineOptions::default(), &[scenario]).unwrap_err();
    assert_eq!(engine.head(), Revision::ZERO);
}

#[test]
fn the_schemas_of_several_files_are_one() {
    let users = Scenario::parse("users.yaml", "schema: 'definition user {}'\n").unwrap();
    let agents = "schema: |\n  definition agent {\n    relation owner: user\n  }\nrelationships: agent:a#owner@user:b\n";
    let agents = Scenario::parse("agents.yaml", agents).unwrap();
    let wrong = Scenario::parse("wrong.yaml", "schema: |\n  // one\n  definition agent {}\n").unwrap();
    let options = EngineOptions::default();
    assert_eq!(load(&engine(), &options, &[users.clone(), agents.clone()]).unwrap(), 1);
    let error = load(&engine(), &options, &[users, agents, wrong]).unwrap_err().to_string();
    assert!(error.starts_with("wrong.yaml:3: "), "{error}");
}

#[test]
fn a_file_may_have_more_assertions_than_yaml_usually_has_values() {
    let text = file("", &format!("{{assertTrue: [{}]}}", "'agent:a#read@user:b',".repeat(300_000)));
    assert_eq!(Scenario::parse("s.yaml", &text).unwrap().assertions.len(), 300_000);
}

#[test]
fn more_values_than_are_read_are_refused_in_words() {
    let text = file("", &format!("{{assertTrue: [{}]}}", "a,".repeat(2_000_000)));
    let error = Scenario::parse("s.yaml", &text).unwrap_err().to_string();
    assert!(error.ends_with(": has more than 2000000 values"), "{error}");
}
