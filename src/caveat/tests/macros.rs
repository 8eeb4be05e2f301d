//! Macros over known lists and maps.

use super::assert_known;

/// Expressions and what they come to with the context of [`super::KNOWN`].
const ROWS: &[(&str, &str)] = &[
    ("li.all(x, x > 0)", "true"),
    ("li.all(x, x > 1)", "false"),
    ("li.exists(x, x == 2)", "true"),
    ("li.exists_one(x, x > 2)", "true"),
    ("li.exists_one(x, x > 1)", "false"),
    ("li.map(x, x * 2) == [2, 4, 6]", "true"),
    ("li.map(x, x > 1, x * 2) == [4, 6]", "true"),
    ("li.filter(x, x > 1) == [2, 3]", "true"),
    ("m.all(k, k in ['x', 'y'])", "true"),
    ("m.map(k, m[k]).size() == 2", "true"),
    ("m.filter(k, k == 'x') == ['x']", "true"),
    ("m.exists(k, m[k] == 2)", "true"),
    ("li.all(x, li.all(y, x + y > 1))", "true"),
    ("li.map(x, li.map(y, x * y)) == [[1,2,3],[2,4,6],[3,6,9]]", "true"),
    ("li.all(x, 1 / (x - 2) < 5)", "error: division by zero"),
    ("li.all(x, 1 / (x - 2) < 1 && x < 3)", "false"),
    ("li.exists(x, 1 / (x - 2) == 1)", "true"),
    ("li.exists(x, 1 / (x - 2) == 7)", "error: division by zero"),
    ("li.exists_one(x, 1 / (x - 2) == 1)", "error: division by zero"),
    ("li.map(x, 1 / (x - 2)) == []", "error: division by zero"),
    ("li.filter(x, 1 / (x - 2) == 1) == []", "error: division by zero"),
    ("la.all(x, x == 1)", "false"),
    ("la.exists(x, x == 'x')", "true"),
    ("la.exists(x, x > 1)", "error: no such overload"),
    ("la.exists(x, x)", "true"),
    ("la.all(x, x)", "error: no such overload"),
    ("a.all(x, x == 1)", "error: got 'double', expected iterable type"),
    ("a.exists(x, true)", "error: got 'double', expected iterable type"),
];

#[test]
fn macros_go_over_elements_and_keys() {
    assert_known(ROWS);
}
