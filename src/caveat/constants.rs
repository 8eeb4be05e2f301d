//! What does not depend on parameters is computed once.

use std::sync::Arc;

use super::budget::Budget;
use super::entries::{Entries, MapKey};
use super::expression::{Expression, ExpressionKind, Function};
use super::formats;
use super::functions;
use super::value::Value;

/// Puts values in the place of operations on literals. What fails is left as it is, and fails when it runs.
pub(super) fn fold(expression: Expression) -> Expression {
    let Expression { kind, span } = expression;
    let kind = match kind {
        ExpressionKind::Literal(_) | ExpressionKind::Parameter(_) | ExpressionKind::Variable(_) => kind,
        ExpressionKind::Not(operand) => ExpressionKind::Not(boxed(*operand)),
        ExpressionKind::All(operands) => ExpressionKind::All(all(operands)),
        ExpressionKind::Any(operands) => ExpressionKind::Any(all(operands)),
        ExpressionKind::Conditional(parts) => ExpressionKind::Conditional(Box::new((*parts).map(fold))),
        ExpressionKind::Select(operand, field) => ExpressionKind::Select(boxed(*operand), field),
        ExpressionKind::Has(operand, field) => ExpressionKind::Has(boxed(*operand), field),
        ExpressionKind::Matches(operand, pattern) => ExpressionKind::Matches(boxed(*operand), pattern),
        ExpressionKind::InCidr(operand, network) => ExpressionKind::InCidr(boxed(*operand), network),
        ExpressionKind::Call(function, arguments) => call(function, all(arguments)),
        ExpressionKind::OptionalSelect(operand, field) => {
            ExpressionKind::OptionalSelect(boxed(*operand), field)
        }
        ExpressionKind::Spread(operand) => ExpressionKind::Spread(boxed(*operand)),
        ExpressionKind::Message(message, fields) => ExpressionKind::Message(
            message,
            fields.into_iter().map(|(field, value)| (field, fold(value))).collect(),
        ),
        ExpressionKind::List(elements) => list(all(elements)),
        ExpressionKind::Map(entries) => {
            map(entries.into_iter().map(|(key, value)| (fold(key), fold(value))).collect())
        }
        ExpressionKind::Macro(mut call) => {
            call.range = fold(call.range);
            call.predicate = call.predicate.map(fold);
            call.result = call.result.map(fold);
            ExpressionKind::Macro(call)
        }
    };
    Expression { kind, span }
}

fn boxed(expression: Expression) -> Box<Expression> {
    Box::new(fold(expression))
}

fn all(expressions: Vec<Expression>) -> Vec<Expression> {
    expressions.into_iter().map(fold).collect()
}

fn literal(expression: &Expression) -> Option<&Value> {
    match &expression.kind {
        ExpressionKind::Literal(value) => Some(value),
        _ => None,
    }
}

fn call(function: Function, mut arguments: Vec<Expression>) -> ExpressionKind {
    // Patterns are compiled with their expression, as many of them as is bearable.
    if function == Function::Matches {
        return ExpressionKind::Call(function, arguments);
    }
    let mut budget = Budget::default();
    let value = match arguments.as_slice() {
        [operand] => {
            literal(operand).and_then(|operand| functions::call_one(function, operand, &mut budget).ok())
        }
        [left, right] => match (literal(left), literal(right)) {
            (Some(left), Some(right)) => functions::call_two(function, left, right, &mut budget).ok(),
            (None, Some(Value::String(network))) if function == Function::InCidr => {
                let Some(network) = formats::parse_network(network) else {
                    return ExpressionKind::Call(function, arguments);
                };
                return ExpressionKind::InCidr(Box::new(arguments.swap_remove(0)), network);
            }
            _ => None,
        },
        _ => None,
    };
    value.map_or_else(|| ExpressionKind::Call(function, arguments), ExpressionKind::Literal)
}

fn list(elements: Vec<Expression>) -> ExpressionKind {
    let values: Option<Arc<[Value]>> = elements.iter().map(|element| literal(element).cloned()).collect();
    match values {
        Some(values) => ExpressionKind::Literal(Value::List(values)),
        None => ExpressionKind::List(elements),
    }
}

fn map(entries: Vec<(Expression, Expression)>) -> ExpressionKind {
    let entry = |(key, value): &(Expression, Expression)| {
        Some((literal(key).and_then(MapKey::of)?, literal(value)?.clone()))
    };
    let values: Option<Entries> = entries.iter().map(entry).collect();
    match values {
        Some(values) => ExpressionKind::Literal(Value::Map(Arc::new(values))),
        None => ExpressionKind::Map(entries),
    }
}
