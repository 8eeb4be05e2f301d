//! `arrowroot validate`.

use serde_json::Value;

use super::{Files, terminal};

const GOOD: &str = "schema: |-
  definition user {}
  definition folder {
    relation viewer: user
    permission view = viewer
  }
  definition doc {
    relation folder: folder
    relation banned: user
    permission view = folder->view - banned
  }
relationships: |
  folder:plans#viewer@user:ana
  folder:plans#viewer@user:ben
  doc:q3#folder@folder:plans
  doc:q3#banned@user:ben
assertions:
  assertTrue:
    - doc:q3#view@user:ana
  assertFalse:
    - doc:q3#view@user:ben
validation:
  doc:q3#view:
    - '[user:ana] is <folder:plans#viewer>'
";

/// With an assertion and an expected subject that are not so.
fn bad() -> String {
    GOOD.replace("    - doc:q3#view@user:ana", "    - doc:q3#view@user:ben")
        .replace("'[user:ana] is", "'[user:eve] is")
}

const FAILURES: &str = "\
bad.yaml:19: assertTrue `doc:q3#view@user:ben` is false, expected true
    ✗ doc:q3#view
    ├─ ✓ folder:plans#viewer
    └─ ✓ doc:q3#banned
bad.yaml:24: validation `doc:q3#view: [user:eve] is <folder:plans#viewer>` is not found
    ✗ doc:q3#view
    └─ ✗ folder:plans#viewer
bad.yaml:23: validation `doc:q3#view: user:ana` is not expected, but found: `[user:ana] is <folder:plans#viewer>`
    ✓ doc:q3#view
    ├─ ✓ folder:plans#viewer
    └─ ✗ doc:q3#banned
1 file: 1 passed, 3 failed
";

#[test]
fn what_is_so_is_counted() {
    let files = Files::new([("good.yaml", GOOD)]);
    let answer = files.run(&["validate", "good.yaml"]);
    assert_eq!((answer.status, &*answer.out, &*answer.err), (0, "1 file: 4 passed\n", ""));
}

#[test]
fn what_is_not_so_is_shown_with_its_explanation() {
    let files = Files::new([("bad.yaml", &*bad())]);
    let answer = files.run(&["validate", "bad.yaml"]);
    assert_eq!((answer.status, &*answer.out, &*answer.err), (1, FAILURES, ""));
}

#[test]
fn a_terminal_shows_colours_within_its_width() {
    let files = Files::new([("bad.yaml", &*bad())]);
    let seen = terminal::run(&mut files.command(&["validate", "bad.yaml"]), 80);
    assert_eq!(seen.status.code(), Some(1));
    assert!(seen.written.contains("\u{1b}["));
    let plain = terminal::run(&mut files.command(&["validate", "--color", "never", "bad.yaml"]), 80);
    assert!(!plain.written.contains('\u{1b}'));
    assert_eq!(plain.lines, seen.lines);
}

#[test]
fn a_directory_is_checked_in_order_and_files_that_are_none_are_passed_over() {
    let names: Vec<_> = (0..40).map(|index| format!("dir/{index:02}/case.yaml")).collect();
    let bad = bad();
    let texts = names
        .iter()
        .enumerate()
        .map(|(index, name)| (name.as_str(), if index % 3 == 0 { &*bad } else { GOOD }));
    let files = Files::new(texts.chain([
        ("dir/other.yaml", "name: something else\n"),
        ("dir/a.zed", "definition user {}\n"),
        ("dir/.hidden/b.yaml", "schema: ["),
        ("dir/readme.txt", "schema: ["),
    ]));
    let one = files.run(&["validate", "--jobs", "1", "dir"]);
    let many = files.run(&["validate", "--jobs", "7", "dir"]);
    assert_eq!(one, many);
    assert_eq!(one.status, 1);
    assert!(one.out.ends_with("41 files: 119 passed, 42 failed\n"), "{}", one.out);
    assert!(one.out.starts_with("dir/00/case.yaml:19: "), "{}", one.out);
}

#[test]
fn what_cannot_be_used_is_an_error_and_the_others_are_checked() {
    let files = Files::new([
        ("a.yaml", "schema: ["),
        ("b.zed", "definition doc {\n\trelation viewer: usr\n}\n"),
        ("c.yaml", GOOD),
    ]);
    let answer = files.run(&["validate", "a.yaml", "b.zed", "nowhere.yaml", "c.yaml"]);
    assert_eq!((answer.status, &*answer.out), (2, "4 files: 4 passed, 3 files cannot be used\n"));
    let problems: Vec<_> = answer.err.lines().filter(|line| line.starts_with("error: ")).collect();
    assert_eq!(problems.len(), 3, "{}", answer.err);
    assert!(
        problems[0].starts_with("error: a.yaml")
            && problems[2].starts_with("error: nowhere.yaml: cannot be read")
    );
}

#[test]
fn programs_get_a_line_a_file_and_a_summary() {
    let files = Files::new([("bad.yaml", &*bad()), ("good.yaml", GOOD)]);
    let answer = files.run(&["validate", "--output", "json", "bad.yaml", "good.yaml"]);
    let lines: Vec<Value> = answer.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((answer.status, lines.len()), (1, 3));
    let failure = &lines[0]["failures"][0];
    assert_eq!((&failure["line"], &failure["kind"]), (&19.into(), &"assertTrue".into()));
    assert_eq!(failure["explanation"]["answer"], "no");
    assert_eq!(lines[2], serde_json::json!({"files": 2, "passed": 5, "failed": 3, "broken": 0}));
}

#[test]
fn junit_has_a_case_for_each_expectation() {
    let files = Files::new([("bad.yaml", &*bad()), ("broken.yaml", "schema: ["), ("good.yaml", GOOD)]);
    let answer = files.run(&["validate", "--junit", "report.xml", "bad.yaml", "broken.yaml", "good.yaml"]);
    assert_eq!(answer.status, 2);
    let report = quick_junit::Report::deserialize_from_str(&files.text("report.xml")).unwrap();
    let names: Vec<_> = report.test_suites.iter().map(|suite| suite.name.as_str()).collect();
    assert_eq!(names, ["bad.yaml", "broken.yaml", "good.yaml"]);
    let counts: Vec<_> =
        report.test_suites.iter().map(|suite| (suite.tests, suite.failures, suite.errors)).collect();
    assert_eq!(counts, [(4, 3, 0), (1, 0, 1), (4, 0, 0)]);
    assert_eq!(report.test_suites[2].test_cases[0].name.as_str(), "assertTrue: doc:q3#view@user:ana");
    let unwritable = files.run(&["validate", "--junit", "nowhere/report.xml", "good.yaml"]);
    assert!(unwritable.status == 2 && unwritable.err.contains("nowhere/report.xml: cannot be written"));
}

#[test]
fn a_thousand_small_files_are_tried_in_one_run() {
    let names: Vec<_> = (0..1_000).map(|index| format!("dir/{index}.yaml")).collect();
    let files = Files::new(names.iter().map(|name| (name.as_str(), GOOD)));
    let answer = files.run(&["validate", "dir"]);
    assert_eq!((answer.status, &*answer.out), (0, "1000 files: 4000 passed\n"));
}

#[test]
fn the_first_fifty_that_are_not_so_are_shown_and_the_others_counted() {
    let assertions =
        (0..3_000).map(|index| format!("    - doc:{index}#view@user:ana\n")).collect::<Vec<_>>().concat();
    let files =
        Files::new([("many.yaml", &*GOOD.replace("  assertFalse:", &format!("{assertions}  assertFalse:")))]);
    let answer = files.run(&["validate", "many.yaml"]);
    assert_eq!(answer.status, 1);
    assert_eq!(answer.out.matches("is false, expected true").count(), 50);
    assert!(answer.out.ends_with("… and 2950 more\n1 file: 4 passed, 3000 failed\n"), "{}", answer.out);
}

#[test]
fn what_goes_wrong_is_coloured_as_the_answer_is() {
    let files = Files::new([]);
    for (when, is_coloured) in [("auto", true), ("always", true), ("never", false)] {
        let mut command = files.command(&["validate", "--color", when, "nowhere.yaml"]);
        let seen = terminal::run(&mut command, 80);
        assert_eq!(seen.status.code(), Some(2));
        assert!(seen.lines[0].starts_with("error: nowhere.yaml: cannot be read"), "{:?}", seen.lines);
        let is_error_coloured = seen.written.contains("\u{1b}[0m nowhere.yaml");
        assert_eq!(is_error_coloured, is_coloured, "{when}: {}", seen.written);
    }
    let answer = files.run(&["validate", "--color", "always", "nowhere.yaml"]);
    assert!(answer.err.starts_with('\u{1b}'), "{}", answer.err);
}

#[test]
fn assertions_are_told_apart_by_their_context() {
    let file = "schema: |-
  caveat big(size int) { size > 3 }
  definition user {}
  definition doc {
    relation viewer: user with big
  }
relationships: doc:a#viewer@user:ana[big]
assertions:
  assertTrue:
  - 'doc:a#viewer@user:ana with {\"size\": 5}'
  - 'doc:a#viewer@user:ana   with   {\"size\": 2}'
";
    let files = Files::new([("size.yaml", file)]);
    let answer = files.run(&["validate", "--junit", "report.xml", "size.yaml"]);
    let expected =
        r#"size.yaml:11: assertTrue `doc:a#viewer@user:ana with {"size": 2}` is false, expected true"#;
    assert!(answer.out.starts_with(expected), "{}", answer.out);
    let report = files.text("report.xml");
    for size in [2, 5] {
        let name = format!("assertTrue: doc:a#viewer@user:ana with {{&quot;size&quot;: {size}}}");
        assert_eq!(report.matches(&name).count(), 1, "{report}");
    }
}
