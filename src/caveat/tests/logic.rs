//! `&&`, `||`, `!` and `?:` over true, false, unknown and failed operands.

use super::{assert_all, caveat, outcome};

/// Operands: true, false, two unknown ones, two failed ones.
const OPERANDS: [(char, &str); 6] =
    [('T', "z == 0"), ('F', "z == 1"), ('U', "x"), ('V', "y"), ('E', "1/z == 1"), ('G', "1%z == 1")];

/// What the letters of the tables stand for; `W` is unknown for both reasons.
fn meaning(letter: char) -> &'static str {
    match letter {
        'T' => "true",
        'F' => "false",
        'U' => "unknown: x",
        'V' => "unknown: y",
        'W' => "unknown: x, y",
        'E' => "error: division by zero",
        'G' => "error: modulus by zero",
        _ => panic!("no outcome `{letter}`"),
    }
}

fn operand(letter: char) -> &'static str {
    OPERANDS.iter().find(|(name, _)| *name == letter).unwrap().1
}

/// Rows and columns are in the order of [`OPERANDS`].
fn assert_table(operator: &str, table: [&str; 6]) {
    let rows = OPERANDS.iter().zip(table).flat_map(|((_, left), row)| {
        OPERANDS.iter().zip(row.chars()).map(move |((_, right), expected)| {
            let expression = format!("({left}) {operator} ({right})");
            let found = outcome(&caveat("x bool, y bool, z int", &expression), "", r#"{"z": 0}"#);
            (expression, meaning(expected), found)
        })
    });
    assert_all(rows);
}

#[test]
fn and_takes_false_before_unknown_before_failed() {
    assert_table("&&", ["TFUVEG", "FFFFFF", "UFUWUU", "VFWVVV", "EFUVEE", "GFUVGG"]);
}

#[test]
fn or_takes_true_before_unknown_before_failed() {
    assert_table("||", ["TTTTTT", "TFUVEG", "TUUWUU", "TVWVVV", "TEUVEE", "TGUVGG"]);
}

#[test]
fn not_keeps_what_is_not_known() {
    let rows = OPERANDS.iter().zip("FTUVEG".chars()).map(|((_, operand), expected)| {
        let expression = format!("!({operand})");
        let found = outcome(&caveat("x bool, y bool, z int", &expression), "", r#"{"z": 0}"#);
        (expression, meaning(expected), found)
    });
    assert_all(rows);
}

#[test]
fn a_choice_looks_at_its_condition_and_one_branch() {
    let mut rows = Vec::new();
    for condition in ['T', 'F', 'U', 'E'] {
        for then in ['T', 'F', 'V', 'G'] {
            for otherwise in ['T', 'F', 'V', 'G'] {
                let expected = match condition {
                    'T' => then,
                    'F' => otherwise,
                    _ => condition,
                };
                let [first, second, third] = [condition, then, otherwise].map(operand);
                let expression = format!("({first}) ? ({second}) : ({third})");
                let found = outcome(&caveat("x bool, y bool, z int", &expression), "", r#"{"z": 0}"#);
                rows.push((expression, meaning(expected), found));
            }
        }
    }
    assert_all(rows.into_iter());
}

#[test]
fn the_missing_of_all_operands_are_named_once_and_in_order_of_declaration() {
    for (expression, expected) in [
        ("y && x && y", "unknown: x, y"),
        ("y || x || y || 1/z == 1", "unknown: x, y"),
        ("x && (y || x)", "unknown: x, y"),
        ("x && y && z == 1", "false"),
        ("x || y || z == 0", "true"),
        ("(x || y) && z == 0", "unknown: x, y"),
        ("x ? y : y", "unknown: x"),
        ("x == y", "unknown: x"),
    ] {
        assert_eq!(
            outcome(&caveat("x bool, y bool, z int", expression), "", r#"{"z": 0}"#),
            expected,
            "{expression}"
        );
    }
}
