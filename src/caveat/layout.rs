//! An expression laid out anew, as CEL's own formatter does it: one space around operators, double quotes, no
//! parentheses that change nothing, and a line break behind the `&&` or `||` that leaves the line.

use std::fmt::Write as _;

use super::error::CompileError;
use super::expression::Macro;
use super::formats;
use super::syntax::{self, BinaryOperator, Literal, MacroNode, Node, NodeKind, UnaryOperator};

/// Bytes of a line, with four for the operator at its end, from which on it is broken.
const LINE_BYTES_MAX: usize = 80;

/// An expression in the one layout that all spellings of it share, for people to read.
pub fn lay_out(expression: &str) -> Result<String, Vec<CompileError>> {
    let tree = syntax::parse(expression)?;
    let mut layout = Layout::default();
    layout.node(&tree.root);
    Ok(layout.text)
}

/// How tightly an operation binds; the smaller, the tighter.
type Precedence = u8;

const CONDITIONAL: Precedence = 8;
const ANY: Precedence = 7;
const ALL: Precedence = 6;
const RELATION: Precedence = 5;
const SUM: Precedence = 4;
const PRODUCT: Precedence = 3;

/// What CEL takes for a call, which operators are as well.
struct Operation {
    arguments: usize,
    /// Nothing for a function by name.
    precedence: Option<Precedence>,
}

#[derive(Default)]
struct Layout {
    text: String,
    /// Where the line was last broken.
    line_start: usize,
    /// How many macros are around.
    macros: usize,
}

impl Layout {
    /// INVARIANT: recursion is bounded by the depth that the parser allows.
    fn node(&mut self, node: &Node<'_>) {
        match node.kind.as_ref() {
            NodeKind::Literal(literal) => self.literal(literal),
            NodeKind::Identifier(name) => self.text.push_str(name),
            NodeKind::Unary(operator, _, operand) => {
                self.text.push(match operator {
                    UnaryOperator::Not => '!',
                    UnaryOperator::Negate => '-',
                });
                self.nested(operand, self.has_several_arguments(operand));
            }
            NodeKind::Binary(operator, _, operands) => self.binary(*operator, operands),
            NodeKind::All(operands) => self.chain(operands, ALL, "&&"),
            NodeKind::Any(operands) => self.chain(operands, ANY, "||"),
            NodeKind::Conditional(_, operands) => {
                for (operand, sign) in operands.iter().zip([" ? ", " : ", ""]) {
                    self.nested(operand, self.has_several_arguments(operand));
                    self.text.push_str(sign);
                }
            }
            NodeKind::Select(operand, field) => self.selection(operand, ".", field.text),
            NodeKind::OptionalSelect(operand, field) => self.selection(operand, ".?", field.text),
            NodeKind::Has(operand, field) => {
                self.text.push_str("has(");
                self.macros += 1;
                self.selection(operand, ".", field.text);
                self.macros -= 1;
                self.text.push(')');
            }
            NodeKind::Index(_, operands) => self.index(operands, "["),
            NodeKind::OptionalIndex(_, operands) => self.index(operands, "[?"),
            NodeKind::Call { function, receiver, arguments } => {
                if let Some(receiver) = receiver {
                    self.nested(receiver, self.is_operator(receiver));
                    self.text.push('.');
                }
                self.text.push_str(function.text);
                self.list("(", arguments.iter(), Self::node, ")");
            }
            NodeKind::Spread(operand) => {
                self.text.push('?');
                self.node(operand);
            }
            NodeKind::List(elements) => self.list("[", elements.iter(), Self::node, "]"),
            NodeKind::Map(entries) => {
                let entry = |layout: &mut Self, (key, value): &(Node<'_>, Node<'_>)| {
                    layout.entry(value, |layout| layout.node(key));
                };
                self.list("{", entries.iter(), entry, "}");
            }
            NodeKind::Message(name, fields) => {
                self.node(name);
                let field = |layout: &mut Self, (name, value): &(syntax::Name<'_>, Node<'_>)| {
                    layout.entry(value, |layout| layout.text.push_str(name.text));
                };
                self.list("{", fields.iter(), field, "}");
            }
            NodeKind::Macro(call) => self.macro_call(call),
        }
    }

    fn nested(&mut self, node: &Node<'_>, is_nested: bool) {
        if is_nested {
            self.text.push('(');
        }
        self.node(node);
        if is_nested {
            self.text.push(')');
        }
    }

    fn binary(&mut self, operator: BinaryOperator, operands: &[Node<'_>; 2]) {
        let precedence = precedence_of(operator);
        let [left, right] = operands;
        self.nested(left, self.binds_less(left, precedence));
        _ = write!(self.text, " {} ", sign_of(operator));
        let is_same = self.operation(right).is_some_and(|inner| inner.precedence == Some(precedence));
        self.nested(right, is_same || self.binds_less(right, precedence));
    }

    fn chain(&mut self, operands: &[Node<'_>], precedence: Precedence, sign: &str) {
        for (place, operand) in operands.iter().enumerate() {
            if place > 0 {
                self.text.push(' ');
                self.text.push_str(sign);
                let line_bytes = self.text.len() - self.line_start;
                // The space and the sign that have just been written are three of the four.
                let is_full = line_bytes + 1 >= LINE_BYTES_MAX;
                self.text.push(if is_full { '\n' } else { ' ' });
                if is_full {
                    self.line_start = self.text.len() - " &&\n".len();
                }
            }
            self.nested(operand, self.binds_less(operand, precedence));
        }
    }

    fn selection(&mut self, operand: &Node<'_>, sign: &str, field: &str) {
        self.nested(operand, self.is_operator(operand));
        self.text.push_str(sign);
        self.text.push_str(field);
    }

    fn index(&mut self, [container, key]: &[Node<'_>; 2], bracket: &str) {
        self.nested(container, self.is_operator(container));
        self.text.push_str(bracket);
        self.node(key);
        self.text.push(']');
    }

    fn list<T>(
        &mut self,
        open: &str,
        elements: impl Iterator<Item = T>,
        mut write: impl FnMut(&mut Self, T),
        close: &str,
    ) {
        self.text.push_str(open);
        for (place, element) in elements.enumerate() {
            if place > 0 {
                self.text.push_str(", ");
            }
            write(self, element);
        }
        self.text.push_str(close);
    }

    /// `key: value`; a value that may be absent has its question mark before the key.
    fn entry(&mut self, value: &Node<'_>, key: impl FnOnce(&mut Self)) {
        let value = match value.kind.as_ref() {
            NodeKind::Spread(value) => {
                self.text.push('?');
                value
            }
            _ => value,
        };
        key(self);
        self.text.push_str(": ");
        self.node(value);
    }

    fn macro_call(&mut self, call: &MacroNode<'_>) {
        self.macros += 1;
        self.nested(&call.range, self.is_operator(&call.range));
        _ = write!(self.text, ".{}({}", name_of(call.name), call.variable.text);
        for part in [&call.predicate, &call.result].into_iter().flatten() {
            self.text.push_str(", ");
            self.node(part);
        }
        self.text.push(')');
        self.macros -= 1;
    }

    fn literal(&mut self, literal: &Literal) {
        _ = match literal {
            Literal::Null => self.text.write_str("null"),
            Literal::Bool(value) => write!(self.text, "{value}"),
            Literal::Int(value) => write!(self.text, "{value}"),
            Literal::Uint(value) => write!(self.text, "{value}u"),
            Literal::Double(value) => {
                // A whole number with an exponent becomes `1e+10.0`, which CEL itself does not read.
                let shown = formats::show_double(*value);
                let fraction = if shown.contains('.') { "" } else { ".0" };
                write!(self.text, "{shown}{fraction}")
            }
            Literal::String(value) => self.text.write_str(&formats::quoted_unicode(value)),
            Literal::Bytes(value) => {
                self.text.push_str("b\"");
                for byte in value.iter() {
                    _ = write!(self.text, "\\{byte:03o}");
                }
                self.text.write_str("\"")
            }
        };
    }

    fn operation(&self, node: &Node<'_>) -> Option<Operation> {
        let (arguments, precedence) = match node.kind.as_ref() {
            NodeKind::Unary(..) => (1, Some(2)),
            NodeKind::Binary(operator, ..) => (2, Some(precedence_of(*operator))),
            NodeKind::All(_) => (2, Some(ALL)),
            NodeKind::Any(_) => (2, Some(ANY)),
            NodeKind::Conditional(..) => (3, Some(CONDITIONAL)),
            // This macro stands for a conditional, which CEL sees unless another macro is around.
            NodeKind::Macro(call) if call.name == Macro::OptionalMap && self.macros == 0 => {
                (3, Some(CONDITIONAL))
            }
            NodeKind::Index(..) | NodeKind::OptionalIndex(..) | NodeKind::OptionalSelect(..) => (2, Some(1)),
            NodeKind::Call { arguments, .. } => (arguments.len(), None),
            _ => return None,
        };
        Some(Operation { arguments, precedence })
    }

    fn has_several_arguments(&self, node: &Node<'_>) -> bool {
        self.operation(node).is_some_and(|operation| operation.arguments > 1)
    }

    /// Whether a node binds less tightly than the operator around it.
    fn binds_less(&self, node: &Node<'_>, around: Precedence) -> bool {
        self.has_several_arguments(node)
            && self.operation(node).and_then(|inner| inner.precedence).is_some_and(|inner| inner > around)
    }

    /// Whether it is an operator with two operands or three.
    fn is_operator(&self, node: &Node<'_>) -> bool {
        self.binds_less(node, PRODUCT - 1)
    }
}

fn precedence_of(operator: BinaryOperator) -> Precedence {
    match operator {
        BinaryOperator::Add | BinaryOperator::Subtract => SUM,
        BinaryOperator::Multiply | BinaryOperator::Divide | BinaryOperator::Remainder => PRODUCT,
        _ => RELATION,
    }
}

fn sign_of(operator: BinaryOperator) -> &'static str {
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

fn name_of(name: Macro) -> &'static str {
    match name {
        Macro::All => "all",
        Macro::Exists => "exists",
        Macro::ExistsOne => "exists_one",
        Macro::Map => "map",
        Macro::Filter => "filter",
        Macro::OptionalMap => "optMap",
    }
}
