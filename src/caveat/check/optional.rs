//! What is particular to values that may be absent.

use crate::caveat::expression::{Expression, ExpressionKind, Function, Macro, MacroCall};
use crate::caveat::syntax::{MacroNode, Name, Node, NodeKind};
use crate::relationship::shortened;

use super::checker::{Checked, Checker, Variable};
use super::nodes::{Meaning, number_of};
use super::overloads;
use super::signatures::Style;
use super::types::Type;

impl<'a> Checker<'a> {
    /// `operand.?field`.
    pub(super) fn optional_select(&mut self, operand: &'a Node<'a>, field: &'a Name<'a>) -> Meaning {
        let operand = self.node(operand);
        let kind = self.field_type(&operand.kind, field, true);
        (ExpressionKind::OptionalSelect(Box::new(operand.expression), field.text.into()), kind)
    }

    /// `optional.optMap(variable, result)`. What is found of the optional value is as its methods find it.
    pub(super) fn optional_map(&mut self, call: &'a MacroNode<'a>) -> Meaning {
        let range = self.node(&call.range);
        let value = match overloads::of(Function::OptionalValue) {
            Some(declaration) => self.result_type(
                declaration,
                Style::Method,
                std::slice::from_ref(&range.kind),
                &call.name_span,
            ),
            None => Type::Error,
        };
        self.has_checked_macro = true;
        self.mark_used(call.variable.text);
        let number = self.variables.len();
        self.variables.push(Variable { name: call.variable.text, kind: value });
        let result = call.result.as_ref().map(|result| self.node(result));
        self.variables.pop();
        let (result, kind) = result.map(|result| (result.expression, result.kind)).unzip();
        let call = MacroCall {
            name: Macro::OptionalMap,
            range: range.expression,
            variable: number_of(number),
            predicate: None,
            result,
        };
        (ExpressionKind::Macro(Box::new(call)), Type::optional(kind.unwrap_or(Type::Error)))
    }

    /// A part of a list, a map or a message, which may be left out: `?value`.
    pub(super) fn part(&mut self, node: &'a Node<'a>) -> Checked {
        let NodeKind::Spread(operand) = node.kind.as_ref() else { return self.node(node) };
        let Checked { expression, kind } = self.node(operand);
        let kind = match self.inference.resolve(&kind) {
            Type::Optional(inner) => inner.as_ref().clone(),
            dynamic @ (Type::Dynamic | Type::Error) => dynamic,
            other => {
                let found = shortened(&other.to_string());
                let message = format!("expected type `optional_type({found})` but found `{found}`");
                self.report(operand.span.clone(), message);
                Type::Error
            }
        };
        let spread = ExpressionKind::Spread(Box::new(expression));
        Checked { expression: Expression { kind: spread, span: node.span.clone() }, kind }
    }
}
