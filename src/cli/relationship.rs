//! `arrowroot relationship`: one file a subcommand; create and touch differ by one word.

mod delete;
mod read;
mod write;

use std::error::Error;
use std::process::ExitCode;

use clap::{Args, Subcommand};

use write::{Operation, Write};

/// Write, delete and read relationships.
#[derive(Debug, Args)]
pub(super) struct Relationship {
    #[command(subcommand)]
    command: RelationshipCommand,
}

#[derive(Debug, Subcommand)]
enum RelationshipCommand {
    // Each is described where its arguments are: a comment here would take the place of that in the help.
    #[command(about = "Create relationships; it is an error if one is there")]
    Create(Write),
    #[command(about = "Create relationships, or replace the caveats and expirations of those that are there")]
    Touch(Write),
    Delete(delete::Delete),
    Read(read::Read),
}

impl Relationship {
    pub(super) fn run(self) -> Result<ExitCode, Box<dyn Error>> {
        match self.command {
            RelationshipCommand::Create(arguments) => arguments.run(Operation::Create),
            RelationshipCommand::Touch(arguments) => arguments.run(Operation::Touch),
            RelationshipCommand::Delete(arguments) => arguments.run(),
            RelationshipCommand::Read(arguments) => arguments.run(),
        }
    }
}
