//! `arrowroot schema diff`.

mod change;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;

use crate::cli::client::{CallFlags, ConsistencyFlags};
use crate::cli::output::{Output, OutputError, OutputFlags, OutputFormat};
use crate::cli::problems;
use crate::schema::{Reflection, SchemaError, differences};
use crate::server::wire::v1;

use super::text;
use change::Change;

/// Tell what is different between a server's schema and a file, or between two files.
///
/// Two files need no server.
///
/// What is new has a plus, what is gone a minus, and what has changed a tilde. Exits with 0 if nothing is different, 1 if
/// something is, and 2 if that cannot be said.
#[derive(Debug, Args)]
pub(super) struct Diff {
    /// The file to compare with; of two, the first is how it is, and the second how it would be
    #[arg(required = true, num_args = 1..=2, value_name = "FILE")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    consistency: ConsistencyFlags,
    #[command(flatten)]
    output: OutputFlags,
    #[command(flatten)]
    call: CallFlags,
}

/// A file holds no schema.
#[derive(Debug, thiserror::Error)]
#[error("{}: {error}", problems::name(.file))]
struct Invalid {
    file: PathBuf,
    error: SchemaError,
}

/// A server that tells no differences.
#[derive(Debug, thiserror::Error)]
#[error(
    "the server cannot compare schemas: save what `arrowroot schema read` prints, and compare the two files"
)]
struct Incapable;

impl Diff {
    pub(super) fn run(self) -> Result<ExitCode, Box<dyn Error>> {
        if let [before, after] = self.files.as_slice() {
            let (before, after) = (reflection(before)?, reflection(after)?);
            let found = differences(&before, &after)?.into_iter().map(crate::server::difference_to_wire);
            return Ok(tell(&mut self.output.open(), found)?);
        }
        let comparison_schema =
            self.files.first().map(|file| text::read(file)).transpose()?.unwrap_or_default();
        let request = v1::DiffSchemaRequest { consistency: self.consistency.to_wire(), comparison_schema };
        self.call.run(async |calls| match calls.diff_schema(request).await {
            Ok(response) => Ok(tell(&mut self.output.open(), response.diffs)?),
            Err(error) if error.is_unimplemented() => Err(Incapable.into()),
            Err(error) => Err(error.into()),
        })
    }
}

fn reflection(file: &Path) -> Result<Reflection, Box<dyn Error>> {
    let text = text::read(file)?;
    Ok(Reflection::read(&text).map_err(|error| Invalid { file: file.to_owned(), error })?)
}

fn tell(
    output: &mut Output,
    differences: impl IntoIterator<Item = v1::ReflectionSchemaDiff>,
) -> Result<ExitCode, OutputError> {
    let mut status = ExitCode::SUCCESS;
    for difference in differences {
        status = ExitCode::FAILURE;
        let change = Change::of(difference);
        if output.format() == OutputFormat::Json {
            output.json(&change)?;
        } else {
            output.line(change)?;
        }
    }
    output.flush()?;
    Ok(status)
}
