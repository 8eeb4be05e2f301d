//! The schema of a file, and how places in it are shown.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use anstyle::Style;

use crate::cli::output::styles;
use crate::cli::problems;
use crate::scenario::Scenario;
use crate::schema::{Excerpt, SchemaError};

use super::text;

/// Problems of one schema that are shown.
const SHOWN_MAX: usize = 50;

/// A schema, and where it stands.
pub(super) struct Source {
    /// The file that it stands in: of a validation file, possibly another one.
    pub(super) file: PathBuf,
    pub(super) text: String,
    /// Whether it is all that the file has.
    pub(super) is_whole_file: bool,
    /// Lines of the file before it.
    lines_before: usize,
    /// Columns before each of its lines.
    columns_before: usize,
}

/// Whether a file is taken for a validation file.
pub(super) fn is_yaml(file: &Path) -> bool {
    file.extension().is_some_and(|extension| extension == "yaml" || extension == "yml")
}

impl Source {
    /// Reads a schema, or the schema of a validation file.
    pub(super) fn read(file: &Path) -> Result<Self, Box<dyn std::error::Error>> {
        if !is_yaml(file) {
            let (file, text) = (file.to_owned(), text::read(file)?);
            return Ok(Self { file, text, is_whole_file: true, lines_before: 0, columns_before: 0 });
        }
        let whole = Scenario::read_text(file)?;
        let schema = Scenario::schema_of(file, &whole)?;
        let is_whole_file = schema.file != file;
        let columns_before = if is_whole_file { 0 } else { indent(&whole, schema.first_line, &schema.text) };
        let (lines_before, text) = (schema.first_line - 1, schema.text);
        Ok(Self { file: schema.file, text, is_whole_file, lines_before, columns_before })
    }

    /// The line and the column of a place, from 1.
    pub(super) fn position(&self, excerpt: &Excerpt) -> (usize, usize) {
        let start = excerpt.start();
        (start.line + 1 + self.lines_before, start.column + 1 + self.columns_before)
    }

    /// What is said of a place: the line that it stands in, and what to do.
    pub(super) fn lines(&self, said: &Said<'_>) -> Vec<String> {
        let Said { kind, style, message, excerpt, help } = said;
        let (line, column) = self.position(excerpt);
        let (file, heading, muted) = (problems::name(&self.file), styles::HEADING, styles::MUTED);
        let number = line.to_string();
        let margin = " ".repeat(number.len());
        let (before, width) = excerpt.caret();
        let (indent, carets) = (" ".repeat(before), "^".repeat(width));
        let text = excerpt.line_text();
        let mut lines = vec![
            format!("{heading}{file}:{line}:{column}:{heading:#} {style}{kind}{style:#}: {message}"),
            format!("{muted}{margin} |{muted:#}"),
            format!("{muted}{number} |{muted:#} {text}"),
            format!("{muted}{margin} |{muted:#} {indent}{style}{carets}{style:#}"),
        ];
        lines.extend(help.iter().map(|help| format!("{muted}{margin} = help:{muted:#} {help}")));
        lines
    }

    /// Says on standard error what is wrong with a schema.
    pub(super) fn print_errors(&self, error: &SchemaError) {
        let mut stderr = anstream::stderr().lock();
        for diagnostic in error.diagnostics().iter().take(SHOWN_MAX) {
            let said = Said {
                kind: diagnostic.code.as_str(),
                style: styles::ERROR,
                message: &diagnostic.message,
                excerpt: diagnostic.excerpt(),
                help: diagnostic.help.as_deref(),
            };
            for line in self.lines(&said) {
                // There is nobody to tell if the terminal is gone.
                let _ = writeln!(stderr, "{line}");
            }
        }
        let more = error.diagnostics().len().saturating_sub(SHOWN_MAX);
        if more > 0 {
            // Nobody has looked further than that.
            let at_least = if error.is_cut() { "at least " } else { "" };
            let _ = writeln!(stderr, "… and {at_least}{more} more");
        }
    }
}

/// What is said of a place in a schema.
pub(super) struct Said<'s> {
    /// A code.
    pub(super) kind: &'s str,
    pub(super) style: Style,
    pub(super) message: &'s str,
    pub(super) excerpt: &'s Excerpt,
    pub(super) help: Option<&'s str>,
}

/// Columns that a block's lines are indented by: as its first line that is not blank.
fn indent(whole: &str, first_line: usize, block: &str) -> usize {
    let pairs = whole.lines().skip(first_line - 1).zip(block.lines());
    pairs
        .filter(|(_, inside)| !inside.trim().is_empty())
        .map(|(outside, inside)| outside.len().saturating_sub(inside.len()))
        .next()
        .unwrap_or_default()
}

/// Says on standard error why a file was left out.
pub(super) fn print_error(error: &dyn std::fmt::Display) {
    let (style, end) = (styles::ERROR, styles::ERROR.render_reset());
    // There is nobody to tell if the terminal is gone.
    let _ = writeln!(anstream::stderr(), "{style}arrowroot:{end} {error}");
}
