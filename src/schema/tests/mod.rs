//! The schema language from the inside: what the goldens in `tests/schema` do not show.

use super::*;

mod bounds;
mod compile;
mod diagnostic;
mod lexer;
mod reachability;
mod removal;
mod robustness;
mod tree;

/// Compiles what must compile.
fn compiled(text: &str) -> Schema {
    Schema::compile(text, &CompileOptions::default()).unwrap_or_else(|error| panic!("{error}"))
}

/// The diagnostics of what must not compile.
fn refused(text: &str) -> SchemaError {
    match Schema::compile(text, &CompileOptions::default()) {
        Ok(_) => panic!("compiles, but should not: {text}"),
        Err(error) => error,
    }
}

/// The node of a text such as `doc#view`.
fn node(schema: &Schema, text: &str) -> NodeId {
    let (definition, name) = text.split_once('#').unwrap();
    schema.find_node(schema.find_definition(definition).unwrap(), name).unwrap()
}
