//! `arrowroot relationship`: one file a subcommand; create and touch differ by one word.

mod delete;
mod read;
mod write;

use std::error::Error;
use std::process::ExitCode;

use clap::{Args, Subcommand};

use write::{Operation, Write};

/// Relationships of a server: write them, and read them.
#[derive(Debug, Args)]
pub(super) struct Relationship {
    #[command(subcommand)]
    command: RelationshipCommand,
}

#[derive(Debug, Subcommand)]
enum RelationshipCommand {
    /// Create relationships; it is an error if one is there.
    Create(Write),
    /// Create relationships, or replace the caveat and the expiration of those that are there.
    Touch(Write),
    /// Delete relationships, or all that a filter matches.
    Delete(delete::Delete),
    /// Read the relationships that a filter matches.
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
