//! An expression that has passed every check: names resolved, functions known, macros explicit.

use std::ops::Range;
use std::sync::Arc;

use ipnet::IpNet;

use super::message::{Field, MessageType};
use super::value::Value;

/// One operation and where it stands in the expression's text, in bytes.
#[derive(Debug, Clone)]
pub(super) struct Expression {
    pub(super) kind: ExpressionKind,
    pub(super) span: Range<usize>,
}

/// What an expression does.
#[derive(Debug, Clone)]
pub(super) enum ExpressionKind {
    Literal(Value),
    /// A parameter of the caveat, by its place in the declaration.
    Parameter(u16),
    /// The variable of a macro around, by the number of macros around that macro: the outermost has 0.
    Variable(u16),
    Not(Box<Expression>),
    /// `a && b && …`, flattened.
    All(Vec<Expression>),
    /// `a || b || …`, flattened.
    Any(Vec<Expression>),
    /// `condition ? then : otherwise`.
    Conditional(Box<[Expression; 3]>),
    /// `operand.field`.
    Select(Box<Expression>, Arc<str>),
    /// `has(operand.field)`.
    Has(Box<Expression>, Arc<str>),
    /// A function of its arguments; a method's receiver is its first.
    Call(Function, Vec<Expression>),
    /// `matches` with a pattern that is a literal.
    Matches(Box<Expression>, regex::Regex),
    /// `in_cidr` with a network that is a literal.
    InCidr(Box<Expression>, IpNet),
    /// `operand.?field`.
    OptionalSelect(Box<Expression>, Arc<str>),
    /// `?operand`, as an element of a list or the value of a map's entry or of a field: left out if it is absent.
    Spread(Box<Expression>),
    List(Vec<Expression>),
    Map(Vec<(Expression, Expression)>),
    /// `Type{field: value}`.
    Message(MessageType, Vec<(Field, Expression)>),
    Macro(Box<MacroCall>),
}

/// A macro over the elements of a list, the keys of a map, or the value of an optional value.
#[derive(Debug, Clone)]
pub(super) struct MacroCall {
    pub(super) name: Macro,
    pub(super) range: Expression,
    /// The number of its variable.
    pub(super) variable: u16,
    /// The predicate of `all`, `exists`, `exists_one` and `filter`; of `map`, its optional filter.
    pub(super) predicate: Option<Expression>,
    /// What `map` or `optMap` makes of an element.
    pub(super) result: Option<Expression>,
}

/// Which macro.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Macro {
    All,
    Exists,
    ExistsOne,
    Map,
    Filter,
    /// `optMap`: over the value of an optional value, if there is one.
    OptionalMap,
}

/// A strict function: unknown or failed arguments decide before it is called. Which types it takes is looked at when
/// it runs; the checker has refused what can never fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Function {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
    Negate,
    /// `container[key]`.
    Index,
    /// `element in container`.
    In,
    Size,
    Contains,
    StartsWith,
    EndsWith,
    /// With a pattern that is computed.
    Matches,
    ToBool,
    ToInt,
    ToUint,
    ToDouble,
    ToString,
    ToBytes,
    ToTimestamp,
    ToDuration,
    ToDynamic,
    /// Its argument, which the checker takes for an int, unless it is a `uint`: SpiceDB has such parameters be ints when
    /// they are checked and uints when they are used, so that an overload for ints does not take them.
    ExpectInt,
    TypeOf,
    /// A part of a timestamp (optionally in a time zone, the second argument) or of a duration.
    GetFullYear,
    GetMonth,
    GetDayOfMonth,
    GetDate,
    GetDayOfWeek,
    GetDayOfYear,
    GetHours,
    GetMinutes,
    GetSeconds,
    GetMilliseconds,
    /// `address.in_cidr("10.0.0.0/8")`.
    InCidr,
    /// `map.isSubtreeOf(map)`.
    IsSubtreeOf,
    /// `container[?key]`.
    OptionalIndex,
    /// `optional.none()`.
    OptionalNone,
    /// `optional.of(value)`.
    OptionalOf,
    /// `optional.ofNonZeroValue(value)`.
    OptionalOfNonZeroValue,
    /// `optional.value()`.
    OptionalValue,
    /// `optional.hasValue()`.
    OptionalHasValue,
    /// `optional.or(optional)`. Its argument is looked at only if it is needed.
    OptionalOr,
    /// `optional.orValue(value)`, likewise.
    OptionalOrValue,
    /// A type by name that has no value of its own, such as `google.protobuf.Int64Value`.
    UndefinedType,
}
