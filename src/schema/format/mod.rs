//! A schema's text → the same schema in the one layout that all share.
//!
//! Words and comments stay as they are and in their order; space, line breaks and needless `;` change. What comes out is
//! read again and compared, so that a text never loses anything. Formatting what is formatted changes nothing.

mod body;
mod comments;
mod faithful;
mod formatter;
mod page;
mod statement;

use super::diagnostic::SchemaError;
use super::parser;

/// Columns of a line, at most, where it can be broken; a tab counts as [`TAB_COLUMNS`].
pub(super) const LINE_COLUMNS_MAX: usize = 100;
/// Columns of a tab.
pub(super) const TAB_COLUMNS: usize = 4;

/// Why a text was not formatted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FormatError {
    /// It is no schema.
    #[error(transparent)]
    Invalid(#[from] SchemaError),
    /// The formatted text would not hold the same words and comments: a defect of the formatter.
    #[error("the formatted schema would not be the same; it is left as it was")]
    Unfaithful,
}

/// Lays a schema out. Names are not resolved: what only does not fit together is formatted, too.
pub fn format(text: &str) -> Result<String, FormatError> {
    let (_, diagnostics) = parser::parse(text);
    diagnostics.check(text)?;
    let formatted = formatter::Formatter::new(text).run();
    let (_, diagnostics) = parser::parse(&formatted);
    if diagnostics.is_empty() && faithful::is_faithful(text, &formatted) {
        return Ok(formatted);
    }
    Err(FormatError::Unfaithful)
}

#[cfg(test)]
mod tests;
