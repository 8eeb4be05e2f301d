//! Tree → checked expression: every name known, every call possible, the result a bool.

use super::caveat::Parameter;
use super::error::CompileError;
use super::expression::Expression;
use super::syntax::Tree;

/// Checks a parsed expression against the parameters.
pub(super) fn check(parameters: &[Parameter], tree: &Tree) -> Result<Expression, Vec<CompileError>> {
    let _ = (parameters, tree);
    todo!("front")
}
