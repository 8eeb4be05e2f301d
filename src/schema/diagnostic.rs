//! What a schema's author is told: a message, a code, where in the text, and what to do.

use std::fmt;

use super::code::{DiagnosticClass, DiagnosticCode};
use super::excerpt::{Excerpt, LineIndex};
use super::model::DefinitionId;

/// Diagnostics that one compilation reports, at most.
pub const DIAGNOSTICS_MAX: usize = 64;
/// Bytes of all diagnostics together as text, at most: they travel in the trailer of a gRPC answer.
const RENDERED_BYTES_MAX: usize = 4096;

/// A range of the schema's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Span {
    /// Byte offset of the first byte.
    pub start: usize,
    /// Byte offset after the last byte.
    pub end: usize,
}

impl Span {
    /// From the start of this range to the end of another.
    pub(crate) fn to(self, last: Self) -> Self {
        Self { start: self.start, end: last.end }
    }

    /// The text in this range.
    pub(crate) fn of(self, text: &str) -> &str {
        text.get(self.start..self.end).unwrap_or_default()
    }
}

/// A place in the schema's text, as editors count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Position {
    /// The line, from 0.
    pub line: usize,
    /// The byte in the line, from 0.
    pub column: usize,
}

/// One thing that is wrong with a schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Which rule is broken.
    pub code: DiagnosticCode,
    /// What is wrong, in one sentence.
    pub message: String,
    /// Where.
    pub span: Span,
    /// Names that the message speaks of, for programs, by the keys that SpiceDB's `ErrorInfo` has.
    pub metadata: Vec<(&'static str, String)>,
    /// What to do about it.
    pub help: Option<String>,
    pub(super) excerpt: Excerpt,
    /// What the position is reported of, where that is more than the range: the whole expression of a caveat.
    about: Option<(Span, Excerpt)>,
    /// The definition that it is about, by its place; diagnostics without one come last.
    pub(super) definition: Option<DefinitionId>,
}

impl Diagnostic {
    pub(super) fn new(code: DiagnosticCode, span: Span, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            span,
            metadata: Vec::new(),
            help: None,
            excerpt: Excerpt::default(),
            about: None,
            definition: None,
        }
    }

    pub(super) fn with(mut self, key: &'static str, value: impl Into<String>) -> Self {
        self.metadata.push((key, value.into()));
        self
    }

    pub(super) fn about(mut self, whole: Span) -> Self {
        self.about = Some((whole, Excerpt::default()));
        self
    }

    pub(super) fn within(mut self, definition: DefinitionId) -> Self {
        self.definition = Some(definition);
        self
    }

    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The line of the schema with the place.
    pub fn excerpt(&self) -> &Excerpt {
        &self.excerpt
    }

    /// Which family of errors this belongs to.
    pub fn class(&self) -> DiagnosticClass {
        self.code.class()
    }

    /// Where what it is about starts: the range, or the whole expression of a caveat.
    pub fn start(&self) -> Position {
        self.reported().start
    }

    /// The last byte of what it is about, or where that starts if it is empty.
    pub fn end(&self) -> Position {
        self.reported().end
    }

    /// The text that the diagnostic is about, shortened unless it is a caveat's expression.
    pub fn source_code(&self) -> &str {
        &self.reported().source_code
    }

    fn reported(&self) -> &Excerpt {
        self.about.as_ref().map_or(&self.excerpt, |(_, excerpt)| excerpt)
    }

    /// The message as SpiceDB words it: for what cannot be parsed, the place comes first.
    pub fn headline(&self) -> String {
        let Position { line, column } = self.start();
        match self.class() {
            DiagnosticClass::Parse => {
                let (line, column) = (line + 1, column + 1);
                format!("parse error in `schema`, line {line}, column {column}: {}", self.message)
            }
            DiagnosticClass::Type => self.message.clone(),
        }
    }

    /// What `ErrorInfo` says: the names, and for what cannot be parsed the place, counted from 0.
    pub fn error_info(&self) -> Vec<(&'static str, String)> {
        let mut info = self.metadata.clone();
        if self.class() == DiagnosticClass::Parse {
            info.extend([
                ("start_line_number", self.start().line.to_string()),
                ("start_column_position", self.start().column.to_string()),
                ("end_line_number", self.end().line.to_string()),
                ("end_column_position", self.end().column.to_string()),
                ("source_code", self.source_code().to_owned()),
            ]);
        }
        info
    }
}

/// The headline, the line of the schema with the place marked, and the help.
impl fmt::Display for Diagnostic {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}\n{}", self.headline(), self.excerpt)?;
        match &self.help {
            Some(help) => write!(formatter, "\n  = help: {help}"),
            None => Ok(()),
        }
    }
}

/// Why a schema was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchemaError {
    diagnostics: Vec<Diagnostic>,
}

impl SchemaError {
    /// Everything that was found, at most [`DIAGNOSTICS_MAX`]; never empty.
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.diagnostics
    }

    /// Whether there may be more, which nobody has looked for.
    pub fn is_cut(&self) -> bool {
        self.diagnostics.len() >= DIAGNOSTICS_MAX
    }

    /// The first, which is also what decides about the status code.
    pub fn first(&self) -> &Diagnostic {
        &self.diagnostics[0]
    }
}

impl std::error::Error for SchemaError {}

/// The diagnostics one after another, as many as fit.
impl fmt::Display for SchemaError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = 0;
        for (shown, diagnostic) in self.diagnostics.iter().enumerate() {
            let text = diagnostic.to_string();
            bytes += text.len();
            if shown > 0 && bytes > RENDERED_BYTES_MAX {
                let at_least = if self.is_cut() { "at least " } else { "" };
                return write!(formatter, "\n\n… and {at_least}{} more", self.diagnostics.len() - shown);
            }
            let separator = if shown > 0 { "\n\n" } else { "" };
            write!(formatter, "{separator}{text}")?;
        }
        Ok(())
    }
}

/// Collects diagnostics up to the bound.
#[derive(Debug, Default)]
pub(super) struct Diagnostics {
    list: Vec<Diagnostic>,
}

impl Diagnostics {
    /// Adds one, unless there are enough.
    pub(super) fn push(&mut self, diagnostic: Diagnostic) {
        if !self.is_full() {
            self.list.push(diagnostic);
        }
    }

    /// Whether further ones would be dropped: time to stop looking, since the schema is refused anyway.
    pub(super) fn is_full(&self) -> bool {
        self.list.len() >= DIAGNOSTICS_MAX
    }

    /// Whether nothing is wrong so far.
    pub(super) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Puts them into the order in which SpiceDB looks: a definition after the other, repeated names first.
    pub(super) fn sort_by_definition(&mut self) {
        self.list.sort_by_key(|diagnostic| {
            let is_repeated = diagnostic.code == DiagnosticCode::DuplicateRelation;
            let definition = diagnostic.definition.map_or(u32::MAX, |definition| definition.0);
            (definition, !is_repeated, diagnostic.span.start)
        });
    }

    /// Nothing if nothing is wrong, else the error with each diagnostic's place worked out.
    pub(super) fn check(self, text: &str) -> Result<(), SchemaError> {
        if self.is_empty() {
            return Ok(());
        }
        let lines = LineIndex::new(text);
        let mut diagnostics = self.list;
        for diagnostic in &mut diagnostics {
            diagnostic.excerpt = lines.excerpt(diagnostic.span);
            if let Some((whole, excerpt)) = &mut diagnostic.about {
                *excerpt = lines.excerpt(*whole);
                // An expression is shown whole; whoever has little room cuts it.
                whole.of(text).clone_into(&mut excerpt.source_code);
            }
        }
        Err(SchemaError { diagnostics })
    }
}
