//! Patterns of `matches` are those of RE2.

use super::super::pattern;
use super::{caveat, outcome};

/// The texts that are tried.
const TEXTS: [&str; 11] = ["a", "é", "b", "-", "K", "&", "[", "a.b", "", "\n", "s"];

/// Patterns and those of the texts in which they are found.
const FOUND: &[(&str, &[&str])] = &[
    ("^(a+)+$", &["a"]),
    ("(?P<n>a)", &["a", "a.b"]),
    ("(?<n>a)", &["a", "a.b"]),
    ("a{,2}", &[]),
    (r"\Qa.b\E", &["a.b"]),
    (r"\Qa", &["a", "a.b"]),
    ("[a&&b]", &["a", "b", "&", "a.b"]),
    ("[a~~b]", &["a", "b", "a.b"]),
    (r"\<a", &[]),
    (r"\x{61}", &["a", "a.b"]),
    (r"\x61", &["a", "a.b"]),
    ("(?U)a+", &["a", "a.b"]),
    ("[^]a]", &["é", "b", "-", "K", "&", "[", "a.b", "\n", "s"]),
    ("[]a]", &["a", "a.b"]),
    ("[[a]", &["a", "[", "a.b"]),
    ("[[:alpha:]]", &["a", "b", "K", "a.b", "s"]),
    ("[[:^alpha:]]", &["é", "-", "&", "[", "a.b", "\n"]),
    ("(?i)A", &["a", "a.b"]),
    (r"[\w-a]", &["a", "b", "-", "K", "a.b", "s"]),
    (r"[\d\D]", &["a", "é", "b", "-", "K", "&", "[", "a.b", "\n", "s"]),
    (r"[^\W]", &["a", "b", "K", "a.b", "s"]),
    (r"\w", &["a", "b", "K", "a.b", "s"]),
    (r"\W", &["é", "-", "&", "[", "a.b", "\n"]),
    (r"\d", &[]),
    (r"\s", &["\n"]),
    (r"\bа", &[]),
    (r"\ba\b", &["a", "a.b"]),
    (r"\Ba", &[]),
    (r"a\B", &[]),
    (r"\pL", &["a", "é", "b", "K", "a.b", "s"]),
    (r"\p{L}", &["a", "é", "b", "K", "a.b", "s"]),
    (r"\p{^L}", &["-", "&", "[", "a.b", "\n"]),
    (r"\PL", &["-", "&", "[", "a.b", "\n"]),
    (r"\p{Greek}", &[]),
    (r"[\pL]", &["a", "é", "b", "K", "a.b", "s"]),
    (r"[\p{^L}]", &["-", "&", "[", "a.b", "\n"]),
    (r"\141", &["a", "a.b"]),
    (r"\01", &[]),
    (r"\0", &[]),
    ("a{1,2}", &["a", "a.b"]),
    ("{", &[]),
    ("a{", &[]),
    ("a{x}", &[]),
    ("}", &[]),
    ("]", &[]),
    ("a|b|", &["a", "é", "b", "-", "K", "&", "[", "a.b", "", "\n", "s"]),
    ("|", &["a", "é", "b", "-", "K", "&", "[", "a.b", "", "\n", "s"]),
    ("()", &["a", "é", "b", "-", "K", "&", "[", "a.b", "", "\n", "s"]),
    ("(?:a)", &["a", "a.b"]),
    ("(?i:A)", &["a", "a.b"]),
    ("(?-i:A)", &[]),
    ("(?i-s:A.)", &["a.b"]),
    ("a+?", &["a", "a.b"]),
    ("a??", &["a", "é", "b", "-", "K", "&", "[", "a.b", "", "\n", "s"]),
    ("a{1}?", &["a", "a.b"]),
    (r"\_", &[]),
    (r"\-", &["-"]),
    ("é", &["é"]),
    (".", &["a", "é", "b", "-", "K", "&", "[", "a.b", "s"]),
    ("^$", &[""]),
    ("(?m)^a$", &["a"]),
    ("(?s).", &["a", "é", "b", "-", "K", "&", "[", "a.b", "\n", "s"]),
    ("[a-]", &["a", "-", "a.b"]),
    ("[-a]", &["a", "-", "a.b"]),
    (r"[^\n]", &["a", "é", "b", "-", "K", "&", "[", "a.b", "s"]),
    (r"\n", &["\n"]),
    (r"[\x{61}-\x{7a}]", &["a", "b", "a.b", "s"]),
    ("(?i)[k]", &["K"]),
    ("(?i)ſ", &["s"]),
    ("(?i)S", &["s"]),
];

/// Patterns that are refused, and why.
const REFUSED: &[(&str, &str)] = &[
    ("(a{1000}){1000}", "expression too large: `(a{1000}){1000}`"),
    ("(?x) a", "invalid or unsupported Perl syntax: `(?x) a`"),
    ("[a--b]", "invalid character class range, the start must be <= the end: `[a--b]`"),
    (r"\x6", r"invalid escape sequence `\x`: `\x6`"),
    (r"[a-\d]", r"invalid escape sequence `\d`: `[a-\d]`"),
    (r"\p{Foo}", r"Unicode property not found: `\p{Foo}`"),
    (r"\1", r"invalid escape sequence `\1`: `\1`"),
    ("a{1001}", "invalid repeat count: `a{1001}`"),
    ("a{2,1}", "invalid repetition count range, the start must be <= the end: `a{2,1}`"),
    ("(?u)a", "invalid or unsupported Perl syntax: `(?u)a`"),
    ("(?R)a", "invalid or unsupported Perl syntax: `(?R)a`"),
    ("(?=a)", "invalid or unsupported Perl syntax: `(?=a)`"),
    ("(?!a)", "invalid or unsupported Perl syntax: `(?!a)`"),
    ("a++", "invalid nested repetition operator: `a++`"),
    (r"\é", r"invalid escape sequence `\é`: `\é`"),
    ("[a-", "missing closing ]: `[a-`"),
    ("[b-a]", "invalid character class range, the start must be <= the end: `[b-a]`"),
    (r"[\b]", r"invalid escape sequence `\b`: `[\b]`"),
    (r"[\Q]", r"invalid escape sequence `\Q`: `[\Q]`"),
    (r"\", r"trailing backslash at end of expression: `\`"),
];

#[test]
fn patterns_are_found_as_re2_finds_them() {
    for (source, texts) in FOUND {
        let compiled = pattern::compile(source).unwrap();
        let found: Vec<_> = TEXTS.into_iter().filter(|text| compiled.is_match(text)).collect();
        assert_eq!(found, *texts, "{source}");
    }
}

#[test]
fn patterns_that_re2_refuses_fail() {
    for (source, problem) in REFUSED {
        assert_eq!(
            pattern::compile(source).unwrap_err(),
            format!("error parsing regexp: {problem}"),
            "{source}"
        );
    }
}

#[test]
fn a_bad_pattern_fails_when_it_is_needed() {
    let context = r#"{"s": "a"}"#;
    let expected = "error: error parsing regexp: unclosed group: `(`";
    assert_eq!(outcome(&caveat("s string", "s.matches('(')"), "", context), expected);
    assert_eq!(outcome(&caveat("s string", "s.matches('(') || s == 'a'"), "", context), "true");
}
