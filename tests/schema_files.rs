//! The schemas that we ship, and every example in the language reference, are what they claim to be.
#![cfg(test)]

use std::fs;
use std::path::PathBuf;

use arrowroot::schema::{CompileOptions, Schema, SchemaError};

/// An example in a Markdown text: what follows the backticks, its first line, and its text.
struct Example {
    kind: String,
    line: usize,
    text: String,
}

#[test]
fn the_schema_of_agents_compiles() {
    let schema = compile(&read("agentex.zed")).expect("agentex.zed");
    for name in ["user", "service_account", "tenant", "agent", "task", "api_key", "schedule"] {
        assert!(schema.find_definition(name).is_some(), "{name} is missing");
    }
}

#[test]
fn examples_in_the_reference_compile_or_are_refused_as_it_says() {
    let examples = examples(&read("README.md"));
    let counts =
        ["zed", "zed refused"].map(|kind| examples.iter().filter(|example| example.kind == kind).count());
    assert!(counts[0] >= 5 && counts[1] >= 2, "the examples were not found: {counts:?}");
    for Example { kind, line, text } in examples {
        match (kind.as_str(), compile(&text)) {
            ("zed", Err(error)) => panic!("the example in line {line} is refused:\n{error}"),
            ("zed refused", Ok(_)) => panic!("the example in line {line} is not refused"),
            _ => {}
        }
    }
}

#[test]
fn the_error_in_the_reference_is_the_one_that_users_see() {
    let examples = examples(&read("README.md"));
    let at = examples.iter().position(|example| example.kind == "zed refused mistakes").expect("the example");
    let error = compile(&examples[at].text).expect_err("mistakes");
    assert_eq!(error.to_string(), examples[at + 1].text.trim_end());
}

fn compile(text: &str) -> Result<Schema, SchemaError> {
    Schema::compile(text, &CompileOptions::default())
}

fn examples(markdown: &str) -> Vec<Example> {
    let mut found: Vec<Example> = Vec::new();
    let mut is_open = false;
    for (line, text) in (1..).zip(markdown.lines()) {
        match (text.strip_prefix("```"), found.last_mut()) {
            (Some(_), _) if is_open => is_open = false,
            (Some(kind), _) => {
                is_open = true;
                found.push(Example { kind: kind.to_owned(), line: line + 1, text: String::new() });
            }
            (None, Some(example)) if is_open => example.text.extend([text, "\n"]),
            _ => {}
        }
    }
    found
}

fn read(name: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("schema").join(name);
    fs::read_to_string(&path).expect("a file of the package")
}
