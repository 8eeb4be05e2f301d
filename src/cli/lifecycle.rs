//! `arrowroot lifecycle`: one file a subcommand.

mod backfill;
mod hash_key;
mod orphans;

use std::error::Error;
use std::process::ExitCode;

use clap::{Args, Subcommand};

/// Resources of applications, and who may use them.
#[derive(Debug, Args)]
pub(super) struct Lifecycle {
    #[command(subcommand)]
    command: LifecycleCommand,
}

#[derive(Debug, Subcommand)]
enum LifecycleCommand {
    // Each is described where its arguments are: a comment here would take the place of that in the help.
    Backfill(backfill::Backfill),
    HashKey(hash_key::HashKey),
    Orphans(orphans::Orphans),
}

impl Lifecycle {
    pub(super) fn run(self) -> Result<ExitCode, Box<dyn Error>> {
        match self.command {
            LifecycleCommand::Backfill(arguments) => arguments.run(),
            LifecycleCommand::HashKey(arguments) => arguments.run().map(|()| ExitCode::SUCCESS),
            LifecycleCommand::Orphans(arguments) => arguments.run(),
        }
    }
}

/// What is left undone is done by running the command again.
const UNFINISHED: u8 = 2;
/// Ended by Ctrl-C, as shells say it.
const INTERRUPTED: u8 = 130;
