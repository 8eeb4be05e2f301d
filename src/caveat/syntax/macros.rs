//! Calls that are macros: `has`, and those that declare a variable.

use std::ops::Range;

use crate::caveat::expression::Macro;

use super::parser::{Parsed, Parser};
use super::tree::{MacroNode, Name, Node, NodeKind};

impl<'t> Parser<'t> {
    /// `has(operand.field)`.
    pub(super) fn has(&mut self, arguments: Vec<Node<'t>>, span: Range<usize>) -> Parsed<Node<'t>> {
        let place = arguments.first().map_or_else(|| span.clone(), |argument| argument.span.clone());
        if let Ok([argument]) = <[Node<'t>; 1]>::try_from(arguments)
            && let NodeKind::Select(operand, field) = *argument.kind
        {
            return self.node(NodeKind::Has(operand, field), span);
        }
        self.problems.add(place, "`has` takes the selection of a field, such as `has(value.field)`");
        Ok(Self::placeholder(span))
    }

    /// A method call, which is a macro if its name says so.
    pub(super) fn method_call(
        &mut self,
        receiver: Node<'t>,
        function: Name<'t>,
        mut arguments: Vec<Node<'t>>,
        span: Range<usize>,
    ) -> Parsed<Node<'t>> {
        let name = match function.text {
            "all" => Macro::All,
            "exists" => Macro::Exists,
            "exists_one" => Macro::ExistsOne,
            "map" => Macro::Map,
            "filter" => Macro::Filter,
            "optMap" if arguments.len() == 2 => Macro::OptionalMap,
            _ => {
                let receiver = Some(receiver);
                return self.node(NodeKind::Call { function, receiver, arguments }, span);
            }
        };
        if !(arguments.len() == 2 || arguments.len() == 3 && name == Macro::Map) {
            let example =
                format!("`{0}` takes a variable and an expression, such as `{0}(x, x > 0)`", function.text);
            self.problems.add(function.span, example);
            return Ok(Self::placeholder(span));
        }
        let last = arguments.pop();
        let mut others = arguments.into_iter();
        let variable = others.next().unwrap_or_else(|| Self::placeholder(span.clone()));
        let NodeKind::Identifier(text) = *variable.kind else {
            self.problems
                .add(variable.span, format!("the variable of `{}` must be a simple name", function.text));
            return Ok(Self::placeholder(span));
        };
        let variable = Name { text, span: variable.span };
        let (predicate, result) = match name {
            Macro::Map => (others.next(), last),
            Macro::OptionalMap => (None, last),
            _ => (last, None),
        };
        let name_span = function.span;
        let call = MacroNode { name, name_span, range: receiver, variable, predicate, result };
        self.node(NodeKind::Macro(call), span)
    }
}
