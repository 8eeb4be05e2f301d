//! Every subject of a relation or permission, and the relations that it stands in: what expected relations say.
//!
//! Laid out from the schema and the relationships of one file, by sets, beside the engine and not through it: an answer
//! of the engine has no relations in which a subject was found. Conditions count as open, whatever context is stored.

mod evaluate;
mod set;

pub(super) use evaluate::Evaluator;
pub(super) use set::{Member, Set};

#[cfg(test)]
mod tests;
