//! Three-valued evaluation of a checked expression.

use super::bindings::Bindings;
use super::budget::Budget;
use super::caveat::Verdict;
use super::error::EvaluationError;
use super::expression::Expression;

/// Evaluates a boolean expression.
pub(super) fn evaluate(
    expression: &Expression,
    stored: Option<&Bindings>,
    request: Option<&Bindings>,
    budget: &mut Budget,
) -> Result<Verdict, EvaluationError> {
    let _ = (expression, stored, request, budget);
    todo!("back")
}
