//! Regular expressions.

use regex::{Regex, RegexBuilder};

/// The regular expression of a text.
pub(in super::super) fn pattern(source: &str) -> Result<Regex, String> {
    /// Bytes of a compiled pattern, and of what a search with it remembers.
    const SIZE_MAX: usize = 1 << 18;
    let pattern = RegexBuilder::new(source).size_limit(SIZE_MAX).dfa_size_limit(SIZE_MAX).build();
    pattern.map_err(|error| format!("error parsing regexp: {error}"))
}
