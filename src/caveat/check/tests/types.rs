//! Which type an expression has. Every case is as SpiceDB answers it.

use super::*;

#[test]
fn parameters_have_the_types_of_cel() {
    check_types(&[
        ("i", "int"),
        ("u", "int"),
        ("d", "double"),
        ("s", "string"),
        ("by", "bytes"),
        ("b", "bool"),
        ("t", "google.protobuf.Timestamp"),
        ("du", "google.protobuf.Duration"),
        ("ip", "IPAddress"),
        ("a", "dyn"),
        ("lli", "list(list(int))"),
        ("mm", "map(string, map(string, int))"),
        ("ma", "map(string, dyn)"),
    ]);
}

#[test]
fn literals() {
    check_types(&[
        ("null", "null_type"),
        ("1", "int"),
        ("1u", "uint"),
        ("1.0", "double"),
        ("''", "string"),
        ("b''", "bytes"),
        ("true", "bool"),
        ("[]", "list(dyn)"),
        ("[1, 2]", "list(int)"),
        ("[1, 'a']", "list(dyn)"),
        ("[[], [1]]", "list(list(int))"),
        ("[[1], [1.0, 'a']]", "list(list(dyn))"),
        ("[null, t]", "list(google.protobuf.Timestamp)"),
        ("[t, null]", "list(null_type)"),
        ("{}", "map(dyn, dyn)"),
        ("{'a': 1, 'b': 'c'}", "map(string, dyn)"),
        ("{'a': 1, 2: 3}", "map(dyn, int)"),
        ("{[1]: t}", "map(list(int), google.protobuf.Timestamp)"),
    ]);
}

#[test]
fn types_are_values() {
    check_types(&[
        ("int", "type(int)"),
        ("list", "type(list(dyn))"),
        ("map", "type(map(dyn, dyn))"),
        ("null_type", "type(null_type)"),
        ("type", "type(type)"),
        ("type(i)", "type(int)"),
        ("type(type(i))", "type(type(int))"),
        ("google.protobuf.Timestamp", "type(google.protobuf.Timestamp)"),
        ("type(t) == google.protobuf.Timestamp", "bool"),
        ("type(a) == string", "bool"),
        ("dyn", "undeclared reference to `dyn`"),
        ("timestamp", "undeclared reference to `timestamp`"),
    ]);
}

#[test]
fn what_is_looked_up() {
    check_types(&[
        ("li[0]", "int"),
        ("la[a]", "dyn"),
        ("lli[0][1]", "int"),
        ("m['x']", "int"),
        ("m.x", "int"),
        ("mm.x.y", "int"),
        ("mm['x'].y", "int"),
        ("ma.x.y.z[0]", "dyn"),
        ("a[0]", "dyn"),
        ("a['x'].y", "dyn"),
        ("[][0].x", "dyn"),
        ("{1: 's'}.x", "string"),
        ("has(ma.x.y)", "bool"),
        ("li[0u]", "found no matching overload for '_[_]' applied to '(list(int), uint)'"),
        ("m[0]", "found no matching overload for '_[_]' applied to '(map(string, int), int)'"),
        ("s[0]", "found no matching overload for '_[_]' applied to '(string, int)'"),
        ("t.x", "type `timestamp` does not support field selection"),
        ("has(li.x)", "type `list(int)` does not support field selection"),
        ("m.x.y", "type `int` does not support field selection"),
    ]);
}

#[test]
fn conditions_join_their_branches() {
    check_types(&[
        ("b ? 1 : 2", "int"),
        ("b ? i : a", "dyn"),
        ("a ? 1 : 2", "int"),
        ("b ? [] : li", "list(int)"),
        ("b ? {} : m", "map(string, int)"),
        ("b ? null : t", "null_type"),
        ("b ? ip : null", "IPAddress"),
        ("b ? 1 : 2.0", "found no matching overload for '_?_:_' applied to '(bool, int, double)'"),
        ("i ? 1 : 2", "found no matching overload for '_?_:_' applied to '(int, int, int)'"),
        ("b ? null : 1", "found no matching overload for '_?_:_' applied to '(bool, null, int)'"),
    ]);
}

#[test]
fn macros_give_their_variable_a_type() {
    check_types(&[
        ("li.all(x, x > 1)", "bool"),
        ("m.exists(k, k == 'a')", "bool"),
        ("a.exists_one(x, x)", "bool"),
        ("li.map(x, x + 1)", "list(int)"),
        ("li.map(x, x > 1, string(x))", "list(string)"),
        ("m.map(k, m[k])", "list(int)"),
        ("li.filter(x, a)", "list(int)"),
        ("m.filter(k, k == 'a')", "list(string)"),
        ("[].map(x, x)", "list(dyn)"),
        ("lli.all(x, x.all(y, y > 1))", "bool"),
        ("[1].all(i, i == 1)", "bool"),
        ("li.all(x, x)", "expected type `bool` but found `int`"),
        ("li.all(x, x == 'a')", "found no matching overload for '_==_' applied to '(int, string)'"),
        ("i.all(x, true)", "type `int` cannot be the range of a macro, which is a list or a map"),
        ("[].all(x, x == 1 && x == 'a')", "found no matching overload for '_==_' applied to '(int, string)'"),
        ("[a['x']].all(x, x == 1 && x == 'a')", "bool"),
    ]);
}

#[test]
fn the_result_must_be_a_bool() {
    check_types(&[("a || false", "bool"), ("[true][0]", "bool"), ("a ? a : a", "dyn"), ("dyn(true)", "dyn")]);
}
