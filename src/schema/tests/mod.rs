//! The schema language from the inside: what the goldens in `tests/schema` cannot show.

use super::*;

mod compile;

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
