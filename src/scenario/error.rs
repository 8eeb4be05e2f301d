//! What can be wrong with a validation file.

use std::path::PathBuf;

use crate::engine::{WriteRelationshipsError, WriteSchemaError};
use crate::relationship::ParseRelationshipError;

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
}

impl Problems {
    pub(super) fn push(&mut self, error: ScenarioError) {
        self.count += 1;
        if self.first.len() < PROBLEMS_MAX {
            self.first.push(error);
        }
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

fn line_suffix(line: usize) -> String {
    if line == 0 { String::new() } else { format!(":{line}") }
}
