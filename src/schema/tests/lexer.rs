//! Tokens, above all the strings of caveats' bodies.

use crate::schema::lexer::Lexer;
use crate::schema::token::{Keyword, TokenKind, UseFlag};

fn kinds(text: &str) -> Vec<TokenKind> {
    let mut lexer = Lexer::new(text);
    let tokens = std::iter::from_fn(|| Some(lexer.next_token().kind));
    tokens.take_while(|kind| *kind != TokenKind::End).collect()
}

#[test]
fn string_ends_at_its_own_quote() {
    for text in [
        "''",
        "\"\"",
        "'a'",
        "\"'\"",
        "'\"'",
        r#""\"""#,
        r"'\''",
        r"'\\'",
        "\"\"\"\"\"\"",
        "\"\"\"a\"b\nc\"\"\"",
        "'''a'b\nc'''",
        r#""""\"""""#,
    ] {
        assert_eq!(kinds(text), [TokenKind::String], "{text}");
    }
}

#[test]
fn backslash_escapes_nothing_in_a_raw_string() {
    for text in [r#"r"\""#, r"R'\'", r#"br"\""#, r#"Rb"\""#] {
        assert_eq!(kinds(text), [TokenKind::Identifier, TokenKind::String], "{text}");
    }
    assert_eq!(kinds(r#"b"\""#), [TokenKind::Identifier, TokenKind::UnterminatedString]);
    assert_eq!(kinds(r#"r "\""#), [TokenKind::Identifier, TokenKind::UnterminatedString]);
}

#[test]
fn short_string_ends_with_the_line() {
    for text in ["'abc\n'", "\"abc\r\"", "'abc\\\n'", "'abc"] {
        assert_eq!(kinds(text)[0], TokenKind::UnterminatedString, "{text:?}");
    }
    assert_eq!(kinds("'''abc\n'"), [TokenKind::UnterminatedString]);
}

#[test]
fn line_ends_a_statement_after_words_closing_brackets_and_stars_only() {
    for (text, ends) in [
        ("abc\n", true),
        ("nil\n", true),
        ("}\n", true),
        (")\n", true),
        ("*\n", true),
        ("abc // why\n", true),
        ("...\n", false),
        ("'abc'\n", false),
        ("{\n", false),
        ("(\n", false),
        ("+\n", false),
        ("=\n", false),
        (":\n", false),
        (";\n", false),
        ("\n", false),
        ("abc\n\n", true),
    ] {
        let ends_found = kinds(text).iter().filter(|kind| **kind == TokenKind::LineEnd).count();
        assert_eq!(ends_found, usize::from(ends), "{text:?}");
    }
}

#[test]
fn word_is_a_keyword_only_under_its_flag() {
    let mut lexer = Lexer::new("self self and");
    assert_eq!(lexer.next_token().kind, TokenKind::Identifier);
    lexer.flags.insert(UseFlag::SelfObject);
    assert_eq!(lexer.next_token().kind, TokenKind::Keyword(Keyword::SelfObject));
    assert_eq!(lexer.next_token().kind, TokenKind::Identifier);
}
