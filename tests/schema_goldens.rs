//! The schema language by example: every `.zed` file in `tests/schema` with what the compiler makes of it beside it.
//!
//! `REGEN=1 cargo test --test schema_goldens` writes the expectations anew.

#![cfg(test)]

use std::fmt::Write;
use std::path::Path;

use arrowroot::schema::{CompileOptions, Outline, Schema, SchemaError, format};

/// Files of each kind, at least; a directory that was not found would have none.
const FILES_MIN: usize = 80;

/// Compiles every file of a directory and compares the result with the text beside the file.
fn check(directory: &str, describe: fn(Result<Schema, SchemaError>) -> String) {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/schema").join(directory);
    let files = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    let sources: Vec<_> = files.filter(|path| path.extension().is_some_and(|kind| kind == "zed")).collect();
    assert!(sources.len() >= FILES_MIN, "only {} files", sources.len());
    for source in sources {
        let text = std::fs::read_to_string(&source).unwrap();
        let options = CompileOptions { prefixes_required: source.ends_with("missing-prefix.zed") };
        let found = describe(Schema::compile(&text, &options));
        let expectation = source.with_extension("txt");
        if std::env::var_os("REGEN").is_some() {
            std::fs::write(&expectation, &found).unwrap();
        }
        let expected = std::fs::read_to_string(&expectation).unwrap_or_default();
        assert_eq!(found, expected, "{}", source.display());
    }
}

#[test]
fn good_schemas_compile_to_their_outlines() {
    check("good", |result| match result {
        Ok(schema) => Outline(&schema).to_string(),
        Err(error) => format!("refused: {error}\n"),
    });
}

#[test]
fn bad_schemas_are_refused_with_their_diagnostics() {
    check("bad", |result| {
        let Err(error) = result else { return "accepted\n".to_owned() };
        let mut text = String::new();
        for diagnostic in error.diagnostics() {
            writeln!(text, "{:?} {}", diagnostic.class(), diagnostic.code).unwrap();
            writeln!(text, "{:?}\n{diagnostic}\n", diagnostic.error_info()).unwrap();
        }
        text
    });
}

#[test]
fn schemas_are_laid_out_in_one_way() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/schema/format");
    let mut count = 0;
    for entry in std::fs::read_dir(directory).unwrap() {
        let source = entry.unwrap().path();
        if source.extension().is_none_or(|kind| kind != "zed") {
            continue;
        }
        count += 1;
        let found = format(&std::fs::read_to_string(&source).unwrap()).unwrap();
        let expectation = source.with_extension("txt");
        if std::env::var_os("REGEN").is_some() {
            std::fs::write(&expectation, &found).unwrap();
        }
        let expected = std::fs::read_to_string(&expectation).unwrap_or_default();
        assert_eq!(found, expected, "{}", source.display());
    }
    assert!(count >= 3, "only {count} files");
}
