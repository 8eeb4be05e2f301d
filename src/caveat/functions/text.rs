//! What texts contain.

use super::super::budget::Budget;
use super::super::pattern;
use super::super::stop::Stop;
use super::super::value::Value;

/// What making a pattern costs: about as much as this many steps.
const PATTERN_STEPS: u64 = 3_000;

/// `text.contains(part)`.
pub(super) fn contains(text: &Value, part: &Value, budget: &mut Budget) -> Result<bool, Stop> {
    let (text, part) = texts("contains", text, part)?;
    budget.take_text(text.len().saturating_add(part.len()))?;
    Ok(text.contains(part))
}

/// `text.startsWith(part)`.
pub(super) fn starts_with(text: &Value, part: &Value, budget: &mut Budget) -> Result<bool, Stop> {
    let (text, part) = texts("startsWith", text, part)?;
    budget.take_text(part.len())?;
    Ok(text.starts_with(part))
}

/// `text.endsWith(part)`.
pub(super) fn ends_with(text: &Value, part: &Value, budget: &mut Budget) -> Result<bool, Stop> {
    let (text, part) = texts("endsWith", text, part)?;
    budget.take_text(part.len())?;
    Ok(text.ends_with(part))
}

/// `text.matches(pattern)`: whether a pattern is found anywhere in a text.
pub(in super::super) fn matches(
    text: &Value,
    pattern: &regex::Regex,
    budget: &mut Budget,
) -> Result<bool, Stop> {
    let Value::String(text) = text else {
        return Err(Stop::no_function("matches", &[text, &Value::from("")]));
    };
    // A search may look at each byte for each state of the pattern: more than other functions do.
    budget.take(text.len() as u64 / 4)?;
    Ok(pattern.is_match(text))
}

/// `matches` with a pattern that is computed.
pub(super) fn matches_computed(text: &Value, pattern: &Value, budget: &mut Budget) -> Result<bool, Stop> {
    let (_, source) = texts("matches", text, pattern)?;
    budget.take(PATTERN_STEPS.saturating_add(source.len() as u64))?;
    let pattern = pattern::compile_computed(source).map_err(Stop::failed)?;
    matches(text, &pattern, budget)
}

fn texts<'v>(function: &str, left: &'v Value, right: &'v Value) -> Result<(&'v str, &'v str), Stop> {
    match (left, right) {
        (Value::String(left), Value::String(right)) => Ok((left, right)),
        _ => Err(Stop::no_function(function, &[left, right])),
    }
}
