//! Tree → checked expression: every name known, every call possible, the result a bool.
//!
//! Types are inferred as CEL's own checker does: what is `dyn` fits everything, `null` fits timestamps, durations and
//! addresses, and numbers of different types do not compare unless one of them is `dyn`.

mod calls;
mod checker;
mod inference;
mod messages;
mod nodes;
mod optional;
mod overloads;
mod signatures;
mod suggestion;
mod types;

use super::caveat::Parameter;
use super::error::CompileError;
use super::expression::Expression;
use super::syntax::Tree;

/// Checks a parsed expression against the parameters. Gives also the places of the parameters that it does not name.
pub(super) fn check(
    parameters: &[Parameter],
    tree: &Tree<'_>,
) -> Result<(Expression, Box<[u16]>), Vec<CompileError>> {
    checker::Checker::new(parameters)?.check(tree)
}

#[cfg(test)]
mod tests;
