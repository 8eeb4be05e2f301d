//! `arrowroot schema read`.

use std::error::Error;
use std::process::ExitCode;

use clap::Args;
use serde::Serialize;

use crate::cli::client::CallFlags;
use crate::cli::output::{OutputFlags, OutputFormat};
use crate::server::wire::v1;

/// Print a server's schema.
#[derive(Debug, Args)]
pub(super) struct Read {
    #[command(flatten)]
    output: OutputFlags,
    #[command(flatten)]
    call: CallFlags,
}

#[derive(Serialize)]
struct Schema {
    schema: String,
    read_at: Option<String>,
}

impl Read {
    pub(super) fn run(self) -> Result<ExitCode, Box<dyn Error>> {
        self.call.run(async |calls| {
            let v1::ReadSchemaResponse { schema_text, read_at } =
                calls.read_schema(v1::ReadSchemaRequest {}).await?;
            let mut output = self.output.open();
            if output.format() == OutputFormat::Json {
                output.json(&Schema { schema: schema_text, read_at: read_at.map(|token| token.token) })?;
            } else {
                let end = if schema_text.ends_with('\n') || schema_text.is_empty() { "" } else { "\n" };
                output.text(format_args!("{schema_text}{end}"))?;
            }
            output.flush()?;
            Ok(ExitCode::SUCCESS)
        })
    }
}
