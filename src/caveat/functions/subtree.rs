//! Maps that are parts of other maps.

use super::super::budget::Budget;
use super::super::entries::Entries;
use super::super::stop::Stop;
use super::super::value::Value;
use super::comparison::equal;

/// `part.isSubtreeOf(whole)`: each key of the part is one of the whole, with a map that is a subtree if both values
/// are maps, else with an equal value of the same type.
pub(super) fn is_subtree_of(part: &Value, whole: &Value, budget: &mut Budget) -> Result<bool, Stop> {
    if let (Value::Map(part), Value::Map(whole)) = (part, whole) {
        return is_subtree(part, whole, budget);
    }
    Err(Stop::no_function("isSubtreeOf", &[part, whole]))
}

fn is_subtree(part: &Entries, whole: &Entries, budget: &mut Budget) -> Result<bool, Stop> {
    for (key, value) in part.iter() {
        budget.take(1)?;
        let is_in = match (value, whole.get(key)) {
            (_, None) => false,
            (Value::Map(part), Some(Value::Map(whole))) => is_subtree(part, whole, budget)?,
            (value, Some(other)) => value.type_name() == other.type_name() && equal(value, other, budget)?,
        };
        if !is_in {
            return Ok(false);
        }
    }
    Ok(true)
}
