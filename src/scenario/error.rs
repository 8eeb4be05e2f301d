//! What can be wrong with a validation file.

use std::path::{Path, PathBuf};

use crate::engine::{WriteRelationshipsError, WriteSchemaError};
use crate::relationship::ParseRelationshipError;
use crate::schema::{Diagnostic, SchemaError};

/// A validation file cannot be used, and where in it.
#[derive(Debug, thiserror::Error)]
#[error("{}{}: {problem}", .file.display(), line_suffix(*.line))]
pub struct ScenarioError {
    /// The file.
    pub file: PathBuf,
    /// The line, from 1; 0 if the whole file is meant.
    pub line: usize,
    /// What is wrong.
    pub problem: Box<Problem>,
}

impl ScenarioError {
    pub(super) fn new(file: impl Into<PathBuf>, line: usize, problem: impl Into<Problem>) -> Self {
        Self { file: file.into(), line, problem: Box::new(problem.into()) }
    }
}

/// Problems that are told of one file, at most; the others are counted.
pub const PROBLEMS_MAX: usize = 50;

/// What is wrong with a file: the first problems, and how many there are.
#[derive(Debug, Default)]
pub struct Problems {
    /// In order, at most [`PROBLEMS_MAX`].
    pub first: Vec<ScenarioError>,
    /// How many there are.
    pub count: usize,
    /// Whether there may be more of them, which nobody has looked for.
    pub is_cut: bool,
}

impl Problems {
    pub(super) fn push(&mut self, error: ScenarioError) {
        self.count += 1;
        if self.first.len() < PROBLEMS_MAX {
            self.first.push(error);
        }
    }

    /// Adds what is wrong with a schema that begins on a line of a file, each mistake with its own line.
    pub(super) fn push_mistakes(&mut self, file: &Path, first_line: usize, error: &SchemaError) {
        for mistake in error.diagnostics() {
            let line = first_line + mistake.excerpt().start().line;
            self.push(ScenarioError::new(file, line, Problem::Mistake(Box::new(mistake.clone()))));
        }
        self.is_cut |= error.is_cut();
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Nothing if nothing is wrong, else the first problem.
    pub(super) fn check(self) -> Result<(), ScenarioError> {
        self.first.into_iter().next().map_or(Ok(()), Err)
    }
}

/// What is wrong.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    /// The file cannot be read.
    #[error("cannot be read: {0}")]
    Unreadable(#[from] std::io::Error),
    /// The file is larger than a scenario may be.
    #[error("has {bytes} bytes or more, which is more than {bytes_max}")]
    TooLarge {
        /// Its size, as far as it was read.
        bytes: u64,
        /// The bound.
        bytes_max: u64,
    },
    /// The file is no text.
    #[error("is not UTF-8")]
    NotText,
    /// The file is no YAML, or not of this form.
    #[error("{0}")]
    Yaml(String),
    /// Both the schema and the name of its file are there, or neither.
    #[error("needs either `schema` or `schemaFile`")]
    SchemaSource,
    /// A line is no relationship.
    #[error(transparent)]
    Relationship(#[from] ParseRelationshipError),
    /// A relationship was there before.
    #[error("found repeated relationship `{relationship}`; it is also on line {line_before}")]
    Repeated {
        /// The relationship.
        relationship: String,
        /// Where it was first.
        line_before: usize,
    },
    /// Context that is no JSON object follows an assertion.
    #[error("what follows `with` must be a JSON object")]
    Context,
    /// A mistake in the schema.
    #[error("{}", shown(.0))]
    Mistake(Box<Diagnostic>),
    /// The schema is refused.
    #[error(transparent)]
    Schema(#[from] WriteSchemaError),
    /// A relationship is refused.
    #[error("`{relationship}` is refused: {error}")]
    Write {
        /// The relationship.
        relationship: String,
        /// Why.
        error: Box<WriteRelationshipsError>,
    },
    /// The store takes no writes, or none of this size.
    #[error("the relationships cannot be written: {0}")]
    Store(Box<WriteRelationshipsError>),
    /// What stands under `validation` has another form.
    #[error("`{key}` is no `resource#permission` to expect subjects of")]
    ExpectedKey {
        /// What stands there.
        key: String,
    },
    /// An expected subject cannot be read.
    #[error("`{text}` is no expected subject: {problem}")]
    ExpectedSubject {
        /// What stands there.
        text: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The scenario cannot be tried before it is loaded.
    #[error("cannot be tried: {0}")]
    Trial(#[from] crate::engine::OpenError),
}

/// What is wrong, the line with the place marked, and what to do. The numbers of lines are the file's, not the schema's.
fn shown(mistake: &Diagnostic) -> String {
    let excerpt = mistake.excerpt();
    let (before, width) = excerpt.caret();
    let help = mistake.help.as_ref().map(|help| format!("\n  = help: {help}")).unwrap_or_default();
    let (indent, carets) = (" ".repeat(before), "^".repeat(width));
    format!("{}\n  |\n  | {}\n  | {indent}{carets}{help}", mistake.message, excerpt.line_text())
}

fn line_suffix(line: usize) -> String {
    if line == 0 { String::new() } else { format!(":{line}") }
}
