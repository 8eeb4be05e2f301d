//! An expression that has passed every check: names resolved, functions known, macros explicit.

use std::ops::Range;
use std::sync::Arc;

use ipnet::IpNet;

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
    List(Vec<Expression>),
    Map(Vec<(Expression, Expression)>),
    Macro(Box<MacroCall>),
}

/// A macro over the elements of a list or the keys of a map.
#[derive(Debug, Clone)]
pub(super) struct MacroCall {
    pub(super) name: Macro,
    pub(super) range: Expression,
    /// The number of its variable.
    pub(super) variable: u16,
    /// The predicate of `all`, `exists`, `exists_one` and `filter`; of `map`, its optional filter.
    pub(super) predicate: Option<Expression>,
    /// What `map` makes of an element.
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
}
