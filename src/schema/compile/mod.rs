//! Tree → [`Schema`]: names are checked, partials inlined, references resolved, and every rule of the language held.
//!
//! In the order of SpiceDB, so that the first diagnostic is the one that SpiceDB would report: what cannot be parsed,
//! then what breaks the rules of names, then what does not fit together. A stage runs only if those before it found
//! nothing.

mod aliases;
mod annotations;
mod caveats;
mod declarations;
mod expressions;
mod names;
mod nodes;
mod partials;
mod reflected;
mod subjects;
mod wildcards;

use super::diagnostic::{Diagnostics, SchemaError};
use super::model::Schema;
use super::parser;
use declarations::Declarations;

/// What a schema must keep to beyond the language itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CompileOptions {
    /// Whether every definition and caveat must be written `prefix/name`.
    pub prefixes_required: bool,
}

impl Schema {
    /// Compiles a schema. A text without definitions is an empty schema.
    pub fn compile(text: &str, options: &CompileOptions) -> Result<Self, SchemaError> {
        let (file, diagnostics) = parser::parse(text);
        diagnostics.check(text)?;

        let mut diagnostics = Diagnostics::default();
        let declarations = Declarations::collect(text, &file, *options, &mut diagnostics);
        diagnostics.check(text)?;

        let mut diagnostics = Diagnostics::default();
        caveats::check_unused(&declarations.caveats, &mut diagnostics);
        diagnostics.check(text)?;

        let mut diagnostics = Diagnostics::default();
        let compiled = nodes::build(text, &declarations, &mut diagnostics);
        aliases::check(&compiled.schema, &mut diagnostics);
        diagnostics.sort_by_definition();
        diagnostics.check(text)?;

        let mut diagnostics = Diagnostics::default();
        annotations::check(text, &file, &compiled, &mut diagnostics);
        diagnostics.check(text)?;
        Ok(compiled.schema)
    }
}
