//! The forms in which an overload's types are written down.

use super::inference::Inference;
use super::types::Type;

/// A type with up to two variables of an overload.
#[derive(Debug, Clone, Copy)]
pub(super) enum Pattern {
    Dynamic,
    Bool,
    Int,
    Uint,
    Double,
    String,
    Bytes,
    Timestamp,
    Duration,
    IpAddress,
    /// The first variable.
    A,
    /// The second variable.
    B,
    ListOfA,
    MapOfAToB,
    MapOfStringToDynamic,
    TypeOfA,
    OptionalOfA,
    OptionalOfB,
    OptionalOfListOfA,
    OptionalOfMapOfAToB,
}

/// How a function is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// `function(a, b)`, or an operator.
    Global,
    /// `a.function(b)`.
    Method,
    /// An operator between numbers of different types. It is there only once a macro has been checked: cel-go forgets
    /// then that SpiceDB has switched these overloads off, and such expressions are in use.
    Mixed,
}

/// One way to call a function.
#[derive(Debug, Clone, Copy)]
pub(super) struct Overload {
    pub(super) style: Style,
    /// A receiver is the first.
    pub(super) arguments: &'static [Pattern],
    pub(super) result: Pattern,
}

impl Overload {
    pub(super) const fn global(arguments: &'static [Pattern], result: Pattern) -> Self {
        Self { style: Style::Global, arguments, result }
    }

    pub(super) const fn mixed(arguments: &'static [Pattern], result: Pattern) -> Self {
        Self { style: Style::Mixed, arguments, result }
    }

    pub(super) const fn method(arguments: &'static [Pattern], result: Pattern) -> Self {
        Self { style: Style::Method, arguments, result }
    }
}

/// The variables of one overload, made anew for each call.
pub(super) struct Instance {
    variables: [Type; 2],
}

impl Instance {
    pub(super) fn new(inference: &mut Inference) -> Self {
        Self { variables: [inference.variable(), inference.variable()] }
    }

    /// The type that a pattern means here.
    pub(super) fn of(&self, pattern: Pattern) -> Type {
        let [a, b] = self.variables.clone();
        match pattern {
            Pattern::Dynamic => Type::Dynamic,
            Pattern::Bool => Type::Bool,
            Pattern::Int => Type::Int,
            Pattern::Uint => Type::Uint,
            Pattern::Double => Type::Double,
            Pattern::String => Type::String,
            Pattern::Bytes => Type::Bytes,
            Pattern::Timestamp => Type::Timestamp,
            Pattern::Duration => Type::Duration,
            Pattern::IpAddress => Type::IpAddress,
            Pattern::A => a,
            Pattern::B => b,
            Pattern::ListOfA => Type::list(a),
            Pattern::MapOfAToB => Type::map(a, b),
            Pattern::MapOfStringToDynamic => Type::map(Type::String, Type::Dynamic),
            Pattern::TypeOfA => Type::Metatype(a.into()),
            Pattern::OptionalOfA => Type::optional(a),
            Pattern::OptionalOfB => Type::optional(b),
            Pattern::OptionalOfListOfA => Type::optional(Type::list(a)),
            Pattern::OptionalOfMapOfAToB => Type::optional(Type::map(a, b)),
        }
    }
}
