//! No evaluation takes longer than its budget.

use super::super::Context;
use super::{Budget, caveat};

/// Parameters, expression, context: each would run for hours, or take all memory.
fn runaways() -> Vec<(&'static str, String, String)> {
    let numbers: Vec<_> = (0..1_000).collect();
    let long = serde_json::json!({ "l": numbers, "s": "x".repeat(20_000) }).to_string();
    let nested = (0..8).fold("x0 == -1".to_owned(), |inner, depth| format!("l.exists(x{depth}, {inner})"));
    let doubled = (0..60).fold("s".to_owned(), |text, _| format!("[{text}].map(x, x + x)[0]"));
    let lists = (0..60).fold("l".to_owned(), |text, _| format!("[{text}].map(x, x + x)[0]"));
    let nested_maps = (0..8).fold("x0".to_owned(), |inner, depth| format!("l.map(x{depth}, {inner})"));
    vec![
        ("l list<int>, s string", nested, long.clone()),
        ("l list<int>, s string", format!("{doubled} == s"), long.clone()),
        ("l list<int>, s string", format!("{lists} == l"), long.clone()),
        ("l list<int>, s string", format!("{nested_maps} == [[[[[[[l]]]]]]]"), long.clone()),
        ("l list<int>, s string", "l.all(x, !l.exists(y, s.contains(s + 'y')))".to_owned(), long.clone()),
        (
            "l list<int>, s string",
            "l.all(x, l.all(y, s.matches('(x|xx)*y') || true))".to_owned(),
            long.clone(),
        ),
        (
            "l list<int>, s string",
            "l.all(x, s.matches('(x{' + string(x) + '}){9}') || true)".to_owned(),
            long.clone(),
        ),
        ("l list<int>, s string", "l.all(x, l.map(y, y) == l)".to_owned(), long.clone()),
        ("l list<int>, s string", "l.all(x, l.all(y, size(s) > 0))".to_owned(), long.clone()),
        ("l list<int>, s string", "l.all(x, l.all(y, s + 'x' != s))".to_owned(), long.clone()),
        ("l list<int>, s string", "l.all(x, !l.exists(y, bytes(s) == b''))".to_owned(), long),
    ]
}

#[test]
fn what_runs_away_ends_soon_with_an_error() {
    for (parameters, expression, context) in runaways() {
        let caveat = caveat(parameters, &expression);
        let bindings = caveat.bind(&Context::parse(&context).unwrap()).unwrap();
        let mut budget = Budget::default();
        let error = caveat.evaluate(None, Some(&bindings), &mut budget).unwrap_err();
        assert_eq!(error.problem, "the expression takes more than 100000 steps", "{expression}");
    }
}

#[test]
fn nothing_absorbs_the_end_of_a_budget() {
    for expression in
        ["i + i + i == 3 || i == 1", "[1, 2].exists(x, i + i + i == x) || true", "i == 1 && i + i + i == 4"]
    {
        let caveat = caveat("i int", expression);
        let bindings = caveat.bind(&Context::parse(r#"{"i": 1}"#).unwrap()).unwrap();
        let mut budget = Budget::new(4);
        assert!(caveat.evaluate(None, Some(&bindings), &mut budget).is_err(), "{expression}");
        assert!(budget.used() > 4);
    }
}

#[test]
fn a_budget_is_shared_by_evaluations() {
    let caveat = caveat("i int", "i == 1");
    let bindings = caveat.bind(&Context::parse(r#"{"i": 1}"#).unwrap()).unwrap();
    let mut budget = Budget::new(10);
    let mut evaluate = || caveat.evaluate(None, Some(&bindings), &mut budget);
    assert!((0..3).all(|_| evaluate().is_ok()));
    assert!(evaluate().is_err());
}

#[test]
fn a_long_list_of_literals_counts_as_one_step_until_it_is_looked_at() {
    let literals: Vec<_> = (0..2_000).map(|number| number.to_string()).collect();
    let caveat = caveat("i int", &format!("i in [{}]", literals.join(", ")));
    let bindings = caveat.bind(&Context::parse(r#"{"i": 0}"#).unwrap()).unwrap();
    let mut budget = Budget::default();
    caveat.evaluate(None, Some(&bindings), &mut budget).unwrap();
    assert!(budget.used() < 10, "{}", budget.used());
}
