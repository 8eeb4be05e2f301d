//! `arrowroot datastore`: one file a subcommand.

mod compact;
mod info;
mod verify;

use std::error::Error;
use std::process::ExitCode;

use clap::{Args, Subcommand};

/// The directory in which a server keeps its store, while no server has it open.
#[derive(Debug, Args)]
pub(super) struct Datastore {
    #[command(subcommand)]
    command: DatastoreCommand,
}

#[derive(Debug, Subcommand)]
enum DatastoreCommand {
    // Each is described where its arguments are: a comment here would take the place of that in the help.
    Verify(verify::Verify),
    Compact(compact::Compact),
    Info(info::Info),
}

impl Datastore {
    pub(super) fn run(self) -> Result<ExitCode, Box<dyn Error>> {
        match self.command {
            DatastoreCommand::Verify(arguments) => arguments.run(),
            DatastoreCommand::Compact(arguments) => arguments.run(),
            DatastoreCommand::Info(arguments) => arguments.run(),
        }
    }
}
