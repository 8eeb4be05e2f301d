//! `arrowroot schema write`.

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use serde::Serialize;

use crate::cli::client::CallFlags;
use crate::cli::output::{OutputFlags, OutputFormat};
use crate::server::wire::v1;

use super::text;

/// Replace a server's schema by a file.
///
/// The server refuses what does not fit to its relationships. The token of the write is printed.
#[derive(Debug, Args)]
pub(super) struct Write {
    /// The file; - for standard input
    file: PathBuf,
    #[command(flatten)]
    output: OutputFlags,
    #[command(flatten)]
    call: CallFlags,
}

#[derive(Serialize)]
struct Written {
    written_at: Option<String>,
}

impl Write {
    pub(super) fn run(self) -> Result<ExitCode, Box<dyn Error>> {
        let schema = text::read(&self.file)?;
        self.call.run(async |calls| {
            let response = calls.write_schema(v1::WriteSchemaRequest { schema }).await?;
            let written_at = response.written_at.map(|token| token.token);
            let mut output = self.output.open();
            if output.format() == OutputFormat::Json {
                output.json(&Written { written_at })?;
            } else {
                output.line(written_at.unwrap_or_default())?;
            }
            output.flush()?;
            Ok(ExitCode::SUCCESS)
        })
    }
}
