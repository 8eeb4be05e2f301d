//! The documentation of these commands holds what they do: every lint with an example that shows it.

use std::fs;
use std::path::Path;

use arrowroot::schema::{CompileOptions, LintCode, Schema, lint, picture};

use super::Files;

fn root(path: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn documentation() -> String {
    fs::read_to_string(root("docs/schema-tools.md")).unwrap()
}

/// The first block of a kind after a place.
fn block<'t>(text: &'t str, after: &str, kind: &str) -> &'t str {
    let (_, rest) = text.split_once(after).unwrap_or_else(|| panic!("no {after}"));
    let (_, rest) =
        rest.split_once(&format!("\n```{kind}\n")).unwrap_or_else(|| panic!("no {kind} after {after}"));
    rest.split_once("\n```").unwrap().0
}

#[test]
fn every_lint_is_documented_with_an_example_that_has_it_and_no_other() {
    let text = documentation();
    for code in LintCode::ALL {
        let example = block(&text, &format!("\n### `{code}`\n"), "zed");
        let lints = lint(example).unwrap_or_else(|error| panic!("{code}: {error}"));
        let found: Vec<_> = lints.findings.iter().map(|finding| finding.code).collect();
        assert_eq!(found, [*code]);
    }
    let sections = text.matches("\n### `").count();
    assert_eq!(sections, LintCode::ALL.len());
    assert!(lint(block(&text, "A reason may follow.", "zed")).unwrap().findings.is_empty());
}

#[test]
fn the_validation_file_is_so_and_the_explanation_is_what_is_shown() {
    let text = documentation();
    let example = block(&text, "\n## Validation files\n", "yaml");
    let files = Files::new([("good.yaml", example)]);
    let answer = files.run(&["validate", "good.yaml"]);
    assert_eq!((answer.status, &*answer.out), (0, "1 file: 4 passed\n"));
    files.put(
        "tests/bad.yaml",
        example.replace("    - document:q3#view@user:ana", "    - document:q3#view@user:ben"),
    );
    let answer = files.run(&["validate", "tests/bad.yaml"]);
    assert_eq!(answer.out, format!("{}\n", block(&text, "would be right:", "")));
}

#[test]
fn the_finding_is_what_is_shown() {
    let text = documentation();
    let schema = "definition user {}\n\ndefinition doc {\n\trelation viewer: user\n\trelation editor: user\n\trelation banned: user\n\
                  \tpermission view = viewer + editor - banned\n}\n";
    let files = Files::new([("schema.zed", schema)]);
    let answer = files.run(&["schema", "lint", "schema.zed"]);
    assert_eq!(answer.out, format!("{}\n", block(&text, "--fix schema.zed\n```\n", "")));
}

#[test]
fn the_picture_is_of_the_schema() {
    let schema = fs::read_to_string(root("schema/agentex.zed")).unwrap();
    let picture = picture::svg(&Schema::compile(&schema, &CompileOptions::default()).unwrap());
    let file = root("docs/agentex.svg");
    if std::env::var_os("REGEN").is_some() {
        fs::write(&file, &picture).unwrap();
    }
    assert!(fs::read_to_string(&file).unwrap() == picture, "REGEN=1 draws {} anew", file.display());
}
