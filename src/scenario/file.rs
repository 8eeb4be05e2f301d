//! Reading a validation file.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_saphyr::Spanned;

use crate::relationship::Relationship;

use super::assertion::{Assertion, Expected};
use super::error::{Problem, ScenarioError};

/// Bytes of one file, at most.
const FILE_BYTES_MAX: u64 = 256 << 20;
/// Collections inside each other, at most.
const YAML_DEPTH_MAX: usize = 16;

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
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
struct Assertions {
    assert_true: Option<Vec<Spanned<String>>>,
    assert_false: Option<Vec<Spanned<String>>>,
    assert_caveated: Option<Vec<Spanned<String>>>,
}

impl Scenario {
    /// Reads a file, and the file of its schema if that is another one.
    pub fn read(file: impl Into<PathBuf>) -> Result<Self, ScenarioError> {
        let file = file.into();
        let text = read_text(&file)?;
        Self::parse(file, &text)
    }

    /// Reads a scenario from text; `file` is what it is called, and where the name of a schema's file starts from.
    pub fn parse(file: impl Into<PathBuf>, text: &str) -> Result<Self, ScenarioError> {
        let file = file.into();
        let document = parse_document(&file, text)?;
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
            _ => return Err(ScenarioError { file, line: 0, problem: Problem::SchemaSource }),
        };
        let relationships = match document.relationships {
            Some(block) => parse_relationships(&file, lines.first_of_block(&block), &block.value)?,
            None => Vec::new(),
        };
        let assertions = parse_assertions(&file, document.assertions)?;
        Ok(Self { file, schema, schema_file, schema_line, relationships, assertions })
    }
}

fn read_text(file: &Path) -> Result<String, ScenarioError> {
    let error = |problem| ScenarioError { file: file.to_owned(), line: 0, problem };
    let bytes = fs::metadata(file).map_err(|unreadable| error(unreadable.into()))?.len();
    if bytes > FILE_BYTES_MAX {
        return Err(error(Problem::TooLarge { bytes, bytes_max: FILE_BYTES_MAX }));
    }
    fs::read_to_string(file).map_err(|unreadable| error(unreadable.into()))
}

fn parse_document(file: &Path, text: &str) -> Result<Document, ScenarioError> {
    let budget = serde_saphyr::budget! {
        max_depth: YAML_DEPTH_MAX,
        flow_nesting_limit: YAML_DEPTH_MAX,
        max_total_scalar_bytes: usize::try_from(FILE_BYTES_MAX).unwrap_or(usize::MAX),
    };
    let options = serde_saphyr::options! { budget: budget, with_snippet: false };
    serde_saphyr::from_str_with_options(text, options).map_err(|error| ScenarioError {
        file: file.to_owned(),
        line: error.location().map_or(0, |location| line_number(location.line())),
        problem: Problem::Yaml(error.to_string()),
    })
}

fn line_number(line: u64) -> usize {
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
) -> Result<Vec<(usize, Relationship)>, ScenarioError> {
    let mut relationships = Vec::new();
    let mut lines_by_key = HashMap::new();
    for (offset, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with("//") {
            continue;
        }
        let number = first_line + offset;
        let error = |problem| ScenarioError { file: file.to_owned(), line: number, problem };
        let relationship: Relationship =
            line.parse().map_err(|malformed| error(Problem::Relationship(malformed)))?;
        let key =
            (relationship.resource.clone(), relationship.relation.clone(), relationship.subject.clone());
        if let Some(line_before) = lines_by_key.insert(key, number) {
            return Err(error(Problem::Repeated { relationship: relationship.to_string(), line_before }));
        }
        relationships.push((number, relationship));
    }
    Ok(relationships)
}

fn parse_assertions(file: &Path, assertions: Assertions) -> Result<Vec<Assertion>, ScenarioError> {
    let groups = [
        (Expected::True, assertions.assert_true),
        (Expected::False, assertions.assert_false),
        (Expected::Caveated, assertions.assert_caveated),
    ];
    let all = groups.into_iter().flat_map(|(expected, texts)| {
        texts.unwrap_or_default().into_iter().map(move |text| (expected, text))
    });
    all.map(|(expected, text)| {
        let line = line_number(text.referenced.line());
        Assertion::parse(expected, line, &text.value).map_err(|problem| ScenarioError {
            file: file.to_owned(),
            line,
            problem,
        })
    })
    .collect()
}
