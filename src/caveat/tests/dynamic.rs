//! Values of type `any`: what they are is looked at when they are used.

use super::{assert_all, caveat, outcome};

/// Values in JSON, expressions on the value `a`, and what they come to.
const ROWS: &[(&str, &str, &str)] = &[
    (r#""x""#, "a.size() == 1", "true"),
    (r#""x""#, "a.size() == 1", "true"),
    (r#""x""#, "'x' in a", "error: no such overload"),
    (r#""x""#, "a + a == a", "false"),
    (r#""x""#, "a == a", "true"),
    (r#""x""#, "a < a", "false"),
    (r#""x""#, "a.k == 1", "error: no such key: k"),
    (r#""x""#, "has(a.k)", "false"),
    (r#""x""#, "a[0] == 1", "error: no such key: 0"),
    (r#""x""#, "a.all(k, true)", "error: got 'string', expected iterable type"),
    (r#""x""#, "string(a) == ''", "false"),
    (r#""x""#, "type(a) == string", "true"),
    (r#""x""#, "!a", "error: no such overload"),
    (r#""x""#, "a.matches('x')", "true"),
    (r#""x""#, "a.isSubtreeOf(a)", "error: no such overload: isSubtreeOf(string, string)"),
    (r#""x""#, "int(a) == 1", "error: type conversion error from 'string' to 'int'"),
    (r#""x""#, "a && true", "error: no such overload"),
    ("[1]", "a.size() == 1", "true"),
    ("[1]", "'x' in a", "false"),
    ("[1]", "a + a == a", "false"),
    ("[1]", "a == a", "true"),
    ("[1]", "a < a", "error: no such overload"),
    ("[1]", "a.k == 1", "error: unsupported index type 'string' in list"),
    ("[1]", "has(a.k)", "error: unsupported index type 'string' in list"),
    ("[1]", "a[0] == 1", "true"),
    ("[1]", "a.all(k, true)", "true"),
    ("[1]", "string(a) == ''", "error: no such overload: string(list)"),
    ("[1]", "type(a) == string", "false"),
    ("[1]", "!a", "error: no such overload"),
    ("[1]", "a.matches('x')", "error: no such overload: matches(list, string)"),
    ("[1]", "a.isSubtreeOf(a)", "error: no such overload: isSubtreeOf(list, list)"),
    ("[1]", "int(a) == 1", "error: no such overload: int(list)"),
    ("[1]", "a && true", "error: no such overload"),
    (r#"{"k": 1}"#, "a.size() == 1", "true"),
    (r#"{"k": 1}"#, "'x' in a", "false"),
    (r#"{"k": 1}"#, "a + a == a", "error: no such overload"),
    (r#"{"k": 1}"#, "a == a", "true"),
    (r#"{"k": 1}"#, "a < a", "error: no such overload"),
    (r#"{"k": 1}"#, "a.k == 1", "true"),
    (r#"{"k": 1}"#, "has(a.k)", "true"),
    (r#"{"k": 1}"#, "a[0] == 1", "error: no such key: 0"),
    (r#"{"k": 1}"#, "a.all(k, true)", "true"),
    (r#"{"k": 1}"#, "string(a) == ''", "error: no such overload: string(map)"),
    (r#"{"k": 1}"#, "type(a) == string", "false"),
    (r#"{"k": 1}"#, "!a", "error: no such overload"),
    (r#"{"k": 1}"#, "a.matches('x')", "error: no such overload: matches(map, string)"),
    (r#"{"k": 1}"#, "a.isSubtreeOf(a)", "true"),
    (r#"{"k": 1}"#, "int(a) == 1", "error: no such overload: int(map)"),
    (r#"{"k": 1}"#, "a && true", "error: no such overload"),
    ("null", "a.size() == 1", "error: no such overload: size(null_type)"),
    ("null", "'x' in a", "error: no such overload"),
    ("null", "a + a == a", "error: no such overload"),
    ("null", "a == a", "true"),
    ("null", "a < a", "error: no such overload"),
    ("null", "a.k == 1", "error: no such key: k"),
    ("null", "has(a.k)", "false"),
    ("null", "a[0] == 1", "error: no such key: 0"),
    ("null", "a.all(k, true)", "error: got 'null_type', expected iterable type"),
    ("null", "string(a) == ''", "error: no such overload: string(null_type)"),
    ("null", "type(a) == string", "false"),
    ("null", "!a", "error: no such overload"),
    ("null", "a.matches('x')", "error: no such overload: matches(null_type, string)"),
    ("null", "a.isSubtreeOf(a)", "error: no such overload: isSubtreeOf(null_type, null_type)"),
    ("null", "int(a) == 1", "error: no such overload: int(null_type)"),
    ("null", "a && true", "error: no such overload"),
    ("true", "a.size() == 1", "error: no such overload: size(bool)"),
    ("true", "'x' in a", "error: no such overload"),
    ("true", "a + a == a", "error: no such overload"),
    ("true", "a == a", "true"),
    ("true", "a < a", "false"),
    ("true", "a.k == 1", "error: no such key: k"),
    ("true", "has(a.k)", "false"),
    ("true", "a[0] == 1", "error: no such key: 0"),
    ("true", "a.all(k, true)", "error: got 'bool', expected iterable type"),
    ("true", "string(a) == ''", "false"),
    ("true", "type(a) == string", "false"),
    ("true", "!a", "false"),
    ("true", "a.matches('x')", "error: no such overload: matches(bool, string)"),
    ("true", "a.isSubtreeOf(a)", "error: no such overload: isSubtreeOf(bool, bool)"),
    ("true", "int(a) == 1", "error: no such overload: int(bool)"),
    ("true", "a && true", "true"),
];

#[test]
fn values_of_any_type_are_looked_at_when_they_are_used() {
    assert_all(ROWS.iter().map(|(value, expression, expected)| {
        let found = outcome(&caveat("a any", expression), "", &format!("{{\"a\": {value}}}"));
        (format!("{value}: {expression}"), *expected, found)
    }));
}

/// Equality of an address with a value of another type is an error, but `!=` and `in` only ask whether they are the same.
const ADDRESSES: &[(&str, &str)] = &[
    ("dyn(x) == duration('1s')", "error: no such overload"),
    ("duration('1s') == dyn(x)", "false"),
    ("dyn(x) != duration('1s')", "true"),
    ("dyn(x) in [dyn(2)]", "false"),
    ("dyn(2) in [dyn(x)]", "false"),
    ("dyn(x) in {2: 1}", "false"),
    // Where SpiceDB takes what cannot be compared for equal, an error is safer.
    ("[dyn(x)] == [dyn(2)]", "error: no such overload"),
];

#[test]
fn an_address_is_only_ever_the_same_as_an_address() {
    assert_all(ADDRESSES.iter().map(|(expression, expected)| {
        let found = outcome(&caveat("x ipaddress", expression), "", r#"{"x": "1.2.3.4"}"#);
        ((*expression).to_owned(), *expected, found)
    }));
}

/// A `uint` of a context passes for an int when the expression is checked, as in SpiceDB, and is none when it runs.
const UNSIGNED: &[(&str, &str)] = &[
    ("u == 5", "true"),
    ("u < 6 && 4 < u", "true"),
    ("u in [5]", "true"),
    ("u + u == u * 2", "error: no such overload"),
    ("u + 1 == 6", "error: no such overload"),
    ("int(u) == 5", "error: no such overload"),
    ("string(u) == '5'", "error: no such overload"),
    ("double(true ? u : 1) == 5.0", "error: no such overload"),
    ("int(dyn(u)) == 5", "true"),
    ("string(dyn(u)) == '5'", "true"),
    ("string(5u) == '5'", "true"),
];

#[test]
fn a_uint_of_a_context_is_no_int_when_it_is_used() {
    assert_all(UNSIGNED.iter().map(|(expression, expected)| {
        let expression = format!("{expression} && u >= 0");
        let found = outcome(&caveat("u uint", &expression), "", r#"{"u": 5}"#);
        (expression, *expected, found)
    }));
}
