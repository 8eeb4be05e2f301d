//! `arrowroot schema`: one file a subcommand.

mod diff;
mod format;
mod graph;
mod lint;
mod read;
mod replacing;
mod source;
mod text;
mod write;

use std::error::Error;
use std::process::ExitCode;

use clap::{Args, Subcommand};

pub(super) use replacing::replace;

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
    /// Lay schemas out in the one way that all share, comments kept.
    Format(format::Format),
    /// Draw a schema: its definitions, and what leads from one to the other.
    Graph(graph::Graph),
    /// Look for what a schema says and its author probably does not mean.
    Lint(lint::Lint),
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
            SchemaCommand::Format(arguments) => arguments.run(),
            SchemaCommand::Graph(arguments) => arguments.run(),
            SchemaCommand::Lint(arguments) => arguments.run(),
        }
    }
}
