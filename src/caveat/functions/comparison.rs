//! Equality of any two values, and the order of those that have one.
//!
//! Numbers compare by what they stand for, whatever their types; values of other types are never equal.

use std::cmp::Ordering;

use super::super::budget::Budget;
use super::super::stop::Stop;
use super::super::value::{Message, Value};

/// Whether two values are equal. An address has no equality with other types than null.
pub(in super::super) fn equal(left: &Value, right: &Value, budget: &mut Budget) -> Result<bool, Stop> {
    Ok(match (left, right) {
        (Value::Null, Value::Null) => true,
        (Value::Bool(left), Value::Bool(right)) => left == right,
        (Value::String(left), Value::String(right)) => {
            equal_bytes(left.as_bytes(), right.as_bytes(), budget)?
        }
        (Value::Bytes(left), Value::Bytes(right)) => equal_bytes(left, right, budget)?,
        (Value::Duration(left), Value::Duration(right)) => left == right,
        (Value::Timestamp(left), Value::Timestamp(right)) => left.instant() == right.instant(),
        (Value::IpAddress(left), Value::IpAddress(right)) => left == right,
        (Value::ZonedAddress(left), Value::ZonedAddress(right)) => left == right,
        (Value::Null, _)
        | (_, Value::Null)
        | (Value::IpAddress(_), Value::ZonedAddress(_))
        | (Value::ZonedAddress(_), Value::IpAddress(_)) => false,
        (Value::IpAddress(_) | Value::ZonedAddress(_), _) => return Err(Stop::no_overload()),
        (Value::List(left), Value::List(right)) => equal_lists(left, right, budget)?,
        (Value::Map(left), Value::Map(right)) => {
            if left.len() != right.len() {
                return Ok(false);
            }
            for ((left_key, left), (right_key, right)) in left.iter().zip(right.iter()) {
                budget.take(1)?;
                if left_key != right_key || !equal(left, right, budget)? {
                    return Ok(false);
                }
            }
            true
        }
        (Value::Type(left), Value::Type(right)) => left == right,
        (Value::Optional(left), Value::Optional(right)) => match (left, right) {
            (Some(left), Some(right)) => equal(left, right, budget)?,
            (left, right) => left.is_none() && right.is_none(),
        },
        (Value::Message(left), Value::Message(right)) => equal_messages(left, right, budget)?,
        _ => order_numbers(left, right) == Numbers::Ordered(Ordering::Equal),
    })
}

/// The same where a value that cannot be compared is simply another one: what `!=` and `in` ask.
pub(super) fn is_same(left: &Value, right: &Value, budget: &mut Budget) -> Result<bool, Stop> {
    match equal(left, right, budget) {
        Err(Stop::Failed(_)) => Ok(false),
        outcome => outcome,
    }
}

fn equal_messages(left: &Message, right: &Message, budget: &mut Budget) -> Result<bool, Stop> {
    if left.kind() != right.kind() {
        return Ok(false);
    }
    let (left, right) = (left.set_fields(), right.set_fields());
    if left.len() != right.len() {
        return Ok(false);
    }
    for ((left_name, left), (right_name, right)) in left.iter().zip(&right) {
        if left_name != right_name || !equal(left, right, budget)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn equal_bytes(left: &[u8], right: &[u8], budget: &mut Budget) -> Result<bool, Stop> {
    if left.len() != right.len() {
        return Ok(false);
    }
    budget.take_text(left.len())?;
    Ok(left == right)
}

fn equal_lists(left: &[Value], right: &[Value], budget: &mut Budget) -> Result<bool, Stop> {
    if left.len() != right.len() {
        return Ok(false);
    }
    for (left, right) in left.iter().zip(right) {
        budget.take(1)?;
        if !equal(left, right, budget)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The order of two values of a type that has one.
pub(super) fn order(left: &Value, right: &Value, budget: &mut Budget) -> Result<Ordering, Stop> {
    Ok(match (left, right) {
        (Value::Bool(left), Value::Bool(right)) => left.cmp(right),
        (Value::String(left), Value::String(right)) => {
            budget.take_text(left.len().min(right.len()))?;
            left.cmp(right)
        }
        (Value::Bytes(left), Value::Bytes(right)) => {
            budget.take_text(left.len().min(right.len()))?;
            left.cmp(right)
        }
        (Value::Duration(left), Value::Duration(right)) => left.cmp(right),
        (Value::Timestamp(left), Value::Timestamp(right)) => left.instant().cmp(&right.instant()),
        _ => match order_numbers(left, right) {
            Numbers::Ordered(order) => order,
            Numbers::Unordered => return Err(Stop::failed("NaN values cannot be ordered")),
            Numbers::None => return Err(Stop::no_overload()),
        },
    })
}

/// How two values compare as numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Numbers {
    Ordered(Ordering),
    /// One is `NaN`.
    Unordered,
    /// One is no number.
    None,
}

/// The order of two numbers. Beside a double, a whole number counts as the double next to it.
#[expect(clippy::cast_precision_loss, reason = "as CEL compares whole numbers with doubles")]
fn order_numbers(left: &Value, right: &Value) -> Numbers {
    let order = match (left, right) {
        (Value::Int(left), Value::Int(right)) => Some(left.cmp(right)),
        (Value::Uint(left), Value::Uint(right)) => Some(left.cmp(right)),
        (Value::Int(left), Value::Uint(right)) => Some(i128::from(*left).cmp(&i128::from(*right))),
        (Value::Uint(left), Value::Int(right)) => Some(i128::from(*left).cmp(&i128::from(*right))),
        (Value::Double(left), Value::Double(right)) => left.partial_cmp(right),
        (Value::Int(left), Value::Double(right)) => (*left as f64).partial_cmp(right),
        (Value::Double(left), Value::Int(right)) => left.partial_cmp(&(*right as f64)),
        (Value::Uint(left), Value::Double(right)) => (*left as f64).partial_cmp(right),
        (Value::Double(left), Value::Uint(right)) => left.partial_cmp(&(*right as f64)),
        _ => return Numbers::None,
    };
    order.map_or(Numbers::Unordered, Numbers::Ordered)
}
