//! `arrowroot schema`: one file a subcommand.

mod diff;
mod read;
mod text;
mod write;

use std::error::Error;
use std::process::ExitCode;

use clap::{Args, Subcommand};

/// Schemas: those of servers, and texts.
#[derive(Debug, Args)]
pub(super) struct Schema {
    #[command(subcommand)]
    command: SchemaCommand,
}

#[derive(Debug, Subcommand)]
enum SchemaCommand {
    /// Tell what is different between a server's schema and a file, or between two files.
    Diff(diff::Diff),
    /// Print a server's schema.
    Read(read::Read),
    /// Replace a server's schema.
    Write(write::Write),
}

impl Schema {
    pub(super) fn run(self) -> Result<ExitCode, Box<dyn Error>> {
        match self.command {
            SchemaCommand::Diff(arguments) => arguments.run(),
            SchemaCommand::Read(arguments) => arguments.run(),
            SchemaCommand::Write(arguments) => arguments.run(),
        }
    }
}
