//! `arrowroot schema graph`: a schema as a picture.

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};

use crate::cli::output::ColorFlag;
use crate::schema::{CompileOptions, Schema, picture};

use super::replacing::replace;
use super::source::Source;

/// A schema could not be drawn.
const ERROR: u8 = 2;

/// Draw a schema: its definitions with their relations and permissions, and what leads from one to the other.
#[derive(Debug, Args)]
pub(super) struct Graph {
    /// The schema (`.zed`), or a validation file (`.yaml`); `-` for a schema from standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// A drawing that stands by itself, or text for Graphviz
    #[arg(long, default_value = "svg", value_name = "FORMAT")]
    format: GraphFormat,
    /// The file to write, in one step; without it, the picture is printed
    #[arg(long, value_name = "FILE")]
    output_file: Option<PathBuf>,
    #[command(flatten)]
    color: ColorFlag,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum GraphFormat {
    /// SVG, with a style for light and for dark pages.
    Svg,
    /// DOT text.
    Dot,
}

impl Graph {
    pub(super) fn run(self) -> Result<ExitCode, Box<dyn Error>> {
        let source = Source::read(&self.file)?;
        let schema = match Schema::compile(&source.text, &CompileOptions::default()) {
            Ok(schema) => schema,
            Err(error) => {
                source.print_errors(&error);
                return Ok(ExitCode::from(ERROR));
            }
        };
        let picture = match self.format {
            GraphFormat::Svg => picture::svg(&schema),
            GraphFormat::Dot => picture::dot(&schema),
        };
        if let Some(file) = &self.output_file {
            let unwritable = |error| format!("{}: cannot be written: {error}", file.display());
            replace(file, picture.as_bytes()).map_err(unwritable)?;
        } else {
            let mut output = self.color.open();
            output.text(picture)?;
            output.flush()?;
        }
        Ok(ExitCode::SUCCESS)
    }
}
