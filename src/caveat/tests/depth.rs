//! The deepest expressions that compile are evaluated without running out of stack.

use super::super::{Context, Parameter};
use super::{Budget, Caveat, kind};

const SHAPES: [fn(usize) -> String; 17] = [
    |depth| format!("{}b{}", "(".repeat(depth), ")".repeat(depth)),
    |depth| format!("{}b", "!".repeat(depth)),
    |depth| format!("{}i == 1", "-".repeat(depth)),
    |depth| format!("i{} == 1", " + i".repeat(depth)),
    |depth| format!("size({}i{}) == 1", "[".repeat(depth), "]".repeat(depth)),
    |depth| format!("{}b", "b ? b : ".repeat(depth)),
    |depth| format!("a{} == 1", ".k".repeat(depth)),
    |depth| format!("a{} == 1", "['k']".repeat(depth)),
    |depth| (0..depth).fold("b".to_owned(), |inner, depth| format!("[1].all(x{depth}, {inner})")),
    |depth| format!("a{}.hasValue()", ".?k".repeat(depth)),
    |depth| format!("has(a{}.k)", ".?k".repeat(depth)),
    |depth| format!("dyn(a{}) == 1", "[?'k']".repeat(depth)),
    |depth| format!("{}i{} == 1", "dyn(optional.of(".repeat(depth / 2), "))".repeat(depth / 2)),
    |depth| format!("size({}i{}) == 1", "[?dyn(".repeat(depth / 2), ")]".repeat(depth / 2)),
    |depth| format!("size({}[]{}) == 1", "{?'k': optional.of(".repeat(depth / 2), ")}".repeat(depth / 2)),
    |depth| format!("{}a{} == 1", "google.protobuf.Value{list_value: ".repeat(depth), "}".repeat(depth)),
    |depth| {
        let start = "optional.of(b)".to_owned();
        let nested = |inner, depth| format!("optional.of(1).optMap(x{depth}, {inner})");
        format!("dyn({}) == 1", (0..depth).fold(start, nested))
    },
];

#[test]
fn the_deepest_expressions_that_compile_are_evaluated() {
    for shape in SHAPES {
        let mut compiled = 0;
        for depth in [10, 100, 200, 240, 250, 1_000, 10_000] {
            let parameters = [("b", "bool"), ("i", "int"), ("a", "any")];
            let parameters = parameters
                .map(|(name, type_name)| Parameter { name: name.to_owned(), kind: kind(type_name) });
            let Ok(caveat) = Caveat::compile(parameters.into(), &shape(depth)) else { break };
            compiled += 1;
            let context = Context::parse(r#"{"b": true, "i": 1, "a": {"k": 1}}"#).unwrap();
            let bindings = caveat.bind(&context).unwrap();
            // Some of them fail, such as a field of a number; what matters is that they end.
            _ = caveat.evaluate(None, Some(&bindings), &mut Budget::default());
        }
        assert!(compiled >= 2, "{}", shape(3));
    }
}

#[test]
fn deep_values_are_converted_compared_and_dropped() {
    let depth = 120;
    let deep = format!("{{\"a\": {}1{}}}", "[".repeat(depth), "]".repeat(depth));
    let parameters = vec![Parameter { name: "a".to_owned(), kind: kind("any") }];
    let caveat = Caveat::compile(parameters, "[a] == [a] && {'k': a} == {'k': a}").unwrap();
    let bindings = caveat.bind(&Context::parse(&deep).unwrap()).unwrap();
    let verdict = caveat.evaluate(None, Some(&bindings), &mut Budget::default());
    assert_eq!(verdict, Ok(super::Verdict::True));
}
