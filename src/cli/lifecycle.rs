//! `arrowroot lifecycle`: one file a subcommand.

mod hash_key;

use std::error::Error;

use clap::{Args, Subcommand};

/// Resources of applications, and who may use them.
#[derive(Debug, Args)]
pub(super) struct Lifecycle {
    #[command(subcommand)]
    command: LifecycleCommand,
}

#[derive(Debug, Subcommand)]
enum LifecycleCommand {
    /// Print the SHA-256 of an API key, as the key file lists it.
    HashKey(hash_key::HashKey),
}

impl Lifecycle {
    pub(super) fn run(self) -> Result<(), Box<dyn Error>> {
        match self.command {
            LifecycleCommand::HashKey(arguments) => arguments.run(),
        }
    }
}
