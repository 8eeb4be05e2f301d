//! What binds to what.

use super::*;

fn check(cases: &[(&str, &str)]) {
    for (text, expected) in cases {
        assert_eq!(tree(text), *expected, "{text}");
    }
}

#[test]
fn operators_bind_by_precedence_and_from_the_left() {
    check(&[
        ("a + b * c", "(+ a (* b c))"),
        ("a * b + c", "(+ (* a b) c)"),
        ("(a + b) * c", "(* (+ a b) c)"),
        ("a - b - c", "(- (- a b) c)"),
        ("a - (b - c)", "(- a (- b c))"),
        ("a / b % c", "(% (/ a b) c)"),
        ("a < b == c", "(== (< a b) c)"),
        ("a == b < c", "(< (== a b) c)"),
        ("a in b in c", "(in (in a b) c)"),
        ("a != b + c * d", "(!= a (+ b (* c d)))"),
        ("a >= b || c <= d && e > f", "(|| (>= a b) (&& (<= c d) (> e f)))"),
        ("a && b || c && d", "(|| (&& a b) (&& c d))"),
        ("a || b && c || d", "(|| a (&& b c) d)"),
        ("a + b == c && d", "(&& (== (+ a b) c) d)"),
    ]);
}

#[test]
fn chains_are_flat_and_parentheses_are_kept() {
    check(&[
        ("a && b && c && d", "(&& a b c d)"),
        ("a || b || c", "(|| a b c)"),
        ("(a && b) && c", "(&& (&& a b) c)"),
        ("a && (b && c)", "(&& a (&& b c))"),
        ("a && b == c && d", "(&& a (== b c) d)"),
    ]);
}

#[test]
fn conditions_group_from_the_right() {
    check(&[
        ("a ? b : c", "(?: a b c)"),
        ("a ? b : c ? d : e", "(?: a b (?: c d e))"),
        ("a ? (b ? c : d) : e", "(?: a (?: b c d) e)"),
        ("(a ? b : c) ? d : e", "(?: (?: a b c) d e)"),
        ("a || b ? c && d : e == f", "(?: (|| a b) (&& c d) (== e f))"),
    ]);
}

#[test]
fn signs_before_an_operand_cancel_in_pairs() {
    check(&[
        ("!a", "(! a)"),
        ("!!a", "a"),
        ("! ! !a", "(! a)"),
        ("--a", "a"),
        ("---a", "(neg a)"),
        ("!a.b(c)", "(! (method b a c))"),
        ("-a[b]", "(neg ([] a b))"),
        ("!(!a)", "(! (! a))"),
        ("!a && !b", "(&& (! a) (! b))"),
        ("a - -b", "(- a (neg b))"),
        ("a--b", "(- a (neg b))"),
    ]);
}

#[test]
fn one_minus_belongs_to_the_number_after_it() {
    check(&[
        ("-1", "-1"),
        ("- 1", "-1"),
        ("--1", "1"),
        ("a -1", "(- a 1)"),
        ("a - -1", "(- a -1)"),
        ("-1u", "(neg 1u)"),
        ("!-1", "(! -1)"),
        ("-1.5.b", "(.b -1.5)"),
        ("-9223372036854775808", "-9223372036854775808"),
    ]);
}

#[test]
fn members_calls_and_indexes_follow_each_other() {
    check(&[
        ("a.b.c", "(.c (.b a))"),
        (". a . b", "(.b a)"),
        ("a[b][c]", "([] ([] a b) c)"),
        ("a.b(c, d).e", "(.e (method b a c d))"),
        ("a()", "(call a)"),
        (".a(b)", "(call a b)"),
        ("(a).b()", "(method b a)"),
        ("[a].b", "(.b (list a))"),
        ("{a: b}.c", "(.c (map a b))"),
        ("'a'.b()", "(method b \"a\")"),
        ("a.for.if", "(.if (.for a))"),
        ("a.package(b)", "(method package a b)"),
    ]);
}

#[test]
fn lists_and_maps_may_end_with_a_comma() {
    check(&[
        ("[]", "(list)"),
        ("[,]", "(list)"),
        ("[a, b]", "(list a b)"),
        ("[a, b,]", "(list a b)"),
        ("{}", "(map)"),
        ("{,}", "(map)"),
        ("{a: b, 'c': d}", "(map a b \"c\" d)"),
        ("{a: b,}", "(map a b)"),
        ("{a ? b : c : d}", "(map (?: a b c) d)"),
    ]);
}

#[test]
fn macros_are_known_by_name() {
    check(&[
        ("has(a.b)", "(has.b a)"),
        ("has((a.b.c))", "(has.c (.b a))"),
        (".has(a.b)", "(call has (.b a))"),
        ("a.has(b)", "(method has a b)"),
        ("a.all(x, x)", "(macro All x a x)"),
        ("a.exists(x, x)", "(macro Exists x a x)"),
        ("a.exists_one((x), x)", "(macro ExistsOne x a x)"),
        ("a.map(x, b)", "(macro Map x a b)"),
        ("a.map(x, b, c)", "(macro Map x a b c)"),
        ("a.filter(x, b)", "(macro Filter x a b)"),
        ("all(a, x, x)", "(call all a x x)"),
        ("a.all", "(.all a)"),
        ("a.map(x, x).all(x, x.all(y, y))", "(macro All x (macro Map x a x) (macro All y x y))"),
    ]);
}

#[test]
fn space_and_comments_do_not_count() {
    check(&[
        ("\t a\r\n\u{c}&&\nb ", "(&& a b)"),
        ("// before\na // between\n && b // after", "(&& a b)"),
        ("'// no comment' + a//", "(+ \"// no comment\" a)"),
        ("a//b\n/c", "(/ a c)"),
    ]);
}

#[test]
fn spans_include_parentheses() {
    let text = "(a + b) * [c][0].d(e)";
    let parsed = parse(text).unwrap();
    let NodeKind::Binary(_, operator, operands) = parsed.root.kind.as_ref() else { panic!("{parsed:?}") };
    assert_eq!(&text[parsed.root.span.clone()], text);
    assert_eq!(&text[operator.clone()], "*");
    assert_eq!(&text[operands[0].span.clone()], "(a + b)");
    let NodeKind::Call { function, receiver: Some(receiver), .. } = operands[1].kind.as_ref() else {
        panic!()
    };
    assert_eq!(&text[function.span.clone()], "d");
    assert_eq!(&text[receiver.span.clone()], "[c][0]");
}

#[test]
fn optional_values_and_messages() {
    check(&[
        ("a.?b", "(.?b a)"),
        ("a . ? b", "(.?b a)"),
        ("a.?b.c", "(.c (.?b a))"),
        ("a.?b.?c", "(.?c (.?b a))"),
        ("a[?b]", "([?] a b)"),
        ("a[?b][c]", "([] ([?] a b) c)"),
        ("a[?b ? c : d]", "([?] a (?: b c d))"),
        ("[?a, b, ?c]", "(list (? a) b (? c))"),
        ("[?a ? b : c]", "(list (? (?: a b c)))"),
        ("{?a: b, c: d}", "(map a (? b) c d)"),
        ("a.optMap(b, c)", "(macro OptionalMap b a c)"),
        ("a.optMap(b)", "(method optMap a b)"),
        ("a.optMap(b, c, d)", "(method optMap a b c d)"),
        ("A{}", "(message A)"),
        ("A{,}", "(message A)"),
        ("a.B{c: d, ?e: f,}.g", "(.g (message (.B a) (field c d) (field e (? f))))"),
        (".a.B{as: c}", "(message (.B a) (field as c))"),
    ]);
}
