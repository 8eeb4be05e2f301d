//! Validation files as a whole.

use std::path::Path;

use super::{Verdict, looks_like_scenario, validate};

const FILE: &str = "schema: |-
  definition user {}
  definition group {
    relation member: user | group#member
  }
  definition doc {
    relation viewer: user | user:* | group#member
    relation banned: user
    permission view = viewer - banned
  }
relationships: |
  doc:a#viewer@user:ana
  doc:a#viewer@group:g#member
  group:g#member@user:bob
  doc:b#viewer@user:*
  doc:b#banned@user:eve
";

/// What is told of a file, a line each, and its problems.
fn told(text: &str) -> (Vec<String>, Vec<String>) {
    let mut verdicts = Vec::new();
    let problems = validate(Path::new("v.yaml"), text, &mut |Verdict { line, kind, name, unmet }| {
        let (message, mark) = unmet.map_or_else(Default::default, |unmet| {
            (unmet.message, if unmet.explanation.is_some() { " (explained)" } else { "" })
        });
        verdicts.push(format!("{line} {kind} {name}: {message}{mark}"));
    });
    (verdicts, problems.first.iter().map(ToString::to_string).collect())
}

/// What is told of expected relations, without the line's number and the kind.
fn expected(validation: &str) -> Vec<String> {
    let (verdicts, problems) = told(&format!("{FILE}validation:\n{validation}"));
    assert!(problems.is_empty(), "{problems:?}");
    verdicts.into_iter().map(|verdict| verdict.split_once(" validation ").unwrap().1.to_owned()).collect()
}

#[test]
fn expected_relations_that_are_so_are_told() {
    let all = "  doc:a#view:
    - '[user:ana] is <doc:a#viewer>'
    - '[group:g#member] is <doc:a#viewer>'
    - '[user:bob] is <group:g#member>'
  doc:b#view: ['[user:* - {user:eve}] is <doc:b#viewer>']
  doc:c#view: []
";
    let verdicts = expected(all);
    assert_eq!(verdicts.len(), 7);
    assert!(verdicts.iter().all(|verdict| verdict.ends_with(": ")), "{verdicts:?}");
}

#[test]
fn expected_relations_that_are_not_so_are_told_with_what_is() {
    for (validation, message) in [
        ("  doc:a#banned: ['[user:ana] is <doc:a#banned>']", "is not found (explained)"),
        (
            "  doc:b#viewer: ['[user:*] is <doc:b#banned>']",
            "is found otherwise: `[user:*] is <doc:b#viewer>`",
        ),
        (
            "  doc:b#view: ['[user:*] is <doc:b#viewer>']",
            "is found otherwise: `[user:* - {user:eve}] is <doc:b#viewer>`",
        ),
        (
            "  doc:b#banned: ['[user:eve[...]] is <doc:b#banned>']",
            "is found otherwise: `[user:eve] is <doc:b#banned>` (explained)",
        ),
        ("  doc:b#banned: []", "is not expected, but found: `[user:eve] is <doc:b#banned>` (explained)"),
        ("  doc:b#nothing: []", "there is no relation or permission `nothing` of `doc`"),
        ("  thing:b#nothing: []", "there is no definition `thing`"),
    ] {
        let verdicts = expected(validation);
        assert!(verdicts[0].ends_with(message), "{verdicts:?} {message}");
    }
}

#[test]
fn what_cannot_be_read_is_told_with_its_line_and_nothing_is_asked() {
    for (text, problem) in [
        (format!("{FILE}validation:\n  nothing: []\n"), "v.yaml:18: `nothing` is no `resource#permission`"),
        (
            format!("{FILE}validation:\n  doc:a#view:\n    - nobody\n"),
            "v.yaml:19: `nobody` is no expected subject: the subject stands in `[…]`",
        ),
        (
            format!("{FILE}validation:\n  doc:a#view: ['[user:* - user:eve] is <doc:a#view>']\n"),
            "v.yaml:18: `[user:* - user:eve] is <doc:a#view>` is no expected subject: those who are excluded stand in `{…}`",
        ),
        (format!("{FILE}assertions: {{assertTrue: [nothing]}}\n"), "v.yaml:17: `nothing` is no relationship"),
        (FILE.replace("user:bob", "robot:bob"), "v.yaml:14: `group:g#member@robot:bob` is refused"),
        (FILE.replace("- banned", "- nobody"), "v.yaml:9: relation/permission `nobody` not found"),
        ("schema: 'definition user {}'\nschemaFile: x\n".to_owned(), "v.yaml: needs either"),
    ] {
        let (verdicts, problems) = told(&text);
        assert!(verdicts.is_empty() && problems[0].starts_with(problem), "{problems:?}");
    }
}

#[test]
fn every_line_that_is_wrong_is_counted_and_the_first_are_told() {
    let lines = (0..1_000).map(|index| format!("  wrong {index}\n")).collect::<Vec<_>>().concat();
    let text = format!("schema: 'definition user {{}}'\nrelationships: |\n{lines}");
    let problems = validate(Path::new("v.yaml"), &text, &mut |_| panic!("asked"));
    assert_eq!((problems.first.len(), problems.count), (crate::scenario::PROBLEMS_MAX, 1_000));
    let refused =
        (0..1_000).map(|index| format!("  doc:{index}#viewer@robot:x\n")).collect::<Vec<_>>().concat();
    let problems = validate(
        Path::new("v.yaml"),
        &format!("{FILE}{refused}").replace("user:eve\n", "user:eve\n\n"),
        &mut |_| {},
    );
    assert_eq!(problems.count, 1_000);
}

#[test]
fn other_files_do_not_look_like_one() {
    assert!(looks_like_scenario(FILE) && looks_like_scenario("---\n\"schemaFile\": x.zed\n"));
    assert!(!looks_like_scenario("") && !looks_like_scenario("name: schema\nother:\n  schema: 1\n"));
}
