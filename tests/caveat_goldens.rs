//! Caveats by example: every `.cel` file in `tests/caveats` with what the compiler makes of it beside it.
//!
//! A file has cases, separated by lines of `---`. The first line of a case declares the parameters, as a schema does;
//! the rest is the expression. `REGEN=1 cargo test --test caveat_goldens` writes the expectations anew.

#![cfg(test)]

use std::fmt::Write;
use std::ops::Range;
use std::path::Path;

use arrowroot::caveat::{Caveat, CompileError, Outline, Parameter, ParameterType, lay_out};

/// Compiles every case of a directory and compares the results with the text beside its file.
fn check(directory: &str, cases_min: usize, describe: fn(&str, Result<Caveat, Vec<CompileError>>) -> String) {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/caveats").join(directory);
    let files = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    let mut count = 0;
    for source in files.filter(|path| path.extension().is_some_and(|kind| kind == "cel")) {
        let text = std::fs::read_to_string(&source).unwrap();
        let mut found = String::new();
        for case in text.trim_end().split("\n---\n") {
            let (declaration, expression) = case.split_once('\n').unwrap();
            let result = describe(expression, Caveat::compile(parameters(declaration), expression));
            writeln!(found, "{declaration}\n{expression}\n{result}").unwrap();
            count += 1;
        }
        let expectation = source.with_extension("txt");
        if std::env::var_os("REGEN").is_some() {
            std::fs::write(&expectation, &found).unwrap();
        }
        let expected = std::fs::read_to_string(&expectation).unwrap_or_default();
        assert_eq!(found, expected, "{}", source.display());
    }
    assert!(count >= cases_min, "only {count} cases");
}

/// The parameters of a line such as `(limit int, names list<string>)`.
fn parameters(declaration: &str) -> Vec<Parameter> {
    let inner = declaration.strip_prefix('(').and_then(|rest| rest.strip_suffix(')'));
    let inner = inner.unwrap_or_else(|| panic!("`{declaration}` is no list of parameters"));
    let declared = inner.split(", ").filter(|parameter| !parameter.is_empty());
    let parameter = |parameter: &str| {
        let (name, kind) = parameter.split_once(' ').unwrap();
        Parameter { name: name.to_owned(), kind: parameter_type(kind) }
    };
    declared.map(parameter).collect()
}

fn parameter_type(text: &str) -> ParameterType {
    let inner =
        |prefix| text.strip_prefix(prefix).and_then(|rest| rest.strip_suffix('>')).map(parameter_type);
    if let Some(element) = inner("list<") {
        return ParameterType::List(Box::new(element));
    }
    if let Some(value) = inner("map<") {
        return ParameterType::Map(Box::new(value));
    }
    match text {
        "any" => ParameterType::Any,
        "bool" => ParameterType::Bool,
        "string" => ParameterType::String,
        "int" => ParameterType::Int,
        "uint" => ParameterType::Uint,
        "double" => ParameterType::Double,
        "bytes" => ParameterType::Bytes,
        "duration" => ParameterType::Duration,
        "timestamp" => ParameterType::Timestamp,
        "ipaddress" => ParameterType::IpAddress,
        _ => panic!("`{text}` is no type"),
    }
}

/// Line and column of a place, from 1, with the line and a mark under what it spans of it.
fn excerpt(text: &str, span: &Range<usize>) -> (usize, usize, String) {
    let start = text[..span.start].rfind('\n').map_or(0, |position| position + 1);
    let end = text[span.start..].find('\n').map_or(text.len(), |position| span.start + position);
    let width = |range: Range<usize>| text[range].chars().count();
    let column = width(start..span.start);
    let marks = "^".repeat(width(span.start..span.end.min(end)).max(1));
    let excerpt = format!("   | {}\n   | {}{marks}", &text[start..end], " ".repeat(column));
    (text[..start].matches('\n').count() + 1, column + 1, excerpt)
}

/// Whether it has something like `1e+10.0`, which CEL's formatter writes and its parser does not read.
fn is_unreadable(expression: &str) -> bool {
    let is_digit = |character: char| character.is_ascii_digit();
    let mut exponents = expression.split(['e']).skip(1).map(|rest| rest.trim_start_matches(['+', '-']));
    exponents.any(|exponent| {
        exponent.starts_with(is_digit) && exponent.trim_start_matches(is_digit).starts_with('.')
    })
}

/// The expression in the layout that all spellings share, if it has another one. It must compile, and stay.
fn respelled(expression: &str, caveat: &Caveat) -> String {
    let laid_out = lay_out(expression).unwrap();
    if !is_unreadable(&laid_out) {
        Caveat::compile(caveat.parameters().to_vec(), &laid_out).unwrap();
        assert_eq!(lay_out(&laid_out).unwrap(), laid_out);
    }
    if laid_out == expression { String::new() } else { format!("as {laid_out}\n") }
}

#[test]
fn good_caveats_compile_to_their_outlines() {
    check("good", 250, |expression, result| match result {
        Ok(caveat) => {
            let unused = caveat.unused_parameters();
            let unused =
                if unused.is_empty() { String::new() } else { format!("unused: {}\n", unused.join(" ")) };
            format!("=> {}\n{unused}{}", Outline(&caveat), respelled(expression, &caveat))
        }
        Err(errors) => format!("refused: {errors:?}\n"),
    });
}

#[test]
fn bad_caveats_are_refused_with_their_errors() {
    check("bad", 350, |expression, result| {
        let Err(errors) = result else { return "accepted\n".to_owned() };
        let mut text = String::new();
        for error in errors {
            let (line, column, excerpt) = excerpt(expression, &error.span);
            writeln!(text, "{line}:{column}: {}\n{excerpt}", error.message).unwrap();
        }
        text
    });
}
