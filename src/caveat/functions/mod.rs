//! The strict functions: from values to a value, or a reason why there is none.
//!
//! Every function looks at the types of its arguments when it runs. What is longer than a few words takes steps of
//! the budget. Knows nothing of expressions, parameters and unknowns.

mod address;
mod arithmetic;
mod collection;
mod comparison;
mod conversion;
mod message;
mod optional;
mod subtree;
mod text;
mod time;

use std::cmp::Ordering;

use super::budget::Budget;
use super::expression::Function;
use super::formats;
use super::stop::Stop;
use super::value::Value;

pub(super) use address::is_in_network;
pub(super) use collection::{field, has, index, select};
pub(super) use message::construct;
pub(super) use optional::{index as optional_index, of as optional_of, select as optional_select};
pub(super) use text::matches;

/// Calls a function of one argument.
pub(super) fn call_one(function: Function, operand: &Value, budget: &mut Budget) -> Result<Value, Stop> {
    match function {
        Function::Negate => arithmetic::negate(operand),
        Function::Size => collection::size(operand, budget),
        Function::ToBool => conversion::to_bool(operand),
        Function::ToInt => conversion::to_int(operand),
        Function::ToUint => conversion::to_uint(operand),
        Function::ToDouble => conversion::to_double(operand),
        Function::ToString => conversion::to_string(operand, budget),
        Function::ToBytes => conversion::to_bytes(operand, budget),
        Function::ToTimestamp => conversion::to_timestamp(operand),
        Function::ToDuration => conversion::to_duration(operand),
        Function::ToDynamic => Ok(operand.clone()),
        Function::ExpectInt => match operand {
            Value::Uint(_) => Err(Stop::no_overload()),
            operand => Ok(operand.clone()),
        },
        Function::TypeOf => Ok(Value::Type(operand.type_name())),
        Function::UndefinedType => {
            Err(Stop::failed(format!("reference to undefined type: {}", formats::shown(operand))))
        }
        Function::OptionalOf => Ok(optional::of(operand.clone())),
        Function::OptionalOfNonZeroValue => Ok(optional::of_non_zero(operand)),
        Function::OptionalValue => optional::value(operand),
        Function::OptionalHasValue => optional::has_value(operand),
        _ => match time::Part::of(function) {
            Some(part) => time::get(part, operand),
            None => Err(Stop::no_overload()),
        },
    }
}

/// Whether a function of two arguments always gives a bool.
pub(super) fn is_test(function: Function) -> bool {
    matches!(
        function,
        Function::Equal
            | Function::NotEqual
            | Function::Less
            | Function::LessOrEqual
            | Function::Greater
            | Function::GreaterOrEqual
            | Function::In
            | Function::Contains
            | Function::StartsWith
            | Function::EndsWith
            | Function::Matches
            | Function::InCidr
            | Function::IsSubtreeOf
    )
}

/// Calls a function of two arguments that gives a bool.
pub(super) fn test(
    function: Function,
    left: &Value,
    right: &Value,
    budget: &mut Budget,
) -> Result<bool, Stop> {
    match function {
        Function::Equal => comparison::equal(left, right, budget),
        Function::NotEqual => comparison::is_same(left, right, budget).map(|is_same| !is_same),
        Function::Less => comparison::order(left, right, budget).map(Ordering::is_lt),
        Function::LessOrEqual => comparison::order(left, right, budget).map(Ordering::is_le),
        Function::Greater => comparison::order(left, right, budget).map(Ordering::is_gt),
        Function::GreaterOrEqual => comparison::order(left, right, budget).map(Ordering::is_ge),
        Function::In => collection::is_in(left, right, budget),
        Function::Contains => text::contains(left, right, budget),
        Function::StartsWith => text::starts_with(left, right, budget),
        Function::EndsWith => text::ends_with(left, right, budget),
        Function::Matches => text::matches_computed(left, right, budget),
        Function::InCidr => address::in_cidr(left, right),
        Function::IsSubtreeOf => subtree::is_subtree_of(left, right, budget),
        _ => Err(Stop::no_overload()),
    }
}

/// Calls a function of two arguments.
pub(super) fn call_two(
    function: Function,
    left: &Value,
    right: &Value,
    budget: &mut Budget,
) -> Result<Value, Stop> {
    match function {
        Function::Add => arithmetic::add(left, right, budget),
        Function::Subtract => arithmetic::subtract(left, right),
        Function::Multiply => arithmetic::multiply(left, right),
        Function::Divide => arithmetic::divide(left, right),
        Function::Remainder => arithmetic::remainder(left, right),
        Function::Index => index(left, right).cloned(),
        _ if is_test(function) => test(function, left, right, budget).map(Value::Bool),
        _ => match time::Part::of(function) {
            Some(part) => time::get_in_zone(part, left, right),
            None => Err(Stop::no_overload()),
        },
    }
}
