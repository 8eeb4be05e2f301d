//! Which types functions and operators take. Every case is as SpiceDB answers it.

use super::*;

/// An operand of each type, null last.
const OPERANDS: &[&str] =
    &["i", "1u", "d", "s", "by", "b", "t", "du", "ip", "a", "li", "la", "m", "ma", "null"];

/// For each operand on the left, those on the right that an operator takes with it.
fn check_operator(operator: &str, expected: &[(&str, &str)]) {
    for left in OPERANDS {
        let takes = |right: &&&str| !type_of(&format!("{left} {operator} {right}")).starts_with("found no");
        let found: Vec<&str> = OPERANDS.iter().filter(takes).copied().collect();
        let expected = expected.iter().find(|(operand, _)| operand == left).map_or("", |(_, right)| right);
        assert_eq!(found.join(" "), expected, "{left} {operator}");
    }
}

#[test]
fn sums() {
    check_operator(
        "+",
        &[
            ("i", "i a"),
            ("1u", "1u a"),
            ("d", "d a"),
            ("s", "s a"),
            ("by", "by a"),
            ("t", "du a null"),
            ("du", "t du a null"),
            ("a", "i 1u d s by t du a li la null"),
            ("li", "a li la"),
            ("la", "a li la"),
            ("null", "t du a null"),
        ],
    );
    check_types(&[
        ("t + du", "google.protobuf.Timestamp"),
        ("du + t", "google.protobuf.Timestamp"),
        ("du + du", "google.protobuf.Duration"),
        ("du + a", "dyn"),
        ("a + 1", "int"),
        ("a + a", "dyn"),
        ("li + la", "list(dyn)"),
        ("a + li", "list(int)"),
    ]);
}

#[test]
fn differences_and_products() {
    check_operator(
        "-",
        &[
            ("i", "i a"),
            ("1u", "1u a"),
            ("d", "d a"),
            ("t", "t du a null"),
            ("du", "du a null"),
            ("a", "i 1u d t du a null"),
            ("null", "t du a null"),
        ],
    );
    check_types(&[("t - t", "google.protobuf.Duration"), ("t - du", "google.protobuf.Timestamp")]);
    for operator in ["*", "/"] {
        check_operator(operator, &[("i", "i a"), ("1u", "1u a"), ("d", "d a"), ("a", "i 1u d a")]);
    }
    check_operator("%", &[("i", "i a"), ("1u", "1u a"), ("a", "i 1u a")]);
}

#[test]
fn equality() {
    for operator in ["==", "!="] {
        check_operator(
            operator,
            &[
                ("i", "i a"),
                ("1u", "1u a"),
                ("d", "d a"),
                ("s", "s a"),
                ("by", "by a"),
                ("b", "b a"),
                ("t", "t a null"),
                ("du", "du a null"),
                ("ip", "ip a null"),
                ("a", "i 1u d s by b t du ip a li la m ma null"),
                ("li", "a li la"),
                ("la", "a li la"),
                ("m", "a m ma"),
                ("ma", "a m ma"),
                ("null", "t du ip a null"),
            ],
        );
    }
    check_types(&[
        ("li == []", "bool"),
        ("li == [1, 'a']", "bool"),
        ("m == {}", "bool"),
        ("type(i) == type(d)", "bool"),
        ("dyn(1) == 1.0", "bool"),
        ("li == [1.0]", "found no matching overload for '_==_' applied to '(list(int), list(double))'"),
        ("u == 1u", "found no matching overload for '_==_' applied to '(int, uint)'"),
    ]);
}

#[test]
fn order() {
    for operator in ["<", "<=", ">", ">="] {
        check_operator(
            operator,
            &[
                ("i", "i a"),
                ("1u", "1u a"),
                ("d", "d a"),
                ("s", "s a"),
                ("by", "by a"),
                ("b", "b a"),
                ("t", "t a null"),
                ("du", "du a null"),
                ("a", "i 1u d s by b t du a null"),
                ("null", "t du a null"),
            ],
        );
    }
}

#[test]
fn numbers_of_different_types_have_an_order_after_a_macro_only() {
    check_types(&[
        ("i < d", "found no matching overload for '_<_' applied to '(int, double)'"),
        ("i < d && li.all(x, true)", "found no matching overload for '_<_' applied to '(int, double)'"),
        ("li.all(x, true) && i < d", "bool"),
        ("li.exists(x, x >= 1.5)", "bool"),
        ("li.map(x, x)[0] > 1u", "bool"),
        ("[].all(x, x < 1.5 && x == 1)", "bool"),
        ("li.exists(x, x == 1.5)", "found no matching overload for '_==_' applied to '(int, double)'"),
        ("li.exists(x, x < 'a')", "found no matching overload for '_<_' applied to '(int, string)'"),
    ]);
}

#[test]
fn membership() {
    check_operator(
        "in",
        &[
            ("i", "a li la"),
            ("1u", "a la"),
            ("d", "a la"),
            ("s", "a la m ma"),
            ("by", "a la"),
            ("b", "a la"),
            ("t", "a la"),
            ("du", "a la"),
            ("ip", "a la"),
            ("a", "a li la m ma"),
            ("li", "a la"),
            ("la", "a la"),
            ("m", "a la"),
            ("ma", "a la"),
            ("null", "a la"),
        ],
    );
    check_types(&[
        ("1 in []", "bool"),
        ("1 in {}", "bool"),
        ("1 in [1.0]", "found no matching overload for '@in' applied to '(int, list(double))'"),
    ]);
}

#[test]
fn logic_takes_bools() {
    check_types(&[
        ("b && a", "bool"),
        ("a || b", "bool"),
        ("!a", "bool"),
        ("b && i", "expected type `bool` but found `int`"),
        ("null || b", "expected type `bool` but found `null`"),
        ("!i", "found no matching overload for '!_' applied to '(int)'"),
    ]);
}

#[test]
fn negation() {
    check_types(&[
        ("-i", "int"),
        ("-d", "double"),
        ("-a", "dyn"),
        ("-u", "int"),
        ("-1u", "found no matching overload for '-_' applied to '(uint)'"),
        ("-du", "found no matching overload for '-_' applied to '(duration)'"),
        ("--s", "string"),
    ]);
}

/// For each conversion, the operands that it takes.
#[test]
fn conversions() {
    for (function, expected) in [
        ("bool", "s b a"),
        ("int", "i 1u d s t du a null"),
        ("uint", "i 1u d s a"),
        ("double", "i 1u d s a"),
        ("string", "i 1u d s by b t du a null"),
        ("bytes", "s by a"),
        ("timestamp", "i s t a null"),
        ("duration", "i s du a null"),
        ("dyn", "i 1u d s by b t du ip a li la m ma null"),
        ("type", "i 1u d s by b t du ip a li la m ma null"),
        ("size", "s by a li la m ma"),
    ] {
        let takes = |operand: &&&str| !type_of(&format!("{function}({operand})")).starts_with("found no");
        let found: Vec<&str> = OPERANDS.iter().filter(takes).copied().collect();
        assert_eq!(found.join(" "), expected, "{function}");
    }
}

#[test]
fn methods() {
    check_types(&[
        ("s.size()", "int"),
        ("m.size()", "int"),
        ("s.contains('a')", "bool"),
        ("s.startsWith(a)", "bool"),
        ("s.endsWith('a')", "bool"),
        ("s.matches('a')", "bool"),
        ("matches(s, 'a')", "bool"),
        ("ip.in_cidr('10.0.0.0/8')", "bool"),
        ("m.isSubtreeOf(ma)", "bool"),
        ("a.isSubtreeOf(a)", "bool"),
        ("contains(s, 'a')", "found no matching overload for 'contains' applied to '(string, string)'"),
        ("s.contains(i)", "found no matching overload for 'contains' applied to 'string.(int)'"),
        ("by.contains(b'a')", "found no matching overload for 'contains' applied to 'bytes.(bytes)'"),
        ("s.int()", "found no matching overload for 'int' applied to 'string.()'"),
        ("size()", "found no matching overload for 'size' applied to '()'"),
        ("s.in_cidr('a')", "found no matching overload for 'in_cidr' applied to 'string.(string)'"),
        ("ip.in_cidr()", "found no matching overload for 'in_cidr' applied to 'IPAddress.()'"),
        (
            "{1: 2}.isSubtreeOf(ma)",
            "found no matching overload for 'isSubtreeOf' applied to 'map(int, int).(map(string, dyn))'",
        ),
    ]);
}

#[test]
fn parts_of_times() {
    for part in ["FullYear", "Month", "Date", "DayOfMonth", "DayOfWeek", "DayOfYear"] {
        assert_eq!(type_of(&format!("t.get{part}()")), "int");
        assert_eq!(type_of(&format!("t.get{part}(s)")), "int");
        assert!(type_of(&format!("du.get{part}()")).starts_with("found no matching overload"));
    }
    for part in ["Hours", "Minutes", "Seconds", "Milliseconds"] {
        assert_eq!(type_of(&format!("t.get{part}()")), "int");
        assert_eq!(type_of(&format!("t.get{part}('UTC')")), "int");
        assert_eq!(type_of(&format!("du.get{part}()")), "int");
        assert!(type_of(&format!("du.get{part}('UTC')")).starts_with("found no matching overload"));
    }
}
