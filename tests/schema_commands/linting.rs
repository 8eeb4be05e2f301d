//! `arrowroot schema lint`.

use serde_json::Value;

use super::{Files, terminal};

const SCHEMA: &str = "definition user {}

definition doc {
	relation viewer: user
	relation editor: user
	relation banned: user
	permission view = viewer + editor - banned
	permission look = viewer & editor + banned
}
";
const FIXED: [&str; 2] =
    ["permission view = (viewer + editor) - banned", "permission look = viewer & (editor + banned)"];
const FIRST: &str = "a.zed:7:20: mixed-operators: `-` and `+` meet without parentheses: `viewer + editor` is taken together first
  |
7 |  permission view = viewer + editor - banned
  |                    ^^^^^^^^^^^^^^^^^^^^^^^^
  = help: write the parentheses: `+` binds tightest, then `&`, then `-`
";

#[test]
fn findings_have_a_place_a_code_and_help() {
    let files = Files::new([("a.zed", SCHEMA)]);
    let answer = files.run(&["schema", "lint", "a.zed"]);
    assert_eq!((answer.status, &*answer.err), (1, ""));
    assert!(answer.out.starts_with(FIRST), "{}", answer.out);
    assert!(answer.out.ends_with("\n2 findings in 1 file\n"), "{}", answer.out);
}

#[test]
fn what_is_all_right_is_told_by_the_status_alone() {
    let files = Files::new([("a.zed", "definition user {}\n")]);
    let answer = files.run(&["schema", "lint", "a.zed"]);
    assert_eq!((answer.status, &*answer.out, &*answer.err), (0, "", ""));
}

#[test]
fn a_terminal_shows_colours_unless_told_not_to() {
    let files = Files::new([("a.zed", SCHEMA)]);
    let seen = terminal::run(&mut files.command(&["schema", "lint", "a.zed"]), 80);
    assert_eq!(seen.status.code(), Some(1));
    assert!(seen.written.contains("\u{1b}["));
    assert_eq!(seen.lines[2..5], FIRST.lines().skip(1).take(3).map(str::trim_end).collect::<Vec<_>>());
    let plain = terminal::run(&mut files.command(&["schema", "lint", "--color", "never", "a.zed"]), 80);
    assert!(!plain.written.contains('\u{1b}'));
    assert_eq!(plain.lines, seen.lines);
}

#[test]
fn programs_get_an_object_a_line_with_the_fix() {
    let files = Files::new([("a.zed", SCHEMA)]);
    let answer = files.run(&["schema", "lint", "--output", "json", "a.zed"]);
    let findings: Vec<Value> = answer.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((answer.status, findings.len()), (1, 2));
    let first = &findings[0];
    assert_eq!(
        (&first["code"], &first["line"], &first["column"]),
        (&"mixed-operators".into(), &7.into(), &20.into())
    );
    assert_eq!(first["fix"]["is_safe"], true);
    let place = |edit: &Value, key: &str| usize::try_from(edit[key].as_u64().unwrap()).unwrap();
    let mut text = SCHEMA.to_owned();
    for edit in first["fix"]["edits"].as_array().unwrap().iter().rev() {
        text.replace_range(place(edit, "start")..place(edit, "end"), edit["replacement"].as_str().unwrap());
    }
    assert!(text.contains(FIXED[0]), "{text}");
}

#[test]
fn fixes_are_written_and_what_is_left_is_told() {
    let unused = SCHEMA.replace("& editor + banned", "& editor + viewer");
    let files =
        Files::new([("a.zed", SCHEMA), ("b.zed", &unused), ("c.yaml", "schema: 'definition user {}'\n")]);
    let answer = files.run(&["schema", "lint", "--fix", "a.zed"]);
    assert_eq!((answer.status, &*answer.out, &*answer.err), (0, "", ""));
    let fixed = files.text("a.zed");
    assert!(FIXED.iter().all(|line| fixed.contains(line)), "{fixed}");
    let answer = files.run(&["schema", "lint", "--fix", "b.zed", "c.yaml", "-"]);
    assert_eq!(answer.status, 2);
    assert!(
        answer.err.contains("c.yaml: only schemas in files of their own")
            && answer.err.contains("standard input")
    );
}

#[test]
fn a_validation_files_schema_is_looked_at_where_it_stands() {
    let indented = SCHEMA.replace('\n', "\n  ");
    let inline = format!("# a file\nschema: |-\n  {}\nrelationships: ''\n", indented.trim_end());
    let files =
        Files::new([("v.yaml", &*inline), ("w.yaml", "schemaFile: dir/a.zed\n"), ("dir/a.zed", SCHEMA)]);
    let answer = files.run(&["schema", "lint", "v.yaml", "w.yaml"]);
    assert_eq!(answer.status, 1, "{answer:?}");
    assert!(answer.out.starts_with("v.yaml:9:22: mixed-operators: "), "{}", answer.out);
    assert!(answer.out.contains("dir/a.zed:7:20: mixed-operators: "), "{}", answer.out);
}

#[test]
fn a_schema_that_does_not_compile_is_an_error() {
    let files = Files::new([("a.zed", "definition doc {\n\trelation viewer: usr\n}\n"), ("b.zed", SCHEMA)]);
    let answer = files.run(&["schema", "lint", "a.zed", "b.zed"]);
    assert_eq!(answer.status, 2);
    assert!(answer.err.starts_with("a.zed:2:19: "), "{}", answer.err);
    assert!(answer.out.contains("b.zed:7:20: "));
}

#[test]
fn the_first_fifty_findings_are_shown_and_the_others_counted() {
    let many = (0..3_000).map(|index| format!("\tpermission view_{index} = viewer + viewer\n"));
    let many = many.collect::<Vec<_>>().concat();
    let files = Files::new([("a.zed", &*format!("definition doc {{\n\trelation viewer: doc\n{many}}}\n"))]);
    let answer = files.run(&["schema", "lint", "a.zed"]);
    assert_eq!(answer.status, 1);
    assert_eq!(answer.out.matches("repeated-operand").count(), 50);
    assert!(answer.out.ends_with("… and 2950 more\n3000 findings in 1 file\n"), "{}", answer.out);
}

#[test]
fn the_schemas_of_this_project_have_nothing_to_find() {
    let files = Files::new([]);
    let schema = concat!(env!("CARGO_MANIFEST_DIR"), "/schema/agentex.zed");
    let answer = files.run(&["schema", "lint", schema]);
    assert_eq!((answer.status, &*answer.out, &*answer.err), (0, "", ""));
    assert_eq!(files.run(&["schema", "format", "--check", schema]).status, 0);
}

#[test]
fn a_finding_of_an_expression_over_lines_is_told_in_one() {
    let schema =
        SCHEMA.replace("viewer + editor - banned", "viewer + // why\n\t\teditor /* or */ -\n\t\tbanned");
    let files = Files::new([("a.zed", &*schema)]);
    let answer = files.run(&["schema", "lint", "a.zed"]);
    assert_eq!(answer.out.lines().next(), FIRST.lines().next());
}
