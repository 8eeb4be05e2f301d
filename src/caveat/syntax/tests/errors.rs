//! What is refused, why, and where.

use super::*;

/// Each expression has one error: the text that it is about, and how it begins.
fn check(cases: &[(&str, &str, &str)]) {
    for (text, place, message) in cases {
        let errors = errors(text);
        assert_eq!(errors.len(), 1, "{text}: {errors:?}");
        assert_eq!(errors[0].0, *place, "{text}: {errors:?}");
        assert!(errors[0].1.starts_with(message), "{text}: {errors:?}");
    }
}

#[test]
fn what_is_no_token() {
    check(&[
        ("a # b", "#", "unexpected character `#`"),
        ("a = b", "=", "unexpected `=`; equality is `==`"),
        ("a === b", "=", "unexpected `=`"),
        ("a & b", "&", "unexpected `&`; conjunction is `&&`"),
        ("a | b", "|", "unexpected `|`; disjunction is `||`"),
        ("a == 1;", ";", "unexpected character `;`"),
        ("é", "é", "unexpected character `é`"),
        ("a\u{a0}== b", "\u{a0}", "unexpected character"),
    ]);
    assert_eq!(errors("a.`b`").len(), 2);
}

#[test]
fn strings_that_do_not_end() {
    check(&[
        ("a == 'b", "'b", "the closing `'` is missing"),
        ("a == \"b\nc\"", "\"b", "the closing `\"` is missing"),
        ("'''a'' # for", "'''a'' # for", "the closing `'''` is missing"),
        (r"'a\'", r"'a\'", "the closing `'` is missing"),
        ("b'a", "b'a", "the closing `'` is missing"),
        ("r\"", "r\"", "the closing `\"` is missing"),
        ("'a\r'", "'a", "the closing `'` is missing"),
    ]);
}

#[test]
fn escapes_that_do_not_exist() {
    check(&[
        (r"'a\q'", r"\q", "there is no such escape"),
        (r"'\1'", r"\1", "an octal escape takes three digits"),
        (r"'\477'", r"\4", "an octal escape takes three digits"),
        (r"'\x4'", r"\x4", "`\\x` takes two"),
        (r"'\u00g0'", r"\u00", "`\\u` takes four"),
        (r"'\U00110000'", r"\U00110000", "`\\U` takes eight"),
        (r"b'\u0041'", r"\u0041", "bytes cannot have"),
    ]);
}

#[test]
fn numbers_out_of_range() {
    check(&[
        ("9223372036854775808", "9223372036854775808", "the number does not fit an int"),
        ("--9223372036854775808", "9223372036854775808", "the number does not fit an int"),
        ("-9223372036854775809", "9223372036854775809", "the number does not fit an int"),
        ("18446744073709551616u", "18446744073709551616u", "the number does not fit a uint"),
        ("0xFFFFFFFFFFFFFFFF", "0xFFFFFFFFFFFFFFFF", "the number does not fit an int"),
        ("1e400", "1e400", "the number does not fit a double"),
        ("-1e400", "1e400", "the number does not fit a double"),
    ]);
}

#[test]
fn tokens_without_a_place() {
    check(&[
        ("", "", "expected an expression, but the expression ends"),
        ("a ==", "", "expected an expression, but the expression ends"),
        ("== a", "==", "expected an expression, found `==`"),
        ("a b", "b", "expected an operator or the end, found `b`"),
        ("a)", ")", "expected an operator or the end, found `)`"),
        ("(a", "", "expected `)`, but the expression ends"),
        ("[a", "", "expected `,` or `]`, but the expression ends"),
        ("[a,,]", ",", "expected an expression, found `,`"),
        ("[,a]", "a", "expected `,` or `]`, found `a`"),
        ("{a}", "}", "expected `:`, found `}`"),
        ("f(a,)", ")", "expected an expression, found `)`"),
        ("f(a b)", "b", "expected `,` or `)`, found `b`"),
        ("a ? b", "", "expected `:`, but the expression ends"),
        ("a ? b ? c : d : e", "?", "expected `:` (a condition before it needs parentheses), found `?`"),
        ("a.", "", "expected a field or a method, but the expression ends"),
        ("a.null", "null", "expected a field or a method, found `null`"),
        ("a.1", ".1", "expected an operator or the end, found `.1`"),
        ("!-a", "-", "expected an expression, found `-`"),
        ("-!a", "!", "expected an expression, found `!`"),
        ("+a", "+", "expected an expression, found `+`"),
        ("a[]", "]", "expected an expression, found `]`"),
        ("(a)(b)", "(", "expected an operator or the end, found `(`"),
        ("1f", "f", "expected an operator or the end, found `f`"),
        ("0x", "x", "expected an operator or the end, found `x`"),
        ("in", "in", "expected an expression, found `in`"),
        ("a /* b */", "*", "expected an expression, found `*`"),
        ("..a", ".", "expected a name, found `.`"),
    ]);
}

#[test]
fn names_that_are_reserved() {
    for word in [
        "as",
        "break",
        "const",
        "continue",
        "else",
        "for",
        "function",
        "if",
        "import",
        "let",
        "loop",
        "namespace",
        "package",
        "return",
        "var",
        "void",
        "while",
    ] {
        let message = format!("`{word}` is reserved and cannot be a name here");
        assert_eq!(errors(word), [(word, message.clone())]);
        assert_eq!(errors(&format!("{word}(a)"))[0].1, message);
        assert_eq!(errors(&format!("a.{word} + b.{word}(c)")), []);
    }
}

#[test]
fn optional_values_and_messages_have_their_places() {
    check(&[
        ("a.?in", "in", "expected a field or a method, found `in`"),
        ("a.?b(c)", "(", "expected an operator or the end, found `(`"),
        ("a.?'b'", "'b'", "expected a field or a method, found `'b'`"),
        ("f(?a)", "?", "expected an expression, found `?`"),
        ("[??a]", "?", "expected an expression, found `?`"),
        ("{a: ?b}", "?", "expected an expression, found `?`"),
        ("A{'b': c}", "'b'", "expected a field, found `'b'`"),
        ("A{b}", "}", "expected `:`, found `}`"),
        ("A{b: c,,}", ",", "expected a field, found `,`"),
        ("A{b: c}{}", "{", "expected an operator or the end, found `{`"),
        ("(A){}", "{", "expected an operator or the end, found `{`"),
        ("a.optMap(b.c, d)", "b.c", "the variable of `optMap` must be a simple name"),
        ("has(a.?b)", "a.?b", "`has` takes the selection of a field"),
    ]);
}

#[test]
fn macros_with_wrong_arguments() {
    check(&[
        ("has(a)", "a", "`has` takes the selection of a field"),
        ("has(a.b, c)", "a.b", "`has` takes the selection of a field"),
        ("has()", "has()", "`has` takes the selection of a field"),
        ("a.all(x)", "all", "`all` takes a variable and an expression, such as `all(x, x > 0)`"),
        ("a.filter(x, b, c)", "filter", "`filter` takes a variable and an expression"),
        ("a.map(x)", "map", "`map` takes a variable and an expression"),
        ("has(a[b])", "a[b]", "`has` takes the selection of a field"),
        ("a.all(1, b)", "1", "the variable of `all` must be a simple name"),
        ("a.map(x.y, b, c)", "x.y", "the variable of `map` must be a simple name"),
    ]);
}

#[test]
fn several_errors_are_reported_in_order_up_to_a_bound() {
    assert_eq!(errors("for + 1e400 + has(a) + if").len(), 4);
    let many = errors("# # #").len();
    assert_eq!(many, 3);
    assert_eq!(errors(&"#".repeat(1_000)).len(), 20);
    assert_eq!(errors(&vec!["for"; 1_000].join(" + ")).len(), 20);
}

#[test]
fn long_input_is_shortened_in_messages() {
    let text = format!("a {}", "b".repeat(50_000));
    assert!(errors(&text)[0].1.len() < 300);
    let text = format!("a '{}'", "é".repeat(20_000));
    assert!(errors(&text)[0].1.len() < 400);
}
