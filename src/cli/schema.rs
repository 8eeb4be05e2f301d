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

/// Read, write, compare, format, check and draw schemas.
#[derive(Debug, Args)]
pub(super) struct Schema {
    #[command(subcommand)]
    command: SchemaCommand,
}

#[derive(Debug, Subcommand)]
enum SchemaCommand {
    // Each is described where its arguments are: a comment here would take the place of that in the help.
    Diff(diff::Diff),
    Format(format::Format),
    Graph(graph::Graph),
    Lint(lint::Lint),
    Read(read::Read),
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
