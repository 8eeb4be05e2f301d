//! `arrowroot schema lint`: what a schema says and its author probably does not mean.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use serde::Serialize;

use crate::cli::output::{Output, OutputFlags, OutputFormat, styles};
use crate::cli::problems::{self, PROBLEMS_MAX};
use crate::schema::{self, CompileOptions, Finding, Lints, Outline, Schema, SchemaError};

use super::replacing::replace;
use super::source::{Said, Source, print_error};

/// A schema could not be looked at.
const ERROR: u8 = 2;
/// Something was found.
const FOUND: u8 = 1;
/// Times that fixes are applied to one text: those of one round may meet in one place.
const ROUNDS_MAX: usize = 20;

/// Look for what a schema says and its author probably does not mean.
///
/// Exits with 0 if there is nothing, 1 if there is something, and 2 if a schema cannot be looked at.
#[derive(Debug, Args)]
pub(super) struct Lint {
    /// Schemas (`.zed`) and validation files (`.yaml`); `-` for a schema from standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Apply the fixes that keep a schema's meaning, and tell of the rest
    #[arg(long)]
    fix: bool,
    #[command(flatten)]
    output: OutputFlags,
}

/// What was found so far.
#[derive(Default)]
struct Tally {
    found: usize,
    shown: usize,
    files: usize,
    has_errors: bool,
}

impl Lint {
    pub(super) fn run(self) -> Result<ExitCode, Box<dyn Error>> {
        let mut output = self.output.open();
        let mut tally = Tally::default();
        for file in &self.files {
            if let Err(problem) = self.look(file, &mut output, &mut tally)? {
                tally.has_errors = true;
                match problem {
                    Unreadable::File(error) => print_error(&error),
                    Unreadable::Schema(source, error) => source.print_errors(&error),
                }
            }
        }
        if output.format() == OutputFormat::Text && tally.found > 0 {
            let more = tally.found - tally.shown;
            if more > 0 {
                output.line(format!("… and {more} more"))?;
            }
            let findings = if tally.found == 1 { "finding" } else { "findings" };
            let files = if tally.files == 1 { "file" } else { "files" };
            output.line(format!("{} {findings} in {} {files}", tally.found, tally.files))?;
        }
        output.flush()?;
        Ok(match (tally.has_errors, tally.found) {
            (false, 0) => ExitCode::SUCCESS,
            (false, _) => ExitCode::from(FOUND),
            (true, _) => ExitCode::from(ERROR),
        })
    }

    fn look(
        &self,
        file: &Path,
        output: &mut Output,
        tally: &mut Tally,
    ) -> Result<Result<(), Unreadable>, Box<dyn Error>> {
        let mut source = match Source::read(file) {
            Ok(source) => source,
            Err(error) => return Ok(Err(Unreadable::File(error))),
        };
        let mut lints = match schema::lint(&source.text) {
            Ok(lints) => lints,
            Err(error) => return Ok(Err(Unreadable::Schema(source, error))),
        };
        if self.fix {
            if let Err(problem) = check_fixable(&source) {
                return Ok(Err(Unreadable::File(problem.into())));
            }
            (source.text, lints) = fix(&source, lints)?;
        }
        tally.files += usize::from(!lints.findings.is_empty());
        tally.found += lints.findings.len() + lints.omitted;
        for finding in &lints.findings {
            if output.format() == OutputFormat::Json {
                output.json(&Told::of(&source, finding))?;
            } else if tally.shown < PROBLEMS_MAX {
                print(&source, finding, output)?;
            } else {
                break;
            }
            tally.shown += 1;
        }
        Ok(Ok(()))
    }
}

/// Why a file was not looked at.
enum Unreadable {
    File(Box<dyn Error>),
    Schema(Source, SchemaError),
}

fn check_fixable(source: &Source) -> Result<(), String> {
    let name = problems::name(&source.file);
    if source.file.as_os_str() == "-" {
        return Err(format!("{name}: cannot be fixed in place"));
    }
    if !source.is_whole_file {
        return Err(format!("{name}: only schemas in files of their own (.zed) are fixed"));
    }
    Ok(())
}

/// Applies what keeps the meaning, as long as there is something; the text and what is left to find.
fn fix(source: &Source, mut lints: Lints) -> Result<(String, Lints), Box<dyn Error>> {
    let mut text = source.text.clone();
    for _ in 0..ROUNDS_MAX {
        let fixed = schema::applied(&text, &lints.findings);
        if fixed == text {
            break;
        }
        if meaning(&fixed)? != meaning(&text)? {
            return Err(format!(
                "{}: the fixes would change the schema; it is left as it was",
                source.file.display()
            )
            .into());
        }
        (lints, text) = (schema::lint(&fixed)?, fixed);
    }
    if text != source.text {
        let unwritable = |error| format!("{}: cannot be written: {error}", source.file.display());
        replace(&source.file, text.as_bytes()).map_err(unwritable)?;
    }
    Ok((text, lints))
}

fn meaning(text: &str) -> Result<String, SchemaError> {
    Schema::compile(text, &CompileOptions::default()).map(|schema| Outline(&schema).to_string())
}

fn print(source: &Source, finding: &Finding, output: &mut Output) -> Result<(), Box<dyn Error>> {
    let said = Said {
        kind: finding.code.as_str(),
        style: styles::CONDITIONAL,
        message: &finding.message,
        excerpt: &finding.excerpt,
        help: Some(&finding.help),
    };
    for line in source.lines(&said) {
        output.line(line)?;
    }
    Ok(output.line("")?)
}

/// A finding for programs.
#[derive(Serialize)]
struct Told<'f> {
    file: String,
    line: usize,
    column: usize,
    code: &'static str,
    message: &'f str,
    help: &'f str,
    /// The place in the schema's text, in bytes.
    start: usize,
    end: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    fix: Option<ToldFix<'f>>,
}

#[derive(Serialize)]
struct ToldFix<'f> {
    is_safe: bool,
    edits: Vec<ToldEdit<'f>>,
}

#[derive(Serialize)]
struct ToldEdit<'f> {
    start: usize,
    end: usize,
    replacement: &'f str,
}

impl<'f> Told<'f> {
    fn of(source: &Source, finding: &'f Finding) -> Self {
        let (line, column) = source.position(&finding.excerpt);
        let edits = |fix: &'f schema::Fix| {
            let edit = |edit: &'f schema::Edit| ToldEdit {
                start: edit.span.start,
                end: edit.span.end,
                replacement: &edit.replacement,
            };
            ToldFix { is_safe: fix.is_safe, edits: fix.edits.iter().map(edit).collect() }
        };
        Self {
            file: problems::name(&source.file),
            line,
            column,
            code: finding.code.as_str(),
            message: &finding.message,
            help: &finding.help,
            start: finding.span.start,
            end: finding.span.end,
            fix: finding.fix.as_ref().map(edits),
        }
    }
}
