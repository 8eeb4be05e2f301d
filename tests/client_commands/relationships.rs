//! `arrowroot relationship`.

use std::io::Read as _;
use std::net::TcpListener;
use std::process::Command;

use serde_json::json;

use crate::harness::{Said, World, json, said_to};

fn read(world: &World, filter: &str) -> String {
    world.out(&["relationship", "read", "--filter", filter, "--consistency-full"])
}

#[test]
fn relationships_are_created_touched_read_and_deleted() {
    let world = World::start();
    let tiered = r#"doc:a#viewer@user:tom[in_tier:{"tier":1,"tiers":[1]}]"#;
    let out = world.out(&["relationship", "create", "doc:a#owner@user:ana", tiered]);
    let [first, token] = out.lines().collect::<Vec<_>>().try_into().unwrap();
    assert_eq!(first, "2 relationships created");
    let at = [
        "relationship",
        "read",
        "--resource-type",
        "doc",
        "--resource-id",
        "a",
        "--consistency-at-exactly",
        token,
    ];
    assert_eq!(world.out(&at), format!("doc:a#owner@user:ana\n{tiered}\n"));
    let again = world.run(&["relationship", "create", "doc:b#owner@user:ana", "doc:a#owner@user:ana"]);
    assert_eq!((again.status, again.out.as_str()), (2, ""));
    assert!(
        again.err.contains("ALREADY_EXISTS") && again.err.contains("(ERROR_REASON_ATTEMPT_TO_RECREATE"),
        "{}",
        again.err
    );
    assert_eq!(read(&world, "doc:b"), "", "all of a write, or nothing");
    assert!(
        world.out(&["relationship", "touch", "doc:a#owner@user:ana"]).starts_with("1 relationship touched\n")
    );
    let out = world.out(&[
        "relationship",
        "delete",
        "doc:a#owner@user:ana",
        "doc:a#owner@user:no",
        "--output",
        "json",
    ]);
    let deleted = &json(&out)[0];
    assert_eq!((&deleted["operation"], &deleted["count"]), (&json!("delete"), &json!(2)));
    assert_eq!(read(&world, "doc:a"), format!("{tiered}\n"));
}

#[test]
fn a_filter_says_what_is_read_and_deleted() {
    let world = World::start();
    for (arguments, expected) in [
        (&["--filter", "doc:plan#owner"][..], "doc:plan#owner@user:ana\n"),
        (
            &["--resource-id-prefix", "pl", "--subject-type", "user", "--subject-id", "ana"],
            "doc:plan#owner@user:ana\n",
        ),
        (&["--filter", "folder@group:eng#member"], "folder:top#viewer@group:eng#member\n"),
        (&["--subject-type", "user", "--subject-id", "*"], "doc:open#viewer@user:*\n"),
        (&["--filter", "doc:t*"], "doc:tiered#viewer@user:tom[in_tier:{\"tiers\":[1,2]}]\n"),
        (&["--resource-type", "folder", "--subject-type", "group", "--subject-relation", "..."], ""),
    ] {
        assert_eq!(world.out(&[&["relationship", "read"], arguments].concat()), expected, "{arguments:?}");
    }
    let out = world.out(&["relationship", "read", "--filter", "doc:tiered", "--output", "json"]);
    let mut found = json(&out).remove(0);
    found.as_object_mut().unwrap().remove("cursor");
    let expected = json!({
        "resource": "doc:tiered", "relation": "viewer", "subject": "user:tom",
        "caveat": {"name": "in_tier", "context": {"tiers": [1, 2]}},
    });
    assert_eq!(found, expected);
    let out = world.out(&["relationship", "delete", "--filter", "doc@user:mal", "--limit", "2"]);
    assert!(out.starts_with("2 relationships deleted; more match\n"), "{out}");
    let out = world.out(&["relationship", "delete", "--subject-type", "user", "--subject-id", "mal"]);
    assert!(out.starts_with("1 relationship deleted\n"), "{out}");
    for (arguments, problem) in [
        (&["read"][..], "nothing says what to read"),
        (&["delete"], "nothing says what to delete"),
        (
            &["delete", "doc:a#owner@user:b", "--filter", "doc"],
            "either the relationships that are named, or those",
        ),
        (&["delete", "doc:a#owner@user:b", "--limit", "1"], "--limit is for what a filter matches"),
        (&["read", "--filter", "doc", "--resource-type", "doc"], "cannot be used with"),
        (&["read", "--subject-id", "ana"], "required arguments were not provided"),
        (&["read", "--filter", "no"], "invalid definition name `no`"),
        (&["read", "--filter", "nothing"], "ERROR_REASON_UNKNOWN_DEFINITION"),
        (&["create"], "required arguments were not provided"),
        (&["create", "doc:a#owner"], "missing the `@` before the subject"),
        (&["create", "doc:a#owner@user:b[expiration:soon]"], "must be an RFC 3339 time"),
        (&["create", "doc:a#view@user:b"], "ERROR_REASON_CANNOT_UPDATE_PERMISSION"),
    ] {
        let said = world.run(&[&["relationship"], arguments].concat());
        assert_eq!((said.status, said.out.as_str()), (2, ""), "{arguments:?}");
        assert!(said.err.contains(problem), "{arguments:?}: {}", said.err);
    }
}

#[test]
fn a_write_can_depend_on_what_is_there() {
    let world = World::start();
    let write = ["relationship", "touch", "doc:new#owner@user:ana"];
    for (condition, filter, is_met) in [
        ("--must-exist", "doc:plan#owner@user:ana", true),
        ("--must-exist", "doc:plan#owner@user:eve", false),
        ("--must-not-exist", "doc:plan#owner", false),
        ("--must-not-exist", "doc:plan#owner@user:eve", true),
    ] {
        let said = world.run(&[&write[..], &[condition, filter]].concat());
        assert_eq!(said.status, if is_met { 0 } else { 2 }, "{condition} {filter}: {}", said.err);
        assert_eq!(
            said.err.contains("ERROR_REASON_WRITE_OR_DELETE_PRECONDITION_FAILURE"),
            !is_met,
            "{}",
            said.err
        );
    }
    let delete = ["relationship", "delete", "--filter", "doc:new", "--must-exist", "doc:missing"];
    assert_eq!(world.run(&delete).status, 2);
    assert_eq!(read(&world, "doc:new"), "doc:new#owner@user:ana\n");
}

#[test]
fn a_file_is_written_in_batches_after_every_line_was_looked_at() {
    let world = World::start();
    let lines = |from: u32, to: u32| {
        let lines = (from..to).map(|number| format!("doc:d{number}#owner@user:bob\n"));
        format!("// A comment.\n\n{}", lines.collect::<String>())
    };
    let file = world.file("good", &lines(0, 2500));
    let out = world.out(&["relationship", "create", "--file", &file, "--batch-size", "300"]);
    assert!(out.starts_with("2500 relationships created\n"), "{out}");
    assert_eq!(read(&world, "doc@user:bob").lines().count(), 2500);
    // A later batch is refused: what was written before is told.
    let file = world.file("again", &format!("{}doc:d7#owner@user:bob\n", lines(3000, 4000)));
    let Said { status, out, err } =
        world.run(&["relationship", "create", "--file", &file, "--batch-size", "400"]);
    assert_eq!((status, out.as_str()), (2, ""));
    assert!(err.contains(&format!("{file}: lines 803 to 1003: the server refuses: ALREADY_EXISTS")), "{err}");
    assert!(err.contains("before, 800 were created, the last at "), "{err}");
    let piped = said_to(&mut world.command(&["relationship", "delete", "--file", "-"]), &lines(0, 2500));
    assert_eq!((piped.status, piped.err.as_str()), (0, ""));
    assert_eq!(read(&world, "doc@user:bob").lines().count(), 800);
}

#[test]
fn a_file_with_bad_lines_writes_nothing() {
    let world = World::start();
    let file = world.file("bad", "doc:a#owner@user:ana\nno relationship\n\ndoc:b#owner@\n");
    let Said { status, out, err } = world.run(&["relationship", "touch", "--file", &file]);
    assert_eq!((status, out.as_str()), (2, ""));
    let lines: Vec<_> = err.lines().collect();
    assert!(lines[0].starts_with(&format!("{file}:2: `no relationship` is no relationship")), "{err}");
    assert!(lines[1].starts_with(&format!("{file}:4: ")), "{err}");
    assert_eq!(lines[2], format!("arrowroot: {file}: 2 lines cannot be used: nothing is written"));
    assert_eq!(read(&world, "doc:a"), "");
    let long = world.file("long", &format!("doc:a#owner@user:{}\n", "x".repeat(100_000)));
    let not_text = world.path("not_text");
    std::fs::write(&not_text, b"doc:a#owner@user:\xff\n").unwrap();
    let directory = world.directory.path().display().to_string();
    for (file, problem) in [
        (long.as_str(), ":1: has more than 65536 bytes"),
        (not_text.to_str().unwrap(), ":1: is not UTF-8"),
        (&directory, "is a directory"),
        ("/nothing/there", "/nothing/there: cannot be read: No such file or directory"),
    ] {
        let said = world.run(&["relationship", "touch", "--file", file]);
        assert_eq!((said.status, said.out.as_str()), (2, ""), "{file}");
        assert!(said.err.contains(problem), "{}", said.err);
    }
}

#[test]
fn a_file_may_begin_with_a_mark_of_its_encoding() {
    let world = World::start();
    let file = world.file("marked", "\u{feff}doc:a#owner@user:ana\r\ndoc:b#owner@user:ana\r\n");
    assert!(world.out(&["relationship", "touch", "--file", &file]).starts_with("2 relationships touched\n"));
    assert_eq!(read(&world, "doc:a"), "doc:a#owner@user:ana\n");
    let elsewhere = world.file("elsewhere", "doc:a#owner@user:ana\n\u{feff}doc:b#owner@user:ana\n");
    let said = world.run(&["bulk-check", &elsewhere]);
    assert!(said.err.ends_with("1 line cannot be used: nothing is asked\n"), "{}", said.err);
}

#[test]
fn of_a_million_bad_lines_fifty_are_shown() {
    let world = World::start();
    let file = world.file("bad", &"no relationship\n".repeat(1_000_000));
    let said = world.run(&["relationship", "touch", "--file", &file]);
    assert_eq!((said.status, said.err.lines().count()), (2, 52));
    assert!(said.err.contains("\n… and 999950 more\n"), "{}", said.err);
    assert!(said.err.ends_with("1000000 lines cannot be used: nothing is written\n"), "{}", said.err);
}

/// A server that never answers: Ctrl-C says what may have become of the batch under way.
#[test]
fn ctrl_c_says_how_far_a_file_came() {
    let world = World::start();
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = silent.local_addr().unwrap().to_string();
    let file = world.file("good", "// A comment.\ndoc:a#owner@user:ana\ndoc:b#owner@user:ana\n");
    let arguments = ["relationship", "touch", "--file", &file, "--endpoint", &address];
    let child = world.command(&arguments).spawn().unwrap();
    // The request is on its way.
    let (mut connection, _) = silent.accept().unwrap();
    connection.read_exact(&mut [0; 24]).unwrap();
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    let expected =
        "arrowroot: interrupted: nothing was written before; lines 2 to 3 may have been written, too\n";
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(130), &b""[..]));
    assert_eq!(String::from_utf8(output.stderr).unwrap(), expected);
}
