//! `arrowroot bulk-check`.

use std::fmt::Write as _;

use serde_json::json;

use crate::harness::{World, json, said_to};

const QUESTIONS: &str = r#"// Who may read what.
doc:plan#view@user:ana
doc:plan#view@user:mal

doc:tiered#view@user:tom
doc:tiered#view@user:tom with {"tier": 1}
doc:tiered#view@user:tom[in_tier:{"tier": 9}]
doc:plan#nothing@user:ana
"#;

#[test]
fn answers_come_in_the_order_of_the_lines() {
    let world = World::start();
    let file = world.file("questions", QUESTIONS);
    let said = world.run(&["bulk-check", &file]);
    assert_eq!(said.status, 2, "{}", said.err);
    let lines: Vec<_> = said.out.lines().collect();
    assert_eq!(
        lines[..5],
        [
            "allowed     doc:plan#view@user:ana",
            "denied      doc:plan#view@user:mal",
            "conditional doc:tiered#view@user:tom: missing context tier",
            "allowed     doc:tiered#view@user:tom",
            "denied      doc:tiered#view@user:tom",
        ]
    );
    assert!(
        lines[5].starts_with("error       doc:plan#nothing@user:ana: FAILED_PRECONDITION: "),
        "{}",
        lines[5]
    );
    assert_eq!(lines[6], "2 allowed, 2 denied, 1 conditional, 1 without an answer");
    let said = world.run(&["bulk-check", &file, "--output", "json"]);
    let answers = json(&said.out);
    assert_eq!(answers[0], json!({"line": 2, "question": "doc:plan#view@user:ana", "answer": "allowed"}));
    assert_eq!((&answers[2]["line"], &answers[2]["missing_context"]), (&json!(5), &json!(["tier"])));
    assert!(answers[5]["error"].as_str().unwrap().ends_with("(ERROR_REASON_UNKNOWN_RELATION_OR_PERMISSION)"));
    assert_eq!(answers[6]["summary"], json!({"allowed": 2, "denied": 2, "conditional": 1, "errors": 1}));
}

#[test]
fn the_status_says_whether_all_are_allowed() {
    let world = World::start();
    let of = |questions: &str| said_to(&mut world.command(&["bulk-check", "-"]), questions);
    assert_eq!(of("doc:plan#view@user:ana\ndoc:open#view@user:zoe\n").status, 0);
    assert_eq!(of("doc:plan#view@user:ana\ndoc:plan#view@user:zoe\n").status, 1);
    assert_eq!(of("doc:tiered#view@user:tom").status, 1);
    let nothing = of("");
    assert_eq!(
        (nothing.status, nothing.out.as_str()),
        (0, "0 allowed, 0 denied, 0 conditional, 0 without an answer\n")
    );
}

/// More than fit into one call, of one state.
#[test]
fn many_questions_are_asked_in_batches() {
    let world = World::start();
    let questions = (0..2500).fold(String::new(), |mut all, number| {
        writeln!(all, "doc:open#view@user:u{number}").unwrap();
        all
    });
    let said = said_to(&mut world.command(&["bulk-check", "-"]), &questions);
    assert_eq!((said.status, said.out.lines().count()), (0, 2501), "{}", said.err);
    assert_eq!(said.out.lines().nth(1700), Some("allowed     doc:open#view@user:u1700"));
    assert!(said.out.ends_with("2500 allowed, 0 denied, 0 conditional, 0 without an answer\n"));
}

#[test]
fn a_file_with_bad_lines_asks_nothing() {
    let world = World::start();
    let file = world.file("bad", "doc:plan#view@user:ana\ndoc:plan#view\ndoc:plan#view@user:ana with [1]\n");
    let said = world.run(&["bulk-check", &file]);
    assert_eq!((said.status, said.out.as_str()), (2, ""));
    let lines: Vec<_> = said.err.lines().collect();
    assert!(lines[0].starts_with(&format!("{file}:2: `doc:plan#view` is no relationship")), "{}", said.err);
    assert!(
        lines[1].starts_with(&format!("{file}:3: what follows `with` must be a JSON object")),
        "{}",
        said.err
    );
    assert_eq!(lines[2], format!("arrowroot: {file}: 2 lines cannot be used: nothing is asked"));
    assert_eq!(world.run(&["bulk-check", "/nothing/there"]).status, 2);
}
