//! Facts about the checker.

mod bounds;
mod messages;
mod names;
mod optionals;
mod overloads;
mod random;
mod types;

use super::*;
use crate::caveat::{Caveat, Outline, ParameterType};

/// One parameter of each kind, as the cases name them.
fn parameters() -> Vec<Parameter> {
    let list = |element| ParameterType::List(Box::new(element));
    let map = |value| ParameterType::Map(Box::new(value));
    let kinds = [
        ("i", ParameterType::Int),
        ("u", ParameterType::Uint),
        ("d", ParameterType::Double),
        ("s", ParameterType::String),
        ("by", ParameterType::Bytes),
        ("b", ParameterType::Bool),
        ("t", ParameterType::Timestamp),
        ("du", ParameterType::Duration),
        ("ip", ParameterType::IpAddress),
        ("a", ParameterType::Any),
        ("li", list(ParameterType::Int)),
        ("ls", list(ParameterType::String)),
        ("la", list(ParameterType::Any)),
        ("lli", list(list(ParameterType::Int))),
        ("m", map(ParameterType::Int)),
        ("ma", map(ParameterType::Any)),
        ("mm", map(map(ParameterType::Int))),
    ];
    kinds.into_iter().map(|(name, kind)| Parameter { name: name.to_owned(), kind }).collect()
}

/// The type of an expression as an error about it tells, or its first error.
fn type_of(expression: &str) -> String {
    match Caveat::compile(parameters(), expression) {
        Ok(_) => "bool".to_owned(),
        Err(errors) => {
            let message = &errors[0].message;
            let found = message.strip_prefix("caveat expression must result in a boolean value: found `");
            found.map_or_else(|| message.clone(), |found| found.trim_end_matches('`').to_owned())
        }
    }
}

/// What a boolean expression is compiled to.
fn outline(expression: &str) -> String {
    let caveat = Caveat::compile(parameters(), expression);
    Outline(&caveat.unwrap_or_else(|errors| panic!("{expression}: {errors:?}"))).to_string()
}

fn check_types(cases: &[(&str, &str)]) {
    for (expression, expected) in cases {
        assert_eq!(type_of(expression), *expected, "{expression}");
    }
}
