//! Trees without spans, to compare and to print.

use super::*;

/// The shape of a node: leaves as they are written, everything else by the name of its operation.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Sketch {
    Leaf(String),
    Operation(&'static str, Vec<Sketch>),
    /// With a name: of a field, a function or a variable.
    Named(&'static str, String, Vec<Sketch>),
}

pub(super) fn described(sketch: &Sketch) -> String {
    let (head, below) = match sketch {
        Sketch::Leaf(text) => return text.clone(),
        Sketch::Operation(name, below) => ((*name).to_owned(), below),
        Sketch::Named(operation, name, below) => (format!("{operation}{name}"), below),
    };
    let below: Vec<String> = below.iter().map(|below| format!(" {}", described(below))).collect();
    format!("({head}{})", below.concat())
}

pub(super) fn sketch(node: &Node<'_>) -> Sketch {
    let all = |nodes: &[Node<'_>]| nodes.iter().map(sketch).collect::<Vec<_>>();
    match node.kind.as_ref() {
        NodeKind::Literal(literal) => Sketch::Leaf(leaf(literal)),
        NodeKind::Identifier(name) => Sketch::Leaf((*name).to_owned()),
        NodeKind::Unary(UnaryOperator::Not, _, operand) => Sketch::Operation("!", vec![sketch(operand)]),
        NodeKind::Unary(UnaryOperator::Negate, _, operand) => Sketch::Operation("neg", vec![sketch(operand)]),
        NodeKind::Binary(operator, _, operands) => Sketch::Operation(sign(*operator), all(operands)),
        NodeKind::All(operands) => Sketch::Operation("&&", all(operands)),
        NodeKind::Any(operands) => Sketch::Operation("||", all(operands)),
        NodeKind::Conditional(_, operands) => Sketch::Operation("?:", all(operands)),
        NodeKind::Select(operand, field) => Sketch::Named(".", field.text.to_owned(), vec![sketch(operand)]),
        NodeKind::Has(operand, field) => Sketch::Named("has.", field.text.to_owned(), vec![sketch(operand)]),
        NodeKind::Index(_, operands) => Sketch::Operation("[]", all(operands)),
        NodeKind::Call { function, receiver: None, arguments } => {
            Sketch::Named("call ", function.text.to_owned(), all(arguments))
        }
        NodeKind::Call { function, receiver: Some(receiver), arguments } => {
            let mut below = vec![sketch(receiver)];
            below.extend(all(arguments));
            Sketch::Named("method ", function.text.to_owned(), below)
        }
        NodeKind::OptionalSelect(operand, field) => {
            Sketch::Named(".?", field.text.to_owned(), vec![sketch(operand)])
        }
        NodeKind::OptionalIndex(_, operands) => Sketch::Operation("[?]", all(operands)),
        NodeKind::Spread(operand) => Sketch::Operation("?", vec![sketch(operand)]),
        NodeKind::Message(name, fields) => {
            let field = |(name, value): &(Name<'_>, Node<'_>)| {
                Sketch::Named("field ", name.text.to_owned(), vec![sketch(value)])
            };
            let below = std::iter::once(sketch(name)).chain(fields.iter().map(field));
            Sketch::Operation("message", below.collect())
        }
        NodeKind::List(elements) => Sketch::Operation("list", all(elements)),
        NodeKind::Map(entries) => {
            let entries = entries.iter().flat_map(|(key, value)| [sketch(key), sketch(value)]);
            Sketch::Operation("map", entries.collect())
        }
        NodeKind::Macro(call) => {
            let parts = [Some(&call.range), call.predicate.as_ref(), call.result.as_ref()];
            let name = format!("{:?} {}", call.name, call.variable.text);
            Sketch::Named("macro ", name, parts.into_iter().flatten().map(sketch).collect())
        }
    }
}

fn leaf(literal: &Literal) -> String {
    match literal {
        Literal::Null => "null".to_owned(),
        Literal::Bool(value) => value.to_string(),
        Literal::Int(value) => value.to_string(),
        Literal::Uint(value) => format!("{value}u"),
        Literal::Double(value) => format!("{value:?}"),
        Literal::String(value) => format!("{value:?}"),
        Literal::Bytes(value) => format!("b\"{}\"", value.escape_ascii()),
    }
}

fn sign(operator: BinaryOperator) -> &'static str {
    match operator {
        BinaryOperator::Equal => "==",
        BinaryOperator::NotEqual => "!=",
        BinaryOperator::Less => "<",
        BinaryOperator::LessOrEqual => "<=",
        BinaryOperator::Greater => ">",
        BinaryOperator::GreaterOrEqual => ">=",
        BinaryOperator::In => "in",
        BinaryOperator::Add => "+",
        BinaryOperator::Subtract => "-",
        BinaryOperator::Multiply => "*",
        BinaryOperator::Divide => "/",
        BinaryOperator::Remainder => "%",
    }
}
