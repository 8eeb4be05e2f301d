//! The line of the schema that a diagnostic is about, cut to a width, with the place marked.

use std::fmt;

use crate::relationship::shortened;

use super::diagnostic::{Position, Span};

/// Characters of a line that are shown, at most.
const WIDTH_MAX: usize = 100;
/// Characters shown before the marked place, at most, where the line is cut.
const LEAD_MAX: usize = 40;

/// A place in the text, ready to be shown without the text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Excerpt {
    pub(super) start: Position,
    pub(super) end: Position,
    pub(super) source_code: String,
    line_text: String,
    caret_column: usize,
    caret_width: usize,
}

impl Excerpt {
    /// Where the place starts.
    pub fn start(&self) -> Position {
        self.start
    }

    /// The last byte of the place, or where it starts if it is empty.
    pub fn end(&self) -> Position {
        self.end
    }

    /// The line in which it starts, cut if it is very long, every character one column wide.
    pub fn line_text(&self) -> &str {
        &self.line_text
    }

    /// Characters of that line before the place, and of the place.
    pub fn caret(&self) -> (usize, usize) {
        (self.caret_column, self.caret_width)
    }
}

/// `--> 2:5`, the line, and carets under the place.
impl fmt::Display for Excerpt {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = (self.start.line + 1).to_string();
        let margin = " ".repeat(number.len());
        let indent = " ".repeat(self.caret_column);
        let carets = "^".repeat(self.caret_width);
        writeln!(formatter, "{margin}--> {number}:{}", self.start.column + 1)?;
        writeln!(formatter, "{margin} |")?;
        writeln!(formatter, "{number} | {}", self.line_text)?;
        write!(formatter, "{margin} | {indent}{carets}")
    }
}

/// Where each line of a text starts.
pub(super) struct LineIndex<'t> {
    text: &'t str,
    starts: Vec<usize>,
}

impl<'t> LineIndex<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        let after_breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        Self { text, starts: std::iter::once(0).chain(after_breaks).collect() }
    }

    fn position(&self, offset: usize) -> Position {
        let line = self.starts.partition_point(|start| *start <= offset) - 1;
        Position { line, column: offset - self.starts[line] }
    }

    pub(super) fn excerpt(&self, span: Span) -> Excerpt {
        let start = self.position(span.start);
        let line_start = self.starts[start.line];
        let line_end = self.starts.get(start.line + 1).map_or(self.text.len(), |next| next - 1);
        let before = &self.text[line_start..span.start];
        let marked = &self.text[span.start..span.end.clamp(span.start, line_end.max(span.start))];
        let after = self.text[span.start + marked.len()..line_end.max(span.start + marked.len())].trim_end();

        let near: Vec<char> = before.chars().rev().take(WIDTH_MAX - LEAD_MAX + 1).collect();
        let lead = if near.len() > WIDTH_MAX - LEAD_MAX { &near[..LEAD_MAX] } else { &near[..] };
        let marked_width = marked.trim_end().chars().take(WIDTH_MAX).count();
        let caret_column = lead.len();
        let shown = lead.iter().rev().copied().chain(marked.chars()).chain(after.chars());
        Excerpt {
            start,
            end: self.position(span.end.saturating_sub(1).max(span.start)),
            source_code: shortened(span.of(self.text)),
            line_text: shown.take(WIDTH_MAX).map(printable).collect::<String>().trim_end().to_owned(),
            caret_column,
            caret_width: marked_width.clamp(1, WIDTH_MAX - caret_column),
        }
    }
}

/// One column wide whatever it is, so that the carets stand where they should.
fn printable(character: char) -> char {
    if character.is_control() { ' ' } else { character }
}
