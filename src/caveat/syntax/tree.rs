//! The syntax tree.

/// A parsed expression.
#[derive(Debug)]
pub(crate) struct Tree;
