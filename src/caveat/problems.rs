//! What is wrong with an expression, collected up to a bound.

use std::ops::Range;

use super::error::CompileError;

/// Errors that are reported of one expression, at most.
const ERRORS_MAX: usize = 20;

/// The errors found so far.
#[derive(Debug, Default)]
pub(super) struct Problems {
    errors: Vec<CompileError>,
}

impl Problems {
    /// Adds an error; what comes after the twentieth is dropped.
    pub(super) fn add(&mut self, span: Range<usize>, message: impl Into<String>) {
        if !self.is_full() {
            self.errors.push(CompileError { message: message.into(), span });
        }
    }

    /// Whether more errors would be dropped, so that their messages need not be made.
    pub(super) fn is_full(&self) -> bool {
        self.errors.len() >= ERRORS_MAX
    }

    pub(super) fn is_empty(&self) -> bool {
        self.errors.is_empty()
    }

    /// The errors in order of their places.
    pub(super) fn into_sorted(mut self) -> Vec<CompileError> {
        self.errors.sort_by_key(|error| (error.span.start, error.span.end));
        self.errors
    }
}
