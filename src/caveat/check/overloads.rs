//! Every function and operator of the language, with all types that it takes.

use crate::caveat::expression::Function;
use crate::caveat::syntax::BinaryOperator;

use super::signatures::Pattern::{
    A, B, Bool, Bytes, Double, Duration, Dynamic, Int, IpAddress, ListOfA, MapOfAToB, MapOfStringToDynamic,
    OptionalOfA, OptionalOfB, OptionalOfListOfA, OptionalOfMapOfAToB, String, Timestamp, TypeOfA, Uint,
};
use super::signatures::{Overload, Pattern};

/// A function and the ways to call it.
#[derive(Debug)]
pub(super) struct Declaration {
    pub(super) name: &'static str,
    pub(super) function: Function,
    pub(super) overloads: &'static [Overload],
}

/// What an operator is called in messages, and the types that it takes.
pub(super) fn operator(function: Function) -> Option<&'static Declaration> {
    OPERATORS.iter().find(|declaration| declaration.function == function)
}

/// What an operator between operands does.
pub(super) fn function_of(operator: BinaryOperator) -> Function {
    match operator {
        BinaryOperator::Equal => Function::Equal,
        BinaryOperator::NotEqual => Function::NotEqual,
        BinaryOperator::Less => Function::Less,
        BinaryOperator::LessOrEqual => Function::LessOrEqual,
        BinaryOperator::Greater => Function::Greater,
        BinaryOperator::GreaterOrEqual => Function::GreaterOrEqual,
        BinaryOperator::In => Function::In,
        BinaryOperator::Add => Function::Add,
        BinaryOperator::Subtract => Function::Subtract,
        BinaryOperator::Multiply => Function::Multiply,
        BinaryOperator::Divide => Function::Divide,
        BinaryOperator::Remainder => Function::Remainder,
    }
}

/// The function of a name.
pub(super) fn named(name: &str) -> Option<&'static Declaration> {
    NAMED.iter().find(|declaration| declaration.name == name)
}

/// How a function with a name is called.
pub(super) fn of(function: Function) -> Option<&'static Declaration> {
    NAMED.iter().find(|declaration| declaration.function == function)
}

/// The names that can be called.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    NAMED.iter().map(|declaration| declaration.name)
}

const fn declare(name: &'static str, function: Function, overloads: &'static [Overload]) -> Declaration {
    Declaration { name, function, overloads }
}

const fn global(arguments: &'static [Pattern], result: Pattern) -> Overload {
    Overload::global(arguments, result)
}

const fn method(arguments: &'static [Pattern], result: Pattern) -> Overload {
    Overload::method(arguments, result)
}

const fn mixed(arguments: &'static [Pattern], result: Pattern) -> Overload {
    Overload::mixed(arguments, result)
}

/// What `<`, `<=`, `>` and `>=` take. The first that fits says what a variable is.
const ORDER: &[Overload] = &[
    global(&[Bool, Bool], Bool),
    global(&[Int, Int], Bool),
    mixed(&[Int, Double], Bool),
    mixed(&[Int, Uint], Bool),
    global(&[Uint, Uint], Bool),
    mixed(&[Uint, Double], Bool),
    mixed(&[Uint, Int], Bool),
    global(&[Double, Double], Bool),
    mixed(&[Double, Int], Bool),
    mixed(&[Double, Uint], Bool),
    global(&[String, String], Bool),
    global(&[Bytes, Bytes], Bool),
    global(&[Timestamp, Timestamp], Bool),
    global(&[Duration, Duration], Bool),
];

const EQUALITY: &[Overload] = &[global(&[A, A], Bool)];

/// What `*` and `/` take.
const ARITHMETIC: &[Overload] =
    &[global(&[Int, Int], Int), global(&[Uint, Uint], Uint), global(&[Double, Double], Double)];

/// A part of a timestamp, in UTC or in a time zone.
const TIMESTAMP_PART: &[Overload] = &[method(&[Timestamp], Int), method(&[Timestamp, String], Int)];

/// A part of a timestamp or a whole number of a duration.
const TIME_PART: &[Overload] =
    &[method(&[Timestamp], Int), method(&[Timestamp, String], Int), method(&[Duration], Int)];

const TEXT_TEST: &[Overload] = &[method(&[String, String], Bool)];

const OPERATORS: &[Declaration] = &[
    declare("_==_", Function::Equal, EQUALITY),
    declare("_!=_", Function::NotEqual, EQUALITY),
    declare("_<_", Function::Less, ORDER),
    declare("_<=_", Function::LessOrEqual, ORDER),
    declare("_>_", Function::Greater, ORDER),
    declare("_>=_", Function::GreaterOrEqual, ORDER),
    declare(
        "_+_",
        Function::Add,
        &[
            global(&[Int, Int], Int),
            global(&[Uint, Uint], Uint),
            global(&[Double, Double], Double),
            global(&[String, String], String),
            global(&[Bytes, Bytes], Bytes),
            global(&[ListOfA, ListOfA], ListOfA),
            global(&[Timestamp, Duration], Timestamp),
            global(&[Duration, Timestamp], Timestamp),
            global(&[Duration, Duration], Duration),
        ],
    ),
    declare(
        "_-_",
        Function::Subtract,
        &[
            global(&[Int, Int], Int),
            global(&[Uint, Uint], Uint),
            global(&[Double, Double], Double),
            global(&[Timestamp, Timestamp], Duration),
            global(&[Timestamp, Duration], Timestamp),
            global(&[Duration, Duration], Duration),
        ],
    ),
    declare("_*_", Function::Multiply, ARITHMETIC),
    declare("_/_", Function::Divide, ARITHMETIC),
    declare("_%_", Function::Remainder, &[global(&[Int, Int], Int), global(&[Uint, Uint], Uint)]),
    declare("-_", Function::Negate, &[global(&[Int], Int), global(&[Double], Double)]),
    declare(
        "_[_]",
        Function::Index,
        &[
            global(&[ListOfA, Int], A),
            global(&[MapOfAToB, A], B),
            global(&[OptionalOfListOfA, Int], OptionalOfA),
            global(&[OptionalOfMapOfAToB, A], OptionalOfB),
        ],
    ),
    declare(
        "_[?_]",
        Function::OptionalIndex,
        &[
            global(&[ListOfA, Int], OptionalOfA),
            global(&[OptionalOfListOfA, Int], OptionalOfA),
            global(&[MapOfAToB, A], OptionalOfB),
            global(&[OptionalOfMapOfAToB, A], OptionalOfB),
        ],
    ),
    declare("@in", Function::In, &[global(&[A, ListOfA], Bool), global(&[A, MapOfAToB], Bool)]),
];

const NAMED: &[Declaration] = &[
    declare(
        "size",
        Function::Size,
        &[
            global(&[String], Int),
            global(&[Bytes], Int),
            global(&[ListOfA], Int),
            global(&[MapOfAToB], Int),
            method(&[String], Int),
            method(&[Bytes], Int),
            method(&[ListOfA], Int),
            method(&[MapOfAToB], Int),
        ],
    ),
    declare("contains", Function::Contains, TEXT_TEST),
    declare("startsWith", Function::StartsWith, TEXT_TEST),
    declare("endsWith", Function::EndsWith, TEXT_TEST),
    declare(
        "matches",
        Function::Matches,
        &[global(&[String, String], Bool), method(&[String, String], Bool)],
    ),
    declare("bool", Function::ToBool, &[global(&[Bool], Bool), global(&[String], Bool)]),
    declare(
        "int",
        Function::ToInt,
        &[
            global(&[Int], Int),
            global(&[Uint], Int),
            global(&[Double], Int),
            global(&[String], Int),
            global(&[Timestamp], Int),
            global(&[Duration], Int),
        ],
    ),
    declare(
        "uint",
        Function::ToUint,
        &[global(&[Uint], Uint), global(&[Int], Uint), global(&[Double], Uint), global(&[String], Uint)],
    ),
    declare(
        "double",
        Function::ToDouble,
        &[
            global(&[Double], Double),
            global(&[Int], Double),
            global(&[Uint], Double),
            global(&[String], Double),
        ],
    ),
    declare(
        "string",
        Function::ToString,
        &[
            global(&[String], String),
            global(&[Bool], String),
            global(&[Bytes], String),
            global(&[Double], String),
            global(&[Duration], String),
            global(&[Int], String),
            global(&[Timestamp], String),
            global(&[Uint], String),
        ],
    ),
    declare("bytes", Function::ToBytes, &[global(&[Bytes], Bytes), global(&[String], Bytes)]),
    declare(
        "timestamp",
        Function::ToTimestamp,
        &[global(&[Timestamp], Timestamp), global(&[Int], Timestamp), global(&[String], Timestamp)],
    ),
    declare(
        "duration",
        Function::ToDuration,
        &[global(&[Duration], Duration), global(&[Int], Duration), global(&[String], Duration)],
    ),
    declare("optional.of", Function::OptionalOf, &[global(&[A], OptionalOfA)]),
    declare("optional.ofNonZeroValue", Function::OptionalOfNonZeroValue, &[global(&[A], OptionalOfA)]),
    declare("optional.none", Function::OptionalNone, &[global(&[], OptionalOfA)]),
    declare("value", Function::OptionalValue, &[method(&[OptionalOfA], A)]),
    declare("hasValue", Function::OptionalHasValue, &[method(&[OptionalOfA], Bool)]),
    declare("or", Function::OptionalOr, &[method(&[OptionalOfA, OptionalOfA], OptionalOfA)]),
    declare("orValue", Function::OptionalOrValue, &[method(&[OptionalOfA, A], A)]),
    declare("dyn", Function::ToDynamic, &[global(&[A], Dynamic)]),
    declare("type", Function::TypeOf, &[global(&[A], TypeOfA)]),
    declare("getFullYear", Function::GetFullYear, TIMESTAMP_PART),
    declare("getMonth", Function::GetMonth, TIMESTAMP_PART),
    declare("getDayOfMonth", Function::GetDayOfMonth, TIMESTAMP_PART),
    declare("getDate", Function::GetDate, TIMESTAMP_PART),
    declare("getDayOfWeek", Function::GetDayOfWeek, TIMESTAMP_PART),
    declare("getDayOfYear", Function::GetDayOfYear, TIMESTAMP_PART),
    declare("getHours", Function::GetHours, TIME_PART),
    declare("getMinutes", Function::GetMinutes, TIME_PART),
    declare("getSeconds", Function::GetSeconds, TIME_PART),
    declare("getMilliseconds", Function::GetMilliseconds, TIME_PART),
    declare("in_cidr", Function::InCidr, &[method(&[IpAddress, String], Bool)]),
    declare(
        "isSubtreeOf",
        Function::IsSubtreeOf,
        &[method(&[MapOfStringToDynamic, MapOfStringToDynamic], Bool)],
    ),
];
