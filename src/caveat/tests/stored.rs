//! Stored values count before those of a request.

use super::super::{Context, ContextError};
use super::{Budget, Verdict, assert_all, caveat, outcome};

/// Stored context, context of a request, and what `i == 1 && s == 'a'` comes to.
const ROWS: &[(&str, &str, &str)] = &[
    ("", "", "unknown: i, s"),
    ("", r#"{"zzz": 1}"#, "unknown: i, s"),
    (r#"{"i": 1}"#, "", "unknown: s"),
    (r#"{"i": 2}"#, "", "false"),
    (r#"{"i": 1}"#, r#"{"i": 2, "s": "a"}"#, "true"),
    (r#"{"i": 2}"#, r#"{"i": 1, "s": "a"}"#, "false"),
    (r#"{"i": 1, "s": "a"}"#, "", "true"),
    (r#"{"i": 1}"#, r#"{"i": "x", "s": "a"}"#, "true"),
    (r#"{"i": 2}"#, r#"{"s": 1}"#, "refused: for string: a string value is required, but found float64 `1`"),
    (
        "",
        r#"{"i": "x", "s": 1}"#,
        "refused: for int: a int64 value is required, but found invalid string value `x`",
    ),
];

#[test]
fn stored_values_count_whole_and_first() {
    let both = caveat("i int, s string", "i == 1 && s == 'a'");
    assert_all(ROWS.iter().map(|(stored, request, expected)| {
        (format!("{stored} {request}"), *expected, outcome(&both, stored, request))
    }));
    let map = caveat("m map<int>", "has(m.a)");
    assert_eq!(outcome(&map, r#"{"m": {"b": 1}}"#, r#"{"m": {"a": 1}}"#), "false");
}

#[test]
fn an_evaluation_takes_none_one_or_both_contexts() {
    let caveat = caveat("i int", "i == 1");
    let one = caveat.bind(&Context::parse(r#"{"i": 1}"#).unwrap()).unwrap();
    let two = caveat.bind(&Context::parse(r#"{"i": 2}"#).unwrap()).unwrap();
    let evaluate = |stored, request| caveat.evaluate(stored, request, &mut Budget::default()).unwrap();
    assert!(matches!(evaluate(None, None), Verdict::Unknown(missing) if missing.as_slice() == [0]));
    assert_eq!(evaluate(Some(&one), None), Verdict::True);
    assert_eq!(evaluate(None, Some(&one)), Verdict::True);
    assert_eq!(evaluate(Some(&one), Some(&two)), Verdict::True);
    assert_eq!(evaluate(Some(&two), Some(&one)), Verdict::False);
}

#[test]
fn what_is_stored_names_parameters_and_fits_them() {
    let caveat = caveat("i int, s string", "i == 1 && s == 'a'");
    let check = |context| caveat.check_context(&Context::parse(context).unwrap());
    assert_eq!(check(""), Ok(()));
    assert_eq!(check(r#"{"i": 1}"#), Ok(()));
    assert_eq!(check(r#"{"z": 1}"#), Err(ContextError::UnknownParameter { parameter: "z".to_owned() }));
    let message = check(r#"{"i": "q"}"#).unwrap_err().to_string();
    let expected = "could not convert context parameter `i`: for int: a int64 value is required, but found invalid \
        string value `q`";
    assert_eq!(message, expected);
}

#[test]
fn a_context_is_a_json_object() {
    for text in ["[]", "1", "null", "{", "{\"a\": 1}}", "{\"a\": 1e400}", "{\"a\": NaN}"] {
        assert!(Context::parse(text).is_err(), "{text}");
    }
    // JSON of any depth ends with an error and not with the stack.
    let deep = format!("{{\"a\": {}{}}}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(Context::parse(&deep).is_err());
}
