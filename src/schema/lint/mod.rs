//! What a schema says and its author probably does not mean: each with a code, a place and, where there is one, a fix.
//!
//! Only for schemas that compile. Takes time in proportion to the text, but for what the schema's own bounds allow.

mod allowed;
mod arrows;
mod code;
mod finding;
mod names;
mod nobody;
mod operators;
mod source;
mod unused;
mod wildcards;

use super::compile::CompileOptions;
use super::diagnostic::SchemaError;
use super::excerpt::LineIndex;
use super::model::Schema;
use super::parser;

pub use code::LintCode;
pub use finding::{Edit, FINDINGS_MAX, Finding, Fix, Lints, applied};

use allowed::Directives;
use finding::Findings;
use source::Source;

/// Looks a schema over. In order of places in the text.
///
/// A comment `arrowroot:allow code, code` before or beside a relation, permission or caveat silences these lints there;
/// before a definition, in all of it.
pub fn lint(text: &str) -> Result<Lints, SchemaError> {
    let schema = Schema::compile(text, &CompileOptions::default())?;
    let (file, _) = parser::parse(text);
    let source = Source::new(text, &file, &schema);
    let mut findings = Findings::default();
    operators::look(&source, &mut findings);
    arrows::look(&source, &mut findings);
    nobody::look(&source, &mut findings);
    names::look(&source, &mut findings);
    unused::look(&source, &mut findings);
    wildcards::look(&source, &mut findings);
    let directives = Directives::read(text, &file);
    directives.look(&mut findings);
    Ok(findings.finish(&LineIndex::new(text), |found| directives.allow(found.code, found.span)))
}

#[cfg(test)]
mod tests;
