//! Facts about the parser.

mod bounds;
mod errors;
mod grammar;
mod literals;
mod random;
mod sketch;

use super::*;
use sketch::{described, sketch};

/// The tree of an expression in a notation of its own: operator first, everything in parentheses.
fn tree(text: &str) -> String {
    match parse(text) {
        Ok(tree) => described(&sketch(&tree.root)),
        Err(errors) => panic!("{text}: {errors:?}"),
    }
}

/// The errors of an expression, each with the text that it is about.
fn errors(text: &str) -> Vec<(&str, String)> {
    let errors = parse(text).err().unwrap_or_default();
    errors.into_iter().map(|error| (&text[error.span], error.message)).collect()
}
