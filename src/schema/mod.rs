//! The schema language: source → tokens → tree → compiled [`Schema`], with diagnostics.

mod diagnostic;
mod model;

pub use diagnostic::Span;
pub use model::{
    AllowedSubject, Arrow, ArrowFunction, CaveatDeclaration, Definition, DefinitionId, Expression, Node,
    NodeId, NodeKind, Schema, SubjectForm,
};
