//! How text looks, by what it means. A style is written before its text, and in its alternate form (`{STYLE:#}`) after it.

use anstyle::{AnsiColor, Style};

/// The subject has the permission; it holds; it is added.
pub(in crate::cli) const GRANTED: Style = AnsiColor::Green.on_default().bold();
/// The subject does not have it; it does not hold; it is removed.
pub(in crate::cli) const DENIED: Style = AnsiColor::Red.on_default().bold();
/// It depends on what was not said; it may be meant otherwise.
pub(in crate::cli) const CONDITIONAL: Style = AnsiColor::Yellow.on_default().bold();
/// What did not decide, and what only leads to the next word.
pub(in crate::cli) const MUTED: Style = Style::new().dimmed();
/// What went wrong.
pub(in crate::cli) const ERROR: Style = AnsiColor::Red.on_default().bold();
/// What the rest of a line is about.
pub(in crate::cli) const HEADING: Style = Style::new().bold();
