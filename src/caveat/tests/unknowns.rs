//! What is said of expressions on parameters that were not given.

use super::{assert_all, caveat, outcome};

const PARAMETERS: &str = "x bool, y bool, i int, j int, m map<any>, l list<int>, lb list<bool>, s string, \
    ip ipaddress, t timestamp, du duration";

/// Strict operations take over the first operand without a value.
const STRICT: &[(&str, &str)] = &[
    ("x && y && (1/i == 1)", "unknown: x, y"),
    ("x == y", "unknown: x"),
    ("x == (1/i == 1)", "unknown: x"),
    ("j + 1/i == 1", "unknown: j"),
    ("1/i + j == 1", "error: division by zero"),
    ("m[s] == 1", "unknown: m"),
    ("m[string(1/i)] == 1", "error: division by zero"),
    ("m[s].z == 1", "unknown: m"),
    ("m[string(j)] == 1", "unknown: m"),
    ("m.a.b == 1", "unknown: m"),
    ("has(m.a)", "unknown: m"),
    ("has(m.a.b)", "unknown: m"),
    ("m['a']['b'] == 1", "unknown: m"),
    ("m.a[j] == 1", "unknown: m"),
    ("m.a[1/i] == 1", "error: division by zero"),
    ("l[j] == 1", "unknown: l"),
    ("l[1/i] == 1", "error: division by zero"),
    ("l[0] == 1/i", "unknown: l"),
    ("l.all(k, k > 0)", "unknown: l"),
    ("l.exists(k, k > 0)", "unknown: l"),
    ("l.map(k, k + j) == [1]", "unknown: l"),
    ("l.filter(k, k > j) == l", "unknown: l"),
    ("l.size() == j", "unknown: l"),
    ("[1, j, 1/i] == [1]", "unknown: j"),
    ("[1/i, j] == [1]", "error: division by zero"),
    ("{'a': j, 'b': 1/i} == {'a': 1}", "unknown: j"),
    ("{'a': 1/i, 'b': j} == {'a': 1}", "error: division by zero"),
    ("{s: 1} == {'a': 1}", "unknown: s"),
    ("j in [1, 2]", "unknown: j"),
    ("1 in [j]", "unknown: j"),
    ("1 in [1, j]", "unknown: j"),
    ("1 in l", "unknown: l"),
    ("s in m", "unknown: s"),
    ("s + 'a' == 'b'", "unknown: s"),
    ("s.startsWith('a')", "unknown: s"),
    ("s.matches('(')", "unknown: s"),
    ("s.matches('[')", "unknown: s"),
    ("'a'.matches(s)", "unknown: s"),
    ("size(s) == 1/i", "unknown: s"),
    ("ip.in_cidr(s)", "unknown: ip"),
    ("ip.in_cidr('bad')", "unknown: ip"),
    ("t.getHours(s) == 1", "unknown: t"),
    ("t.getHours('bad') == 1", "unknown: t"),
    ("t + du > t", "unknown: t"),
    ("int(s) == 1", "unknown: s"),
    ("string(j) == 'a'", "unknown: j"),
    ("type(j) == int", "unknown: j"),
    ("dyn(j) == 1", "unknown: j"),
    ("-j == 1", "unknown: j"),
    ("!x", "unknown: x"),
    ("m.isSubtreeOf(m)", "unknown: m"),
    ("m == m", "unknown: m"),
    ("x || !x", "unknown: x"),
    ("x && !x", "unknown: x"),
    ("j > j", "unknown: j"),
    ("j == j", "unknown: j"),
    ("x ? 1 == 1 : 1 == 1", "unknown: x"),
    ("(x ? 1 : 2) == 3", "unknown: x"),
    ("(x ? m : m).a == 1", "unknown: x"),
    ("(i == 0 ? m : m).a == 1", "unknown: m"),
    ("[i, j][0] == 0", "unknown: j"),
    ("{'a': i, 'b': j}.a == 0", "unknown: j"),
    ("[1/i == 1, true][1]", "error: division by zero"),
    ("[j, 1][1/i] == 1", "unknown: j"),
    ("{'a': j}[string(1/i)] == 1", "unknown: j"),
    ("dyn(m)[string(1/i)] == 1", "unknown: m"),
    ("m['a'][1/i] == 1", "error: division by zero"),
    ("m[string(j)][1/i] == 1", "error: division by zero"),
];

/// Macros over known lists with predicates that are not.
const MACROS: &[(&str, &str)] = &[
    ("l.all(k, k > j)", "unknown: j"),
    ("l.exists(k, k > j)", "unknown: j"),
    ("l.all(k, k > 1 && k > j)", "false"),
    ("l.exists(k, k > 2 || k > j)", "true"),
    ("l.exists_one(k, k > j)", "unknown: j"),
    ("l.exists_one(k, k == 1 || k > j)", "unknown: j"),
    ("l.exists_one(k, k == 1 ? x : y)", "unknown: y"),
    ("l.exists_one(k, k == 1 ? x : (1/i == 1))", "error: division by zero"),
    ("l.exists_one(k, k == 1 ? (1/i == 1) : x)", "unknown: x"),
    ("l.exists_one(k, k == 1 ? x : false)", "unknown: x"),
    ("l.exists_one(k, k == 1 ? x : true)", "unknown: x"),
    ("l.filter(k, k == 1 ? x : y) == []", "unknown: y"),
    ("l.filter(k, k == 1 ? x : (1/i == 1)) == []", "error: division by zero"),
    ("l.filter(k, k == 1 ? (1/i == 1) : x) == []", "unknown: x"),
    ("l.filter(k, k == 1 ? (1/i == 1) : true) == []", "error: division by zero"),
    ("l.filter(k, k == 1 ? x : k == 2 ? true : y) == []", "unknown: y"),
    ("l.map(k, k == 1 ? x : y) == []", "unknown: x"),
    ("l.map(k, k == 1 ? x : (1/i == 1)) == []", "unknown: x"),
    ("l.map(k, k == 1 ? (1/i == 1) : x) == []", "error: division by zero"),
    ("l.map(k, k == 1 ? x : true, k == 2 ? y : true) == []", "unknown: x"),
    ("l.map(k, k == 1 ? (1/i == 1) : true, k == 2 ? y : true) == []", "error: division by zero"),
    ("l.map(k, k == 2 ? x : true, k == 1 ? y : true) == []", "unknown: x"),
    ("l.all(k, k == 1 ? x : k == 2 ? (1/i == 1) : true)", "unknown: x"),
    ("l.all(k, k == 1 ? x : k == 2 ? (1/i == 1) : false)", "false"),
    ("l.all(k, k == 1 ? (1/i == 1) : k == 2 ? x : true)", "unknown: x"),
    ("l.all(k, k == 1 ? (1/i == 1) : k == 2 ? (1%i == 1) : true)", "error: division by zero"),
    ("l.exists(k, k == 1 ? (1/i == 1) : k == 2 ? x : false)", "unknown: x"),
    ("l.exists(k, k == 1 ? (1/i == 1) : k == 2 ? x : true)", "true"),
    ("l.exists(k, k == 1 ? x : y)", "unknown: x, y"),
    ("[j, 1].all(k, k > 0)", "unknown: j"),
    ("[1, j].exists(k, k > 0)", "unknown: j"),
    ("{'a': j}.all(k, k == 'a')", "unknown: j"),
    ("l.all(k, [j].all(n, n > k))", "unknown: j"),
    ("l.map(k, l.exists(n, n > j)) == []", "unknown: j"),
    ("[[1]].all(k, k.all(n, n > j))", "unknown: j"),
    ("lb.all(k, k)", "false"),
    ("lb.exists(k, k)", "true"),
    ("lb.exists(k, !k && x)", "unknown: x"),
    ("(l.size() == 3) && l[j] == 1", "unknown: j"),
];

fn assert_partly_known(rows: &[(&str, &str)], context: &str) {
    assert_all(rows.iter().map(|(expression, expected)| {
        ((*expression).to_owned(), *expected, outcome(&caveat(PARAMETERS, expression), "", context))
    }));
}

#[test]
fn strict_operations_take_over_their_first_operand_without_a_value() {
    assert_partly_known(STRICT, r#"{"i": 0}"#);
}

#[test]
fn macros_over_known_lists_may_be_decided_without_all_predicates() {
    assert_partly_known(MACROS, r#"{"lb": [true, false], "l": [1, 2, 3], "i": 0}"#);
}
