//! `arrowroot schema read`, `write` and `diff`.

use serde_json::json;

use crate::harness::{SCHEMA, World, bare, json, said, said_to};
use crate::terminal;

#[test]
fn a_schema_is_read_as_it_was_written() {
    let world = World::start();
    assert_eq!(world.out(&["schema", "read"]), SCHEMA);
    let longer = format!("{SCHEMA}definition team {{}}\n");
    let token = world.out(&["schema", "write", &world.file("longer.zed", &longer)]);
    assert!(!token.trim().is_empty() && token.lines().count() == 1, "{token}");
    let read = json(&world.out(&["schema", "read", "--output", "json"])).remove(0);
    assert_eq!(read["schema"], longer);
    let piped = said_to(&mut world.command(&["schema", "write", "-", "--output", "json"]), SCHEMA);
    assert_eq!((piped.status, json(&piped.out)[0]["written_at"].is_string()), (0, true), "{}", piped.err);
    assert_eq!(world.out(&["schema", "read"]), SCHEMA);
}

#[test]
fn a_schema_that_cannot_be_written_changes_nothing() {
    let world = World::start();
    let broken = world.file("broken.zed", "definition user {\n  relation x\n}");
    let smaller = world.file("smaller.zed", "definition user {}");
    let huge = world.file("huge.zed", &"// much\n".repeat(1 << 20));
    for (file, problem) in [
        (broken.as_str(), "INVALID_ARGUMENT: "),
        (&broken, "(ERROR_REASON_SCHEMA_PARSE_ERROR)"),
        (&smaller, "(ERROR_REASON_SCHEMA_TYPE_ERROR)"),
        (&huge, "has more than 4194304 bytes"),
        ("/nothing/there", "cannot be read"),
    ] {
        let said = world.run(&["schema", "write", file]);
        assert_eq!((said.status, said.out.as_str()), (2, ""), "{file}");
        assert!(said.err.contains(problem), "{}", said.err);
    }
    assert_eq!(world.out(&["schema", "read"]), SCHEMA);
}

#[test]
fn differences_are_told_against_a_server_and_between_files() {
    let world = World::start();
    let same = world.file("same.zed", SCHEMA);
    let other = SCHEMA
        .replace("definition user {}", "definition team {}\n// People.\ndefinition user {}")
        .replace("permission edit = owner & viewer", "permission edit = owner")
        .replace("relation owner: user\n", "relation owner: user | group#member\n")
        .replace("    relation banned: user\n", "")
        .replace(") - banned", ")")
        .replace("tier int, tiers", "tier uint, tiers");
    let other = world.file("other.zed", &other);
    let expected = "+ definition team
- relation doc#banned: user
~ permission expression doc#edit
~ permission expression doc#view
+ relation subject doc#owner: group#member
~ definition comment user
~ caveat parameter type in_tier: tier uint, before int
";
    assert_eq!(world.out(&["schema", "diff", &same]), "");
    let of_server = world.run(&["schema", "diff", &other]);
    assert_eq!((of_server.status, of_server.out.as_str()), (1, expected), "{}", of_server.err);
    // Nobody is asked.
    let of_files = said(&mut bare(&["schema", "diff", &same, &other]));
    assert_eq!(of_files, of_server);
    assert_eq!(said(&mut bare(&["schema", "diff", &same, &same])).status, 0);
    let programs = said(&mut bare(&["schema", "diff", &same, &other, "--output", "json"]));
    assert_eq!(json(&programs.out)[0], json!({"kind": "definition_added", "name": "team"}));
    let seen = terminal::run(&mut world.command(&["schema", "diff", &other]), 80);
    assert_eq!(seen.lines, expected.lines().collect::<Vec<_>>());
    assert!(seen.written.starts_with("\u{1b}[1m\u{1b}[32m+"), "{:?}", seen.written);
}

#[test]
fn what_is_no_schema_has_no_differences() {
    let world = World::start();
    let broken = world.file("broken.zed", "definition user {\n  relation x\n}");
    let same = world.file("same.zed", SCHEMA);
    let of_server = world.run(&["schema", "diff", &broken]);
    assert_eq!((of_server.status, of_server.out.as_str()), (2, ""));
    assert!(of_server.err.contains("INVALID_ARGUMENT"), "{}", of_server.err);
    let of_files = said(&mut bare(&["schema", "diff", &same, &broken]));
    assert_eq!((of_files.status, of_files.out.as_str()), (2, ""));
    assert!(of_files.err.starts_with(&format!("arrowroot: {broken}: ")), "{}", of_files.err);
    assert_eq!(said(&mut bare(&["schema", "diff"])).status, 2);
    assert_eq!(said(&mut bare(&["schema", "diff", &same, "/nothing/there"])).status, 2);
}
