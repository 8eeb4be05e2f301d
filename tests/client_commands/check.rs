//! `arrowroot check`, `--explain`, and `arrowroot expand`.

use std::fmt::Write as _;

use serde_json::json;

use crate::harness::{World, json, said};
use crate::terminal;

#[test]
fn an_answer_is_a_word_and_a_status() {
    let world = World::start();
    for (arguments, status, out) in [
        (&["check", "doc:plan", "view", "user:ana"][..], 0, "allowed\n"),
        (&["check", "doc:plan#view@user:eve"], 0, "allowed\n"),
        (&["check", "doc:plan", "owner", "user:ana"], 0, "allowed\n"),
        (&["check", "doc:plan#view@group:eng#member"], 0, "allowed\n"),
        (&["check", "doc:plan", "view", "user:mal"], 1, "denied\n"),
        (&["check", "doc:never", "view", "user:seen"], 1, "denied\n"),
        (&["check", "doc:tiered", "view", "user:tom"], 1, "conditional: missing context tier\n"),
        (&["check", "doc:tiered", "view", "user:tom", "--context", r#"{"tier": 2}"#], 0, "allowed\n"),
        (&["check", r#"doc:tiered#view@user:tom with {"tier": 3}"#], 1, "denied\n"),
    ] {
        let said = world.run(arguments);
        assert_eq!((said.status, said.out.as_str(), said.err.as_str()), (status, out, ""), "{arguments:?}");
    }
}

#[test]
fn no_answer_is_an_error_that_says_what_is_wrong() {
    let world = World::start();
    let file = world.file("list.json", "[1]");
    let of_file = format!("@{file}");
    for (arguments, problem) in [
        (&["check", "doc:plan", "view"][..], "RESOURCE PERMISSION SUBJECT"),
        (&["check", "doc:plan", "view", "ana"], "missing the `:` between type and id"),
        (&["check", "doc:plan", "View", "user:ana"], "invalid relation or permission name `View`"),
        (
            &["check", "doc:plan", "vieww", "user:ana"],
            "FAILED_PRECONDITION: relation/permission `vieww` not found under definition `doc`",
        ),
        (&["check", "doc:plan", "vieww", "user:ana"], "(ERROR_REASON_UNKNOWN_RELATION_OR_PERMISSION)"),
        (&["check", "doc:plan", "view", "user:ana", "--context", "[]"], "it must be a JSON object"),
        (&["check", "doc:plan", "view", "user:ana", "--context", &of_file], "it must be a JSON object"),
        (
            &["check", "doc:plan", "view", "user:ana", "--context", "@/nothing/there"],
            "/nothing/there: cannot be read",
        ),
        (&["check", "doc:plan", "view", "user:ana", "--consistency-at-least", "x"], "INVALID_ARGUMENT"),
        (
            &["check", "doc:plan", "view", "user:ana", "--consistency-full", "--consistency-min-latency"],
            "cannot be used with",
        ),
        (&["check", "doc:plan", "view", "user:ana", "--output", "yaml"], "possible values: text, json"),
        (
            &["check", "doc:plan", "view", "user:ana", "--endpoint", "nowhere"],
            "`nowhere` is no address of a server",
        ),
        (&["check", "doc:plan", "view", "user:ana", "--timeout", "5"], "`5` is no duration"),
    ] {
        let said = world.run(arguments);
        assert_eq!((said.status, said.out.as_str()), (2, ""), "{arguments:?}");
        assert!(said.err.contains(problem), "{arguments:?}: {}", said.err);
    }
}

#[test]
fn a_server_that_is_not_there_is_named() {
    let world = World::start();
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = closed.local_addr().unwrap().to_string();
    drop(closed);
    let said = world.run(&["check", "doc:plan", "view", "user:ana", "--endpoint", &address]);
    assert_eq!((said.status, said.out.as_str()), (2, ""));
    let expected = format!("arrowroot: the server at http://{address} does not answer: UNAVAILABLE: ");
    assert!(said.err.starts_with(&expected), "{}", said.err);
}

#[test]
fn a_server_that_says_nothing_is_waited_for_as_long_as_was_said() {
    let world = World::start();
    // Connections are taken up by the system, and nobody reads them.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = silent.local_addr().unwrap().to_string();
    let said = world.run(&["check", "doc:plan#view@user:ana", "--endpoint", &address, "--timeout", "300ms"]);
    assert_eq!((said.status, said.out.as_str()), (2, ""));
    assert!(said.err.contains("does not answer: DEADLINE_EXCEEDED: no answer came in time"), "{}", said.err);
}

#[test]
fn programs_get_the_answer_with_its_token() {
    let world = World::start();
    let out = world.out(&["check", "doc:plan", "view", "user:ana", "--output", "json"]);
    let [answer] = json(&out).try_into().unwrap();
    let token = answer["checked_at"].as_str().unwrap();
    let expected = json!({
        "resource": "doc:plan", "permission": "view", "subject": "user:ana", "answer": "allowed", "checked_at": token
    });
    assert_eq!(answer, expected);
    for flag in ["--consistency-at-least", "--consistency-at-exactly"] {
        assert_eq!(world.out(&["check", "doc:plan", "view", "user:ana", flag, token]), "allowed\n");
    }
    let said = world.run(&["check", "doc:tiered", "view", "user:tom", "--output", "json"]);
    assert_eq!(said.status, 1);
    assert_eq!(json(&said.out)[0]["missing_context"], json!(["tier"]));
}

#[test]
fn an_explanation_shows_what_decided() {
    let world = World::start();
    let said = world.run(&["check", "doc:plan", "view", "user:eve", "--explain"]);
    assert_eq!(said.status, 0);
    let expected = "allowed
✓ doc:plan#view  = ((owner + viewer + folder->view) - banned)
├─ ✓ folder:sub#view  = (viewer + parent->view)
│  └─ ✓ folder:top#view  = (viewer + parent->view)
│     └─ ✓ folder:top#viewer
│        └─ ✓ group:eng#member
└─ ✗ doc:plan#banned
";
    assert_eq!(said.out, expected);
    let said = world.run(&["check", "doc:plan", "edit", "user:ana", "--explain"]);
    let expected = "denied
✗ doc:plan#edit  = (owner & viewer)
├─ ✓ doc:plan#owner  did not decide
└─ ✗ doc:plan#viewer
";
    assert_eq!((said.status, said.out.as_str()), (1, expected));
    let said = world.run(&["check", "doc:tiered", "viewer", "user:tom", "--explain"]);
    assert_eq!(said.status, 1);
    assert!(said.out.starts_with("conditional: missing context tier\n? doc:tiered#viewer"), "{}", said.out);
    for part in ["in_tier", "without tier", r#"{"tiers":[1,2]}"#] {
        assert!(said.out.contains(part), "{}", said.out);
    }
    let context = [r#"--context={"tier":2}"#, "--output=json"];
    let said =
        world.run(&[&["check", "doc:tiered", "viewer", "user:tom", "--explain"][..], &context].concat());
    let explanation = &json(&said.out)[0]["explanation"];
    assert_eq!(
        (&explanation["question"], &explanation["answer"]),
        (&"doc:tiered#viewer".into(), &"yes".into())
    );
}

#[test]
fn a_terminal_shows_the_tree_in_colour_within_its_columns() {
    let world = World::start();
    let question = ["check", "doc:tiered", "view", "user:tom", "--explain"];
    let seen = terminal::run(&mut world.command(&question), 80);
    assert_eq!(seen.status.code(), Some(1));
    assert!(seen.written.contains("\u{1b}[1m\u{1b}[33m?"), "{:?}", seen.written);
    assert_eq!(seen.lines[0], "conditional: missing context tier");
    assert!(seen.lines.iter().all(|line| line.chars().count() <= 80), "{:?}", seen.lines);
    for plain in [&["--color", "never"][..], &["--output", "json"]] {
        let seen = terminal::run(&mut world.command(&[&question[..], plain].concat()), 80);
        assert!(!seen.written.contains('\u{1b}'), "{:?}", seen.written);
    }
    let mut coloured = world.command(&["check", "doc:plan", "view", "user:ana", "--color", "always"]);
    assert_eq!(said(&mut coloured).out, "\u{1b}[1m\u{1b}[32mallowed\u{1b}[0m\n");
}

/// A thousand folders inside each other. The server cuts the trace where clients could not decode it.
#[test]
fn a_deep_answer_is_explained_as_far_as_it_is_told() {
    let world = World::start();
    let chain = (1..1000).fold(String::new(), |mut all, depth| {
        writeln!(all, "folder:f{depth}#parent@folder:f{}", depth - 1).unwrap();
        all
    });
    let chain = world.file("chain", &format!("{chain}folder:f0#viewer@user:ana\n"));
    world.out(&["relationship", "touch", "--file", &chain]);
    let question = ["check", "folder:f999", "view", "user:ana", "--explain"];
    let said = world.run(&question);
    assert_eq!(said.status, 0);
    assert!(said.out.contains("folder:f980#view") && said.out.contains("more is not shown"), "{}", said.out);
    let seen = terminal::run(&mut world.command(&question), 80);
    assert_eq!(seen.status.code(), Some(0));
    assert!(seen.lines.iter().all(|line| line.chars().count() <= 80), "{:?}", seen.lines);
    assert_eq!(world.out(&["check", "folder:f999", "view", "user:ana"]), "allowed\n");
}

#[test]
fn a_permission_is_expanded_to_its_subjects() {
    let world = World::start();
    let expected = "folder:sub#view  union
├─ folder:sub#viewer
└─ folder:sub#view  union
   └─ folder:top#view  union
      ├─ folder:top#viewer
      │  └─ group:eng#member
      └─ folder:top#view
";
    let out = world.out(&["expand", "folder:sub", "view"]);
    assert_eq!(out, expected);
    let out = world.out(&["expand", "doc:plan", "owner", "--output", "json"]);
    let expected = json!({"name": "doc:plan#owner", "operation": "subjects", "subjects": ["user:ana"]});
    assert_eq!(json(&out), [expected]);
    let said = world.run(&["expand", "doc:plan", "nothing"]);
    assert_eq!((said.status, said.out.as_str()), (2, ""));
}
