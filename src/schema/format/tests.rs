//! What formatting keeps, whatever the text: the schema, every comment, and its own output.

use std::path::{Path, PathBuf};

use crate::schema::lexer::Lexer;
use crate::schema::token::TokenKind;
use crate::schema::{CompileOptions, Difference, Outline, Reflection, Schema, differences};

use super::{FormatError, format};

/// Variations of each schema.
const VARIATIONS: u64 = 12;

/// Every schema of the repository, good and bad.
fn schemas() -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let directories = [
        "tests/schema/good",
        "tests/schema/bad",
        "tests/schema/diff",
        "tests/schema/reflect",
        "tests/schema/format",
        "schema",
    ];
    let files = directories.iter().flat_map(|directory| std::fs::read_dir(root.join(directory)).unwrap());
    let mut paths: Vec<_> = files.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "zed"));
    paths.sort();
    assert!(paths.len() > 200, "only {}", paths.len());
    paths.into_iter().map(|path| (path.clone(), std::fs::read_to_string(path).unwrap())).collect()
}

/// Formats a text if it is a schema, and holds everything that must hold of the outcome. Whether it is one.
fn check(text: &str) -> bool {
    let formatted = match format(text) {
        Ok(formatted) => formatted,
        Err(FormatError::Invalid(_)) => return false,
        Err(FormatError::Unfaithful) => panic!("unfaithful:\n{text}"),
    };
    assert_eq!(format(&formatted).as_ref(), Ok(&formatted), "formatting again changes:\n{text}");
    assert!(formatted.is_empty() || formatted.ends_with('\n'), "{formatted:?}");
    let options = CompileOptions::default();
    match (Schema::compile(text, &options), Schema::compile(&formatted, &options)) {
        (Ok(before), Ok(after)) => {
            assert_eq!(Outline(&before).to_string(), Outline(&after).to_string(), "{text}");
            let (before, after) = (Reflection::read(text).unwrap(), Reflection::read(&formatted).unwrap());
            let changes = differences(&before, &after).unwrap();
            // Where parts of an expression stand is a difference, too; what they are is not.
            let is_change = |change: &Difference| !matches!(change, Difference::CaveatExpressionChanged(_));
            assert!(!changes.iter().any(is_change), "{text}\n{formatted}\n{changes:?}");
            for (before, after) in before.caveats.iter().zip(&after.caveats) {
                assert_eq!(before.expression, after.expression, "{text}\n{formatted}");
            }
        }
        (Err(before), Err(after)) => {
            let codes = |error: &crate::schema::SchemaError| {
                error.diagnostics().iter().map(|diagnostic| diagnostic.code).collect::<Vec<_>>()
            };
            assert_eq!(codes(&before), codes(&after), "{text}\n{formatted}");
        }
        (before, after) => panic!("{before:?}\n{after:?}\n{text}\n{formatted}"),
    }
    true
}

/// The same words with other things between some of them.
fn varied(text: &str, random: &mut fastrand::Rng) -> String {
    const BETWEEN: [&str; 14] = [
        " ",
        "\t",
        "\n",
        "\n\n\n",
        "\r\n",
        ";",
        " // a comment \n",
        "//b\r\n\n",
        "/* c */",
        " /* d\n\t * e\n\n   f */ ",
        "\n\t/**\n\t * doc\n\t */\n",
        "\n// g\n\n// h\n",
        "/* i */ ;",
        "\n  /* j\r\n  k */\n",
    ];
    let (mut lexer, mut varied, mut end) = (Lexer::new(text), String::new(), 0);
    let often = random.u32(2..40);
    loop {
        let token = lexer.next_token();
        varied.push_str(&text[end..token.span.start]);
        if random.u32(0..often) == 0 {
            varied.push_str(BETWEEN[random.usize(0..BETWEEN.len())]);
        }
        varied.push_str(token.span.of(text));
        end = token.span.end;
        if token.kind == TokenKind::End {
            return varied;
        }
    }
}

#[test]
fn every_schema_keeps_its_meaning_and_is_stable() {
    let formatted = schemas().iter().filter(|(_, text)| check(text)).count();
    assert!(formatted > 150, "only {formatted}");
}

#[test]
fn comments_space_and_terminators_anywhere_keep_the_meaning() {
    let mut formatted = 0;
    for (path, text) in schemas() {
        for seed in 0..VARIATIONS {
            let varied = varied(&text, &mut fastrand::Rng::with_seed(seed));
            let outcome = std::panic::catch_unwind(|| check(&varied));
            formatted += u64::from(outcome.unwrap_or_else(|_| panic!("{} with seed {seed}", path.display())));
        }
    }
    assert!(formatted > 50 * VARIATIONS, "only {formatted}");
}

#[test]
fn what_is_no_schema_is_refused_with_the_parsers_diagnostics() {
    let Err(FormatError::Invalid(error)) = format("definition user {\n\trelation\n}\n") else {
        panic!("formatted")
    };
    let expected = "parse error in `schema`, line 2, column 10: Expected identifier, found token end of line";
    assert_eq!(error.first().headline(), expected);
}

#[test]
fn names_that_do_not_exist_are_formatted_all_the_same() {
    let formatted = format("definition a{relation b:nobody\n}").unwrap();
    assert_eq!(formatted, "definition a {\n\trelation b: nobody\n}\n");
}

#[test]
fn what_the_parser_takes_for_an_expression_stays_one() {
    for body in [";", "/* c */ ;", "{}", "\n;\n// c\n"] {
        assert!(check(&format!("caveat on_weekdays(day string) {{ {body}}}")), "{body:?}");
    }
}

#[test]
fn an_empty_text_stays_empty() {
    for text in ["", " ", "\n\n", "\t\r\n", ";"] {
        assert_eq!(format(text).as_deref(), Ok(""), "{text:?}");
    }
}

#[test]
fn deep_and_long_schemas_are_formatted_in_time_proportional_to_them() {
    let deep = format!("definition a {{\n\tpermission b = {}b{}\n}}\n", "(".repeat(900), ")".repeat(900));
    let wide = format!("definition a {{\n\tpermission b = {}b\n}}\n", "b + ".repeat(100_000));
    let many = "definition a { relation b: a | a:* // c\n\n\n}\n".repeat(20_000);
    for text in [deep, wide, many] {
        let formatted = format(&text).unwrap();
        assert_eq!(format(&formatted).as_ref(), Ok(&formatted));
        assert!(formatted.len() < 6 * text.len());
    }
}
