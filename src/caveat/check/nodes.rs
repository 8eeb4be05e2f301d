//! What each kind of node becomes, and which type it has.

use std::ops::Range;
use std::sync::Arc;

use crate::caveat::expression::{Expression, ExpressionKind, Function, Macro, MacroCall};
use crate::caveat::pattern;
use crate::caveat::syntax::{Literal, MacroNode, Name, Node, NodeKind, UnaryOperator};
use crate::caveat::value::Value;
use crate::relationship::shortened;

use super::checker::{Checked, Checker, Variable};
use super::messages::{field_type, type_or_constant};
use super::overloads::{self, Declaration};
use super::signatures::Style;
use super::suggestion::did_you_mean;
use super::types::Type;

/// Patterns that are compiled beforehand, at most; further ones are compiled when they are used. Together with the
/// bound on one pattern's memory this bounds what a caveat takes.
const PATTERNS_MAX: usize = 16;

/// What a node becomes, and its type.
pub(super) type Meaning = (ExpressionKind, Type);

/// What stands for a part that was refused.
pub(super) const REFUSED: Meaning = (ExpressionKind::Literal(Value::Null), Type::Error);

impl<'a> Checker<'a> {
    /// Its recursion is bounded by the depth of the tree.
    pub(super) fn node(&mut self, node: &'a Node<'a>) -> Checked {
        let (kind, result) = match node.kind.as_ref() {
            NodeKind::Literal(literal) => literal_of(literal),
            NodeKind::Identifier(name) => self.identifier(name, &node.span),
            NodeKind::Unary(operator, at, operand) => self.unary(*operator, at, operand),
            NodeKind::Binary(operator, at, operands) => {
                self.operator(overloads::function_of(*operator), at, operands)
            }
            NodeKind::All(operands) => (ExpressionKind::All(self.booleans(operands)), Type::Bool),
            NodeKind::Any(operands) => (ExpressionKind::Any(self.booleans(operands)), Type::Bool),
            NodeKind::Conditional(at, operands) => self.conditional(at, operands),
            NodeKind::Select(operand, field) => self.select(node, operand, field),
            NodeKind::Has(operand, field) => self.has(operand, field),
            NodeKind::Index(at, operands) => self.index(at, operands),
            NodeKind::OptionalSelect(operand, field) => self.optional_select(operand, field),
            NodeKind::OptionalIndex(at, operands) => self.operator(Function::OptionalIndex, at, operands),
            // Lists, maps and messages look at these themselves.
            NodeKind::Spread(operand) => return self.node(operand),
            NodeKind::Call { function, receiver, arguments } => {
                self.call(function, receiver.as_ref(), arguments)
            }
            NodeKind::List(elements) => self.list(elements),
            NodeKind::Map(entries) => self.map(entries),
            NodeKind::Message(name, fields) => self.message(name, fields),
            NodeKind::Macro(call) if call.name == Macro::OptionalMap => self.optional_map(call),
            NodeKind::Macro(call) => self.macro_call(call),
        };
        Checked { expression: Expression { kind, span: node.span.clone() }, kind: result }
    }

    /// A variable of a macro around, a parameter, or the name of a type.
    fn identifier(&mut self, name: &str, span: &Range<usize>) -> Meaning {
        self.mark_used(name);
        let parameter = self.parameters.get(name).copied();
        if let Some(number) = self.variables.iter().rposition(|variable| variable.name == name) {
            return (ExpressionKind::Variable(number_of(number)), self.variables[number].kind.clone());
        }
        if let Some((number, parameter)) = parameter {
            return (ExpressionKind::Parameter(number), Type::from(&parameter.kind));
        }
        if let Some(found) = type_or_constant(name, span) {
            return found;
        }
        let parameters = self.parameters.keys().copied();
        let candidates: Vec<&str> =
            parameters.chain(self.variables.iter().map(|variable| variable.name)).collect();
        self.undeclared(name, span, candidates.into_iter());
        REFUSED
    }

    /// Marks a parameter as used, if there is one of this name. The variables of `filter` and `optMap` do so as well,
    /// since SpiceDB looks at what these stand for, in which their variables are named.
    pub(super) fn mark_used(&mut self, name: &str) {
        if let Some((number, _)) = self.parameters.get(name)
            && !self.is_in_key
            && let Some(is_used) = self.is_used.get_mut(usize::from(*number))
        {
            *is_used = true;
        }
    }

    fn undeclared<'n>(&mut self, name: &str, at: &Range<usize>, known: impl Iterator<Item = &'n str>) {
        if !self.problems.is_full() {
            let message =
                format!("undeclared reference to `{}`{}", shortened(name), did_you_mean(name, known));
            self.report(at.clone(), message);
        }
    }

    fn unary(&mut self, operator: UnaryOperator, at: &Range<usize>, operand: &'a Node<'a>) -> Meaning {
        let operand = self.node(operand);
        match operator {
            UnaryOperator::Not => {
                let kind = self.negation_type(&operand.kind, at);
                (ExpressionKind::Not(Box::new(operand.expression)), kind)
            }
            UnaryOperator::Negate => {
                let kind = self.operator_type(Function::Negate, std::slice::from_ref(&operand.kind), at);
                (ExpressionKind::Call(Function::Negate, vec![operand.expression]), kind)
            }
        }
    }

    fn operator(&mut self, function: Function, at: &Range<usize>, operands: &'a [Node<'a>]) -> Meaning {
        let (operands, kinds) = self.nodes(operands);
        let kind = self.operator_type(function, &kinds, at);
        (ExpressionKind::Call(function, operands), kind)
    }

    /// What is found in a container of which nothing is known can be anything.
    fn index(&mut self, at: &Range<usize>, operands: &'a [Node<'a>]) -> Meaning {
        let (operands, kinds) = self.nodes(operands);
        let kind = match kinds.first() {
            Some(Type::Dynamic | Type::Null) => Type::Dynamic,
            _ => self.operator_type(Function::Index, &kinds, at),
        };
        (ExpressionKind::Call(Function::Index, operands), kind)
    }

    /// A loop rather than an iterator, whose frames would come on top for every level of the tree.
    fn nodes(&mut self, nodes: &'a [Node<'a>]) -> (Vec<Expression>, Vec<Type>) {
        let mut expressions = Vec::with_capacity(nodes.len());
        let mut kinds = Vec::with_capacity(nodes.len());
        for node in nodes {
            let checked = self.node(node);
            expressions.push(checked.expression);
            kinds.push(checked.kind);
        }
        (expressions, kinds)
    }

    /// Operands that must all be bools. Each is looked at before the first is reported.
    fn booleans(&mut self, operands: &'a [Node<'a>]) -> Vec<Expression> {
        let (expressions, kinds) = self.nodes(operands);
        for (expression, kind) in expressions.iter().zip(&kinds) {
            self.expect_bool(expression, kind);
        }
        expressions
    }

    fn conditional(&mut self, at: &Range<usize>, operands: &'a [Node<'a>; 3]) -> Meaning {
        let [condition, then, otherwise] = operands;
        let (condition, then, otherwise) = (self.node(condition), self.node(then), self.node(otherwise));
        let kind = self.conditional_type([&condition.kind, &then.kind, &otherwise.kind], at);
        let operands = [condition.expression, then.expression, otherwise.expression];
        (ExpressionKind::Conditional(Box::new(operands)), kind)
    }

    fn select(&mut self, node: &'a Node<'a>, operand: &'a Node<'a>, field: &'a Name<'a>) -> Meaning {
        if let Some(found) = qualified_name(node).and_then(|name| type_or_constant(&name, &node.span)) {
            return found;
        }
        let operand = self.node(operand);
        let kind = self.field_type(&operand.kind, field, false);
        (ExpressionKind::Select(Box::new(operand.expression), Arc::from(field.text)), kind)
    }

    fn has(&mut self, operand: &'a Node<'a>, field: &'a Name<'a>) -> Meaning {
        let operand = self.node(operand);
        self.field_type(&operand.kind, field, false);
        (ExpressionKind::Has(Box::new(operand.expression), Arc::from(field.text)), Type::Bool)
    }

    /// The type of a field. What is selected from a value that may be absent may be absent as well.
    pub(super) fn field_type(&mut self, operand: &Type, field: &Name<'_>, is_optional: bool) -> Type {
        let (operand, is_optional) = match self.inference.resolve(operand) {
            Type::Optional(value) => (value.as_ref().clone(), true),
            other => (other, is_optional),
        };
        match self.field_type_of(operand, field) {
            found if is_optional && found != Type::Error => Type::optional(found),
            found => found,
        }
    }

    fn field_type_of(&mut self, operand: Type, field: &Name<'_>) -> Type {
        match operand {
            Type::Message(message) => {
                let found = message.field(field.text).map(|field| field_type(field.kind));
                found.unwrap_or_else(|| self.undefined_field(message, field))
            }
            Type::Map(entry) => entry[1].clone(),
            Type::Dynamic | Type::Error => Type::Dynamic,
            unknown @ Type::Variable(_) => {
                self.inference.fit(&Type::Dynamic, &unknown);
                Type::Dynamic
            }
            other => {
                let found = shortened(&other.to_string());
                self.report(field.span.clone(), format!("type `{found}` does not support field selection"));
                Type::Error
            }
        }
    }

    fn call(
        &mut self,
        name: &'a Name<'a>,
        receiver: Option<&'a Node<'a>>,
        arguments: &'a [Node<'a>],
    ) -> Meaning {
        let (arguments, argument_kinds) = self.nodes(arguments);
        if let Some(declaration) = receiver.and_then(|receiver| namespaced(receiver, name)) {
            let kind = self.result_type(declaration, Style::Global, &argument_kinds, &name.span);
            return (ExpressionKind::Call(declaration.function, arguments), kind);
        }
        let receiver = receiver.map(|receiver| self.node(receiver));
        let Some(declaration) = overloads::named(name.text) else {
            self.undeclared(name.text, &name.span, overloads::names());
            return REFUSED;
        };
        let style = if receiver.is_some() { Style::Method } else { Style::Global };
        let mut all = Vec::with_capacity(arguments.len() + 1);
        let mut kinds = Vec::with_capacity(arguments.len() + 1);
        if let Some(receiver) = receiver {
            all.push(receiver.expression);
            kinds.push(receiver.kind);
        }
        all.extend(arguments);
        kinds.extend(argument_kinds);
        let kind = self.result_type(declaration, style, &kinds, &name.span);
        (self.call_of(declaration.function, all, &kinds), kind)
    }

    /// A call, with its pattern compiled if that is a literal. What cannot be compiled fails when it runs.
    fn call_of(
        &mut self,
        function: Function,
        mut arguments: Vec<Expression>,
        kinds: &[Type],
    ) -> ExpressionKind {
        if let [kind] = kinds
            && is_number_conversion(function)
            && self.inference.resolve(kind) == Type::Int
        {
            arguments = arguments.into_iter().map(expect_int).collect();
        }
        if function == Function::Matches
            && self.patterns < PATTERNS_MAX
            && let [_, Expression { kind: ExpressionKind::Literal(Value::String(text)), .. }] =
                arguments.as_slice()
            && let Ok(compiled) = pattern::compile(text)
        {
            self.patterns += 1;
            if let Some(subject) = arguments.into_iter().next() {
                return ExpressionKind::Matches(Box::new(subject), compiled);
            }
            return REFUSED.0;
        }
        ExpressionKind::Call(function, arguments)
    }

    fn list(&mut self, elements: &'a [Node<'a>]) -> Meaning {
        let mut common = None;
        let mut checked = Vec::with_capacity(elements.len());
        for element in elements {
            checked.push(self.joined(element, &mut common));
        }
        let element = common.unwrap_or_else(|| self.inference.variable());
        (ExpressionKind::List(checked), Type::list(element))
    }

    fn map(&mut self, entries: &'a [(Node<'a>, Node<'a>)]) -> Meaning {
        let (mut key_type, mut value_type) = (None, None);
        let mut checked = Vec::with_capacity(entries.len());
        for (key, value) in entries {
            let was_in_key = std::mem::replace(&mut self.is_in_key, true);
            let key = self.joined(key, &mut key_type);
            self.is_in_key = was_in_key;
            checked.push((key, self.joined(value, &mut value_type)));
        }
        let key = key_type.unwrap_or_else(|| self.inference.variable());
        let value = value_type.unwrap_or_else(|| self.inference.variable());
        (ExpressionKind::Map(checked), Type::map(key, value))
    }

    /// An element, and the type that it has in common with those before it: `dyn` if there is none.
    fn joined(&mut self, node: &'a Node<'a>, common: &mut Option<Type>) -> Expression {
        let checked = self.part(node);
        *common = Some(match common.take() {
            None => checked.kind,
            Some(before) if self.inference.fit(&before, &checked.kind) => {
                self.inference.more_general(&before, &checked.kind)
            }
            Some(_) => Type::Dynamic,
        });
        checked.expression
    }

    fn macro_call(&mut self, call: &'a MacroNode<'a>) -> Meaning {
        let range = self.node(&call.range);
        let element = self.element_type(&range);
        self.has_checked_macro = true;
        if call.name == Macro::Filter {
            self.mark_used(call.variable.text);
        }
        let number = self.variables.len();
        self.variables.push(Variable { name: call.variable.text, kind: element.clone() });
        let predicate = call.predicate.as_ref().map(|predicate| {
            let predicate = self.node(predicate);
            self.expect_bool(&predicate.expression, &predicate.kind);
            predicate.expression
        });
        let result = call.result.as_ref().map(|result| self.node(result));
        self.variables.pop();
        let (result, result_kind) = result.map(|result| (result.expression, result.kind)).unzip();
        let kind = match call.name {
            Macro::All | Macro::Exists | Macro::ExistsOne => Type::Bool,
            Macro::OptionalMap => Type::Error,
            Macro::Filter => Type::list(element),
            Macro::Map => Type::list(result_kind.unwrap_or(Type::Error)),
        };
        let range = range.expression;
        let call = MacroCall { name: call.name, range, variable: number_of(number), predicate, result };
        (ExpressionKind::Macro(Box::new(call)), kind)
    }

    /// The type of a macro's variable.
    fn element_type(&mut self, range: &Checked) -> Type {
        match self.inference.resolve(&range.kind) {
            Type::List(element) => element.as_ref().clone(),
            Type::Map(entry) => entry[0].clone(),
            Type::Dynamic | Type::Error => Type::Dynamic,
            unknown @ Type::Variable(_) => {
                self.inference.fit(&Type::Dynamic, &unknown);
                Type::Dynamic
            }
            other => {
                let found = shortened(&other.to_string());
                let message =
                    format!("type `{found}` cannot be the range of a macro, which is a list or a map");
                self.report(range.expression.span.clone(), message);
                Type::Error
            }
        }
    }
}

fn literal_of(literal: &Literal) -> Meaning {
    let (value, kind) = match literal {
        Literal::Null => (Value::Null, Type::Null),
        Literal::Bool(value) => (Value::Bool(*value), Type::Bool),
        Literal::Int(value) => (Value::Int(*value), Type::Int),
        Literal::Uint(value) => (Value::Uint(*value), Type::Uint),
        Literal::Double(value) => (Value::Double(*value), Type::Double),
        Literal::String(value) => (Value::String(Arc::clone(value)), Type::String),
        Literal::Bytes(value) => (Value::Bytes(Arc::clone(value)), Type::Bytes),
    };
    (ExpressionKind::Literal(value), kind)
}

/// Whether a conversion has an overload of its own for each type of number.
fn is_number_conversion(function: Function) -> bool {
    matches!(function, Function::ToInt | Function::ToUint | Function::ToDouble | Function::ToString)
}

/// What passes for an int, but for a `uint` from a context, which only passes for one until it is used.
fn expect_int(operand: Expression) -> Expression {
    let can_be_from_context = matches!(
        operand.kind,
        ExpressionKind::Parameter(_)
            | ExpressionKind::Variable(_)
            | ExpressionKind::Select(..)
            | ExpressionKind::Conditional(_)
            | ExpressionKind::Call(Function::Index, _)
    );
    if !can_be_from_context {
        return operand;
    }
    let span = operand.span.clone();
    Expression { kind: ExpressionKind::Call(Function::ExpectInt, vec![operand]), span }
}

/// The function of a name with dots, such as `optional.of`.
fn namespaced(receiver: &Node<'_>, name: &Name<'_>) -> Option<&'static Declaration> {
    overloads::named(&format!("{}.{}", qualified_name(receiver)?, name.text))
}

/// Macros nest less deep, and parameters are fewer, than the type can count.
pub(super) fn number_of(number: usize) -> u16 {
    u16::try_from(number).unwrap_or(u16::MAX)
}

/// The name that a chain of selections spells.
pub(super) fn qualified_name(node: &Node<'_>) -> Option<String> {
    let mut names = Vec::new();
    let mut node = node;
    while let NodeKind::Select(operand, field) = node.kind.as_ref() {
        names.push(field.text);
        node = operand;
    }
    let NodeKind::Identifier(root) = *node.kind else { return None };
    names.push(root);
    names.reverse();
    Some(names.join("."))
}
