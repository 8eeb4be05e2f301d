//! CEL text → tree, with spans.
//!
//! The grammar is the one of the CEL specification; macros are recognised here, by name and number of arguments.
//! Knows no parameters, no types and no functions.

mod lexer;
mod literal;
mod macros;
mod members;
mod operators;
mod parser;
mod token;
mod tree;

pub(super) use parser::parse;
pub(super) use tree::{BinaryOperator, Literal, MacroNode, Name, Node, NodeKind, Tree, UnaryOperator};

#[cfg(test)]
mod tests;
