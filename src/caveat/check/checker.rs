//! The walk over the tree.

use std::collections::HashMap;
use std::ops::Range;

use crate::caveat::caveat::Parameter;
use crate::caveat::error::CompileError;
use crate::caveat::expression::Expression;
use crate::caveat::problems::Problems;
use crate::caveat::syntax::Tree;
use crate::relationship::shortened;

use super::inference::Inference;
use super::types::{Type, type_named};

/// Parameters of a caveat, at most.
const PARAMETERS_MAX: usize = 1_000;

/// A part of an expression with its type.
pub(super) struct Checked {
    pub(super) expression: Expression,
    pub(super) kind: Type,
}

/// The variable of a macro around.
pub(super) struct Variable<'a> {
    pub(super) name: &'a str,
    pub(super) kind: Type,
}

/// What is known at some point of the walk.
pub(super) struct Checker<'a> {
    /// By name, with their places in the declaration.
    pub(super) parameters: HashMap<&'a str, (u16, &'a Parameter)>,
    /// By place.
    pub(super) is_used: Vec<bool>,
    /// Whether the key of a map's entry is looked at: what it names does not count as used, as in SpiceDB.
    pub(super) is_in_key: bool,
    /// The innermost is the last.
    pub(super) variables: Vec<Variable<'a>>,
    /// Whether the body of some macro was looked at, in the order of checking.
    pub(super) has_checked_macro: bool,
    pub(super) inference: Inference,
    /// Patterns compiled so far.
    pub(super) patterns: usize,
    pub(super) problems: Problems,
}

/// Whether a parameter of this name would hide a type. Only `optional_type` may be hidden.
fn is_type(name: &str) -> bool {
    name != "optional_type" && type_named(name).is_some()
}

impl<'a> Checker<'a> {
    /// Refuses parameters that hide a type, and more of them than an expression can number.
    pub(super) fn new(parameters: &'a [Parameter]) -> Result<Self, Vec<CompileError>> {
        let mut problems = Problems::default();
        if let Some(hidden) = parameters.iter().find(|parameter| is_type(&parameter.name)) {
            problems.add(0..0, format!("the parameter `{}` has the name of a type", hidden.name));
        }
        if parameters.len() > PARAMETERS_MAX {
            problems.add(0..0, format!("there are more than {PARAMETERS_MAX} parameters"));
        }
        if !problems.is_empty() {
            return Err(problems.into_sorted());
        }
        let numbered = (0_u16..).zip(parameters);
        Ok(Self {
            parameters: numbered.map(|(number, kind)| (kind.name.as_str(), (number, kind))).collect(),
            is_used: vec![false; parameters.len()],
            is_in_key: false,
            variables: Vec::new(),
            has_checked_macro: false,
            inference: Inference::default(),
            patterns: 0,
            problems,
        })
    }

    pub(super) fn check(mut self, tree: &'a Tree<'a>) -> Result<(Expression, Box<[u16]>), Vec<CompileError>> {
        let root = self.node(&tree.root);
        let kind = self.inference.resolve(&root.kind);
        let span = tree.root.span.clone();
        if self.inference.is_exhausted() {
            self.problems = Problems::default();
            self.report(span, "the types of the expression are too complex");
        } else if self.problems.is_empty() && !matches!(kind, Type::Bool) {
            let found = shortened(&format!("{kind:#}"));
            let message = format!("caveat expression must result in a boolean value: found `{found}`");
            self.report(span, message);
        }
        if !self.problems.is_empty() {
            return Err(self.problems.into_sorted());
        }
        let unused = (0_u16..).zip(&self.is_used).filter(|(_, is_used)| !**is_used);
        Ok((root.expression, unused.map(|(number, _)| number).collect()))
    }

    pub(super) fn report(&mut self, at: Range<usize>, message: impl Into<String>) {
        self.problems.add(at, message);
    }
}
