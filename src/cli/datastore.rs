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
    /// Read everything in the store, and tell whether it is what was written.
    Verify(verify::Verify),
    /// Write a checkpoint now, and leave behind what is no longer needed.
    Compact(compact::Compact),
    /// Tell what is in the store, and how large it is.
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
