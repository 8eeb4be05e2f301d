//! Conditions on relationships, written in CEL: parsed, type-checked, and evaluated with what is known.
//!
//! A caveat is compiled once ([`Caveat::compile`]) from its parameters and its expression. It is evaluated with the
//! context that a relationship stores and the context of a request; parameters that neither gives are unknown, and
//! the verdict is unknown only if it depends on them.
//!
//! Knows no schema text around the expression, no graph and no request.

mod bindings;
mod budget;
#[expect(clippy::module_inception, reason = "the room's main noun has its file, as every noun has")]
mod caveat;
mod check;
mod comprehension;
mod condition;
mod constants;
mod context;
mod convert;
mod entries;
mod error;
mod evaluate;
mod expression;
mod formats;
mod functions;
mod given;
mod layout;
mod logic;
mod message;
mod optional;
mod outline;
mod pattern;
mod problems;
mod size;
mod stop;
mod syntax;
mod types;
mod value;

pub use bindings::Bindings;
pub use budget::Budget;
pub use caveat::{Caveat, Missing, Parameter, Verdict};
pub use condition::{Bound, Condition};
pub use context::Context;
pub use error::{CompileError, ContextError, ConversionError, EvaluationError, MalformedContext};
pub use given::Given;
pub use layout::lay_out;
pub use outline::Outline;
pub use size::wire_bytes;
pub use types::ParameterType;

#[cfg(test)]
mod tests;
