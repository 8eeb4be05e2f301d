//! Sums and products: of numbers without overflow, of points and lengths of time, of texts and lists.

use std::sync::Arc;

use super::super::budget::Budget;
use super::super::formats::Timestamp;
use super::super::stop::Stop;
use super::super::value::Value;

/// `left + right`: a sum, a later time, or one after the other.
pub(super) fn add(left: &Value, right: &Value, budget: &mut Budget) -> Result<Value, Stop> {
    match (left, right) {
        (Value::Int(left), Value::Int(right)) => int(left.checked_add(*right)),
        (Value::Uint(left), Value::Uint(right)) => uint(left.checked_add(*right)),
        (Value::Double(left), Value::Double(right)) => Ok(Value::Double(left + right)),
        (Value::Duration(left), Value::Duration(right)) => duration(left.checked_add(*right)),
        (Value::Timestamp(time), Value::Duration(length))
        | (Value::Duration(length), Value::Timestamp(time)) => timestamp(time.plus(i128::from(*length))),
        (Value::String(left), Value::String(right)) => {
            budget.take_text(left.len().saturating_add(right.len()))?;
            let parts: [&str; 2] = [left, right];
            Ok(Value::from(parts.concat()))
        }
        (Value::Bytes(left), Value::Bytes(right)) => {
            budget.take_text(left.len().saturating_add(right.len()))?;
            let parts: [&[u8]; 2] = [left, right];
            Ok(Value::Bytes(parts.concat().into()))
        }
        (Value::List(left), Value::List(right)) => {
            if right.is_empty() {
                return Ok(Value::List(Arc::clone(left)));
            }
            budget.take_elements(left.len().saturating_add(right.len()))?;
            Ok(Value::List(left.iter().chain(right.iter()).cloned().collect()))
        }
        _ => Err(Stop::no_overload()),
    }
}

/// `left - right`: a difference, an earlier time, or the time between two.
pub(super) fn subtract(left: &Value, right: &Value) -> Result<Value, Stop> {
    match (left, right) {
        (Value::Int(left), Value::Int(right)) => int(left.checked_sub(*right)),
        (Value::Uint(left), Value::Uint(right)) => uint(left.checked_sub(*right)),
        (Value::Double(left), Value::Double(right)) => Ok(Value::Double(left - right)),
        (Value::Duration(left), Value::Duration(right)) => duration(left.checked_sub(*right)),
        (Value::Timestamp(time), Value::Duration(length)) => timestamp(time.plus(-i128::from(*length))),
        (Value::Timestamp(left), Value::Timestamp(right)) => duration(left.since(*right)),
        _ => Err(Stop::no_overload()),
    }
}

/// `left * right`.
pub(super) fn multiply(left: &Value, right: &Value) -> Result<Value, Stop> {
    match (left, right) {
        (Value::Int(left), Value::Int(right)) => int(left.checked_mul(*right)),
        (Value::Uint(left), Value::Uint(right)) => uint(left.checked_mul(*right)),
        (Value::Double(left), Value::Double(right)) => Ok(Value::Double(left * right)),
        _ => Err(Stop::no_overload()),
    }
}

/// `left / right`; between whole numbers towards zero.
pub(super) fn divide(left: &Value, right: &Value) -> Result<Value, Stop> {
    match (left, right) {
        (Value::Int(_), Value::Int(0)) | (Value::Uint(_), Value::Uint(0)) => {
            Err(Stop::failed("division by zero"))
        }
        (Value::Int(left), Value::Int(right)) => int(left.checked_div(*right)),
        (Value::Uint(left), Value::Uint(right)) => uint(left.checked_div(*right)),
        (Value::Double(left), Value::Double(right)) => Ok(Value::Double(left / right)),
        _ => Err(Stop::no_overload()),
    }
}

/// `left % right`, with the sign of `left`.
pub(super) fn remainder(left: &Value, right: &Value) -> Result<Value, Stop> {
    match (left, right) {
        (Value::Int(_), Value::Int(0)) | (Value::Uint(_), Value::Uint(0)) => {
            Err(Stop::failed("modulus by zero"))
        }
        (Value::Int(left), Value::Int(right)) => int(left.checked_rem(*right)),
        (Value::Uint(left), Value::Uint(right)) => uint(left.checked_rem(*right)),
        _ => Err(Stop::no_overload()),
    }
}

/// `-operand`.
pub(super) fn negate(operand: &Value) -> Result<Value, Stop> {
    match operand {
        Value::Int(operand) => int(operand.checked_neg()),
        Value::Double(operand) => Ok(Value::Double(-operand)),
        Value::Duration(operand) => duration(operand.checked_neg()),
        _ => Err(Stop::no_overload()),
    }
}

fn int(result: Option<i64>) -> Result<Value, Stop> {
    result.map(Value::Int).ok_or_else(|| Stop::failed("integer overflow"))
}

fn uint(result: Option<u64>) -> Result<Value, Stop> {
    result.map(Value::Uint).ok_or_else(|| Stop::failed("unsigned integer overflow"))
}

fn duration(nanoseconds: Option<i64>) -> Result<Value, Stop> {
    nanoseconds.map(Value::Duration).ok_or_else(|| Stop::failed("integer overflow"))
}

fn timestamp(result: Option<Timestamp>) -> Result<Value, Stop> {
    result.map(Value::Timestamp).ok_or_else(|| Stop::failed("timestamp overflow"))
}
