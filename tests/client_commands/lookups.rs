//! `arrowroot lookup`.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde_json::json;

use crate::harness::{World, json};
use crate::terminal;

#[test]
fn resources_are_found_with_their_conditions() {
    let world = World::start();
    assert_eq!(world.out(&["lookup", "resources", "doc", "view", "user:eve"]), "doc:open\ndoc:plan\n");
    assert_eq!(
        world.out(&["lookup", "resources", "doc", "view", "user:tom"]),
        "doc:open\ndoc:tiered  conditional: missing context tier\n"
    );
    let context = ["--context", r#"{"tier": 1}"#];
    let arguments = [&["lookup", "resources", "doc", "view", "user:tom"][..], &context].concat();
    assert_eq!(world.out(&arguments), "doc:open\ndoc:tiered\n");
    assert_eq!(world.out(&["lookup", "resources", "doc", "owner", "user:nobody"]), "");
    let said = world.run(&["lookup", "resources", "doc", "view", "user:tom", "--output", "json"]);
    let found = json(&said.out);
    assert_eq!((&found[1]["resource"], &found[1]["answer"]), (&json!("doc:tiered"), &json!("conditional")));
    assert_eq!(found[1]["missing_context"], json!(["tier"]));
    let said = world.run(&["lookup", "resources", "nothing", "view", "user:tom"]);
    assert_eq!((said.status, said.out.as_str()), (2, ""));
    assert!(said.err.contains("(ERROR_REASON_UNKNOWN_DEFINITION)"), "{}", said.err);
}

#[test]
fn subjects_are_found_with_everyone_and_who_is_excepted() {
    let world = World::start();
    assert_eq!(world.out(&["lookup", "subjects", "doc:plan", "view", "user"]), "user:ana\nuser:eve\n");
    assert_eq!(world.out(&["lookup", "subjects", "doc:open", "view", "user"]), "user:*  except user:mal\n");
    assert_eq!(
        world.out(&["lookup", "subjects", "doc:tiered", "view", "user"]),
        "user:tom  conditional: missing context tier\n"
    );
    assert_eq!(world.out(&["lookup", "subjects", "doc:plan", "view", "group#member"]), "group:eng#member\n");
    let found = json(&world.out(&["lookup", "subjects", "doc:open", "view", "user", "--output", "json"]));
    assert_eq!(found[0]["subject"], "user:*");
    assert_eq!(found[0]["excepted"], json!([{"subject": "user:mal", "answer": "allowed"}]));
    let seen = terminal::run(&mut world.command(&["lookup", "subjects", "doc:open", "view", "user"]), 80);
    assert_eq!(seen.lines, ["user:*  except user:mal"]);
    assert!(seen.written.contains("\u{1b}[31mexcept"), "{:?}", seen.written);
}

/// More than a server gives in one page.
#[test]
fn pages_neither_repeat_nor_miss() {
    let world = World::with(&["--max-lookup-resources-limit", "700"]);
    let all = (0..2500).fold(String::new(), |mut all, number| {
        writeln!(all, "doc:d{number}#owner@user:bob").unwrap();
        all
    });
    world.out(&["relationship", "create", "--file", &world.file("all", &all)]);
    let lookup = ["lookup", "resources", "doc", "owner", "user:bob"];
    assert_eq!(world.out(&lookup).lines().count(), 2500);
    let first = world.run(&[&lookup[..], &["--limit", "1800"]].concat());
    assert_eq!((first.status, first.out.lines().count()), (0, 1800));
    let cursor = first.err.trim().strip_prefix("there may be more behind --cursor ").unwrap();
    let rest = world.run(&[&lookup[..], &["--limit", "700", "--cursor", cursor]].concat());
    assert_eq!((rest.status, rest.out.lines().count()), (0, 700), "{}", rest.err);
    let found: BTreeSet<_> = first.out.lines().chain(rest.out.lines()).collect();
    assert_eq!(found.len(), 2500);
    let read = ["relationship", "read", "--filter", "doc#owner@user:bob"];
    let part = world.run(&[&read[..], &["--limit", "1500"]].concat());
    assert_eq!((part.status, part.out.lines().count()), (0, 1500));
    let subjects = ["lookup", "subjects", "doc:d1", "view", "user", "--limit", "1"];
    assert_eq!(world.run(&subjects).out, "user:bob\n");
    let said = world.run(&[&lookup[..], &["--cursor", "none"]].concat());
    assert_eq!((said.status, said.out.as_str()), (2, ""));
    assert!(said.err.contains("ERROR_REASON_INVALID_CURSOR"), "{}", said.err);
    for limit in ["0", "-1", "many"] {
        assert_eq!(world.run(&[&lookup[..], &["--limit", limit]].concat()).status, 2, "{limit}");
    }
}

#[test]
fn a_reader_that_has_seen_enough_is_no_error() {
    let world = World::start();
    let all = (0..1000).fold(String::new(), |mut all, number| {
        writeln!(all, "doc:{}{number}#owner@user:bob", "x".repeat(900)).unwrap();
        all
    });
    world.out(&["relationship", "create", "--file", &world.file("all", &all)]);
    for arguments in [
        &["relationship", "read", "--resource-type", "doc"][..],
        &["lookup", "resources", "doc", "owner", "user:bob"],
    ] {
        let mut child = world.command(arguments).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), &b""[..]), "{arguments:?}");
    }
}
