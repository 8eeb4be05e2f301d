//! The schema language: source → tokens → tree → compiled [`Schema`], with diagnostics.
//!
//! Knows the names of relationships and nothing else: no storage, no wire, no evaluation, no tokio. Every stage is
//! bounded in time, memory and stack, whatever the text.

mod adjacency;
mod caveat_change;
mod code;
mod compile;
mod dependencies;
mod diagnostic;
mod excerpt;
mod format;
mod lexer;
mod lint;
mod model;
mod outline;
mod parser;
/// Schemas as pictures.
pub mod picture;
mod reachability;
mod reflection;
mod removal;
mod suggestion;
mod token;
mod tree;

pub use caveat_change::{CaveatChange, CaveatChangeKind, forbidden_caveat_change};
pub use code::{DiagnosticClass, DiagnosticCode};
pub use compile::CompileOptions;
pub use dependencies::{computable_permissions, dependent_relations};
pub use diagnostic::{DIAGNOSTICS_MAX, Diagnostic, Position, SchemaError, Span};
pub use excerpt::Excerpt;
pub use format::{FormatError, format};
pub use lint::{Edit, FINDINGS_MAX, Finding, Fix, LintCode, Lints, applied, lint};
pub use model::{
    AllowedSubject, Arrow, ArrowFunction, CaveatDeclaration, Definition, DefinitionId, Expression, Node,
    NodeId, NodeKind, Schema, SubjectForm,
};
pub use outline::Outline;
pub use reachability::{Entry, EntryForm, NodeSet, Reachability, Use, Way};
pub use reflection::{
    Difference, DifferencesExceeded, FilterConflict, ReflectedCaveat, ReflectedDefinition, ReflectedForm,
    ReflectedParameter, ReflectedPermission, ReflectedRelation, ReflectedSubject, Reflection, SchemaFilter,
    differences,
};
pub use removal::{Removal, RemovalKind, RemovedForm, RemovedSubject, removals};

#[cfg(test)]
mod tests;
