//! CEL text → tree, with spans.

mod tree;

pub(super) use tree::Tree;

use super::error::CompileError;

/// Parses an expression.
pub(super) fn parse(text: &str) -> Result<Tree, Vec<CompileError>> {
    let _ = text;
    todo!("front")
}
