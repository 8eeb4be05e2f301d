//! Reading a validation file.

use std::collections::HashMap;
use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_saphyr::Spanned;
use serde_saphyr::budget::BudgetBreach;

use crate::relationship::{ParseRelationshipError, Relationship};

use super::assertion::{Assertion, Expected};
use super::error::{Problem, Problems, ScenarioError};

/// Bytes of one file, at most.
const FILE_BYTES_MAX: u64 = 256 << 20;
/// Collections inside each other, at most.
const YAML_DEPTH_MAX: usize = 16;
/// Assertions, expected subjects and other values, at most.
const YAML_NODES_MAX: usize = 2_000_000;

/// A schema, relationships, and what must follow from them.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// The file that it was read from.
    pub file: PathBuf,
    /// The schema's text.
    pub schema: String,
    /// The file that the schema stands in.
    pub(super) schema_file: PathBuf,
    /// The line of that file on which the schema begins, from 1.
    pub(super) schema_line: usize,
    /// The relationships, each with its line.
    pub relationships: Vec<(usize, Relationship)>,
    /// What must hold.
    pub assertions: Vec<Assertion>,
}

/// The file's form.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Document {
    schema: Option<Spanned<String>>,
    schema_file: Option<Spanned<String>>,
    #[serde(default)]
    relationships: Option<Spanned<String>>,
    #[serde(default)]
    assertions: Assertions,
    /// Expected relations, which are a different way to say what the assertions say: accepted, not looked at.
    #[serde(default, rename = "validation")]
    _validation: Option<IgnoredAny>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Assertions {
    #[serde(rename = "assertTrue")]
    hold: Option<Vec<Spanned<String>>>,
    #[serde(rename = "assertFalse")]
    hold_not: Option<Vec<Spanned<String>>>,
    #[serde(rename = "assertCaveated")]
    depend: Option<Vec<Spanned<String>>>,
}

/// The schema of a validation file, and where it stands.
#[derive(Debug, Clone)]
pub struct SchemaPlace {
    /// The validation file, or the file that it names.
    pub file: PathBuf,
    /// The line of that file on which the schema begins, from 1.
    pub first_line: usize,
    /// The schema's text.
    pub text: String,
}

impl Scenario {
    /// The schema of a validation file, whatever else stands in it.
    pub fn schema_of(file: &Path, text: &str) -> Result<SchemaPlace, ScenarioError> {
        let scenario = Self::inspect(file.to_owned(), text, &mut Problems::default())?;
        Ok(SchemaPlace {
            file: scenario.schema_file,
            first_line: scenario.schema_line,
            text: scenario.schema,
        })
    }

    /// Reads a file, and the file of its schema if that is another one. A file whose name ends in `.zed` is a schema
    /// and nothing else.
    pub fn read(file: impl Into<PathBuf>) -> Result<Self, ScenarioError> {
        let file = file.into();
        let text = read_text(&file)?;
        if file.extension().is_some_and(|extension| extension == "zed") {
            return Ok(Self::of_schema(file, text));
        }
        Self::parse(file, &text)
    }

    pub(super) fn of_schema(file: PathBuf, schema: String) -> Self {
        let (schema_file, relationships, assertions) = (file.clone(), Vec::new(), Vec::new());
        Self { file, schema, schema_file, schema_line: 1, relationships, assertions }
    }

    /// Reads a scenario from text; `file` is what it is called, and where the name of a schema's file starts from.
    pub fn parse(file: impl Into<PathBuf>, text: &str) -> Result<Self, ScenarioError> {
        let mut problems = Problems::default();
        let scenario = Self::inspect(file.into(), text, &mut problems)?;
        problems.check().map(|()| scenario)
    }

    /// Reads as much as can be read. What is wrong with single lines is added to the problems.
    pub(super) fn inspect(file: PathBuf, text: &str, problems: &mut Problems) -> Result<Self, ScenarioError> {
        let document: Document = parse_document(&file, text)?;
        let lines = Lines { text };
        let (schema, schema_file, schema_line) = match (document.schema, document.schema_file) {
            (Some(schema), None) => {
                let line = lines.first_of_block(&schema);
                (schema.value, file.clone(), line)
            }
            (None, Some(name)) => {
                let schema_file = file.parent().unwrap_or(Path::new("")).join(&name.value);
                (read_text(&schema_file)?, schema_file, 1)
            }
            _ => return Err(ScenarioError::new(file, 0, Problem::SchemaSource)),
        };
        let relationships = match document.relationships {
            Some(block) => parse_relationships(&file, lines.first_of_block(&block), &block.value, problems),
            None => Vec::new(),
        };
        let assertions = parse_assertions(&file, document.assertions, problems);
        Ok(Self { file, schema, schema_file, schema_line, relationships, assertions })
    }
}

pub(super) fn read_text(file: &Path) -> Result<String, ScenarioError> {
    let unreadable = |error: io::Error| ScenarioError::new(file, 0, error);
    let metadata = fs::metadata(file).map_err(unreadable)?;
    if metadata.is_dir() {
        return Err(unreadable(io::Error::new(io::ErrorKind::IsADirectory, "is a directory")));
    }
    let too_large =
        |bytes| ScenarioError::new(file, 0, Problem::TooLarge { bytes, bytes_max: FILE_BYTES_MAX });
    if metadata.len() > FILE_BYTES_MAX {
        return Err(too_large(metadata.len()));
    }
    let mut bytes = Vec::new();
    let source = fs::File::open(file).map_err(unreadable)?;
    // What is no file may have no end.
    source.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > FILE_BYTES_MAX {
        return Err(too_large(bytes.len() as u64));
    }
    String::from_utf8(bytes).map_err(|_| ScenarioError::new(file, 0, Problem::NotText))
}

/// Reads a document of some form.
pub(super) fn parse_document<D: DeserializeOwned>(file: &Path, text: &str) -> Result<D, ScenarioError> {
    let budget = serde_saphyr::budget! {
        max_depth: YAML_DEPTH_MAX,
        max_nodes: YAML_NODES_MAX,
        max_events: 4 * YAML_NODES_MAX,
        flow_nesting_limit: YAML_DEPTH_MAX,
        max_total_scalar_bytes: usize::try_from(FILE_BYTES_MAX).unwrap_or(usize::MAX),
    };
    let options = serde_saphyr::options! { budget: budget, with_snippet: false };
    serde_saphyr::from_str_with_options(text, options).map_err(|error| {
        let line = error.location().map_or(0, |location| line_number(location.line()));
        ScenarioError::new(file, line, Problem::Yaml(yaml_problem(&error)))
    })
}

/// What is wrong, without its place, which is told before it.
fn yaml_problem(error: &serde_saphyr::Error) -> String {
    if let serde_saphyr::Error::Budget { breach: BudgetBreach::Nodes { .. }, .. } = error.without_snippet() {
        return format!("has more than {YAML_NODES_MAX} values");
    }
    let text = error.to_string();
    let text = match text.rsplit_once(" at line ") {
        Some((problem, _)) if error.location().is_some() => problem,
        _ => &text,
    };
    if text == "expected string scalar" {
        return "text is expected here; where `: ` stands in it, put it in quotes".to_owned();
    }
    text.to_owned()
}

pub(super) fn line_number(line: u64) -> usize {
    usize::try_from(line).unwrap_or_default()
}

/// Finds a block's lines in its file.
struct Lines<'text> {
    text: &'text str,
}

impl Lines<'_> {
    /// The line on which a text begins: the one after the `|` of a block, otherwise its own.
    fn first_of_block(&self, block: &Spanned<String>) -> usize {
        let line = line_number(block.referenced.line());
        let own = self.text.lines().nth(line.saturating_sub(1)).unwrap_or_default();
        let after_key = own.split_once(':').map_or(own, |(_, value)| value);
        let is_indicator = after_key.trim_start().starts_with(['|', '>']);
        if is_indicator { line + 1 } else { line }
    }
}

/// One relationship a line, with empty lines and comments between them.
fn parse_relationships(
    file: &Path,
    first_line: usize,
    text: &str,
    problems: &mut Problems,
) -> Vec<(usize, Relationship)> {
    let mut relationships = Vec::new();
    let mut lines_by_key = HashMap::new();
    for (offset, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with("//") {
            continue;
        }
        let number = first_line + offset;
        let relationship: Relationship = match line.parse() {
            Ok(relationship) => relationship,
            Err(malformed) => {
                let malformed: ParseRelationshipError = malformed;
                problems.push(ScenarioError::new(file, number, malformed));
                continue;
            }
        };
        let key =
            (relationship.resource.clone(), relationship.relation.clone(), relationship.subject.clone());
        if let Some(line_before) = lines_by_key.insert(key, number) {
            let relationship = relationship.to_string();
            problems.push(ScenarioError::new(file, number, Problem::Repeated { relationship, line_before }));
            continue;
        }
        relationships.push((number, relationship));
    }
    relationships
}

fn parse_assertions(file: &Path, assertions: Assertions, problems: &mut Problems) -> Vec<Assertion> {
    let groups = [
        (Expected::True, assertions.hold),
        (Expected::False, assertions.hold_not),
        (Expected::Caveated, assertions.depend),
    ];
    let all = groups.into_iter().flat_map(|(expected, texts)| {
        texts.unwrap_or_default().into_iter().map(move |text| (expected, text))
    });
    let mut read = Vec::new();
    for (expected, text) in all {
        let line = line_number(text.referenced.line());
        match Assertion::parse(expected, line, &text.value) {
            Ok(assertion) => read.push(assertion),
            Err(problem) => problems.push(ScenarioError::new(file, line, problem)),
        }
    }
    read
}
