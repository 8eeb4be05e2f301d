//! Which overload a call means.

use std::ops::Range;

use crate::caveat::expression::{Expression, Function};
use crate::relationship::shortened;

use super::checker::Checker;
use super::overloads::Declaration;
use super::signatures::{Instance, Style};
use super::types::Type;

/// Types of arguments that a message names, at most.
const ARGUMENTS_SHOWN_MAX: usize = 8;

impl Checker<'_> {
    /// The type that a call of an operator has, from the types of its operands.
    pub(super) fn operator_type(&mut self, function: Function, operands: &[Type], at: &Range<usize>) -> Type {
        match super::overloads::operator(function) {
            Some(declaration) => self.result_type(declaration, Style::Global, operands, at),
            None => Type::Error,
        }
    }

    /// The type that a call has. If several overloads fit and their results differ, it is known when it runs.
    pub(super) fn result_type(
        &mut self,
        declaration: &Declaration,
        style: Style,
        arguments: &[Type],
        at: &Range<usize>,
    ) -> Type {
        let mut result: Option<Type> = None;
        for overload in declaration.overloads {
            let is_style =
                overload.style == style || overload.style == Style::Mixed && self.has_checked_macro;
            if !is_style || overload.arguments.len() != arguments.len() {
                continue;
            }
            let instance = Instance::new(&mut self.inference);
            let expected: Vec<Type> =
                overload.arguments.iter().map(|pattern| instance.of(*pattern)).collect();
            if !self.inference.fit_all(arguments.iter().zip(&expected)) {
                continue;
            }
            let found = self.inference.resolve(&instance.of(overload.result));
            result = Some(match result {
                Some(before) if before != found => Type::Dynamic,
                _ => found,
            });
        }
        result.unwrap_or_else(|| {
            let arguments: Vec<&Type> = arguments.iter().collect();
            self.refuse(declaration.name, style, &arguments, at)
        })
    }

    /// Reports that a function does not take these types, worded as in CEL: `receiver.(argument, …)` or
    /// `(argument, …)`.
    fn refuse(&mut self, name: &str, style: Style, arguments: &[&Type], at: &Range<usize>) -> Type {
        // What is wrong with an argument is reported already.
        if arguments.contains(&&Type::Error) || self.problems.is_full() {
            return Type::Error;
        }
        let shown = arguments.iter().take(ARGUMENTS_SHOWN_MAX);
        let mut texts: Vec<String> =
            shown.map(|kind| shortened(&self.inference.resolve(kind).to_string())).collect();
        if arguments.len() > ARGUMENTS_SHOWN_MAX {
            texts.push("…".to_owned());
        }
        let has_receiver = style == Style::Method && !texts.is_empty();
        let receiver = if has_receiver { format!("{}.", texts.remove(0)) } else { String::new() };
        let arguments = texts.join(", ");
        let message = format!("found no matching overload for '{name}' applied to '{receiver}({arguments})'");
        self.report(at.clone(), message);
        Type::Error
    }

    /// The type of `!operand`.
    pub(super) fn negation_type(&mut self, operand: &Type, at: &Range<usize>) -> Type {
        if self.inference.fit(operand, &Type::Bool) {
            return Type::Bool;
        }
        self.refuse("!_", Style::Global, &[operand], at)
    }

    /// The type of `condition ? then : otherwise`.
    pub(super) fn conditional_type(&mut self, operands: [&Type; 3], at: &Range<usize>) -> Type {
        let common = self.inference.variable();
        if self.inference.fit_all(operands.into_iter().zip([&Type::Bool, &common, &common])) {
            return self.inference.resolve(&common);
        }
        self.refuse("_?_:_", Style::Global, &operands, at)
    }

    /// Reports what cannot be a bool.
    pub(super) fn expect_bool(&mut self, operand: &Expression, kind: &Type) {
        if !self.inference.fit(kind, &Type::Bool) {
            let found = shortened(&self.inference.resolve(kind).to_string());
            self.report(operand.span.clone(), format!("expected type `bool` but found `{found}`"));
        }
    }
}
