//! `arrowroot schema format`: schemas in the one layout that all share.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;

use crate::cli::output::{ColorFlag, Output};
use crate::cli::problems;
use crate::schema::{self, FormatError};

use super::replacing::replace;
use super::source::{Source, is_yaml, print_error};

/// A file could not be formatted.
const ERROR: u8 = 2;
/// With `--check`, a file is not as it would be formatted.
const UNFORMATTED: u8 = 1;

/// Lay schemas out in the one way that all share, comments kept.
///
/// They go to standard output, or back into their files.
#[derive(Debug, Args)]
pub(super) struct Format {
    /// Schemas (`.zed`); `-` for standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Replace the files' texts, each in one step; without it, one file's is printed
    #[arg(long, conflicts_with = "check")]
    write: bool,
    /// Change nothing, and print the files that would change: status 1 if there are any
    #[arg(long)]
    check: bool,
    #[command(flatten)]
    color: ColorFlag,
}

impl Format {
    pub(super) fn run(self) -> Result<ExitCode, Box<dyn Error>> {
        if self.files.len() > 1 && !self.write && !self.check {
            return Err("several files are formatted in place (--write) or compared (--check)".into());
        }
        if self.write && self.files.iter().any(|file| file.as_os_str() == "-") {
            return Err("standard input cannot be written to: leave --write out".into());
        }
        let mut output = self.color.open();
        let (mut has_errors, mut has_changes) = (false, false);
        for file in &self.files {
            match formatted(file) {
                None => has_errors = true,
                Some((before, after)) => has_changes |= self.finish(file, &before, &after, &mut output)?,
            }
        }
        output.flush()?;
        Ok(match (has_errors, self.check && has_changes) {
            (false, false) => ExitCode::SUCCESS,
            (false, true) => ExitCode::from(UNFORMATTED),
            (true, _) => ExitCode::from(ERROR),
        })
    }

    /// Whether the text changes.
    fn finish(
        &self,
        file: &Path,
        before: &str,
        after: &str,
        output: &mut Output,
    ) -> Result<bool, Box<dyn Error>> {
        let is_changed = before != after;
        if self.check {
            if is_changed {
                output.line(problems::name(file))?;
            }
        } else if !self.write {
            output.text(after)?;
        } else if is_changed {
            replace(file, after.as_bytes())
                .map_err(|error| format!("{}: cannot be written: {error}", file.display()))?;
        }
        Ok(is_changed)
    }
}

/// A file's text, and what it would be. Nothing if that was not to be had, which has been said.
fn formatted(file: &Path) -> Option<(String, String)> {
    if is_yaml(file) {
        let name = problems::name(file);
        print_error(&format!("{name}: is a validation file; only schemas (.zed) are formatted"));
        return None;
    }
    let source = match Source::read(file) {
        Ok(source) => source,
        Err(error) => {
            print_error(&error);
            return None;
        }
    };
    match schema::format(&source.text) {
        Ok(after) => Some((source.text, after)),
        Err(FormatError::Invalid(error)) => {
            source.print_errors(&error);
            None
        }
        Err(error @ FormatError::Unfaithful) => {
            print_error(&format!("{}: {error}", problems::name(file)));
            None
        }
    }
}
