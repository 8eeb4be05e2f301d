//! `arrowroot context`: one file a subcommand.

mod add;
mod list;

use std::error::Error;
use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::contexts;

/// Name servers, with their keys and certificates.
///
/// They stand in a file that only you can read: arrowroot/config.toml in `XDG_CONFIG_HOME` (or in ~/.config), or the one that
/// `ARROWROOT_CONFIG` names.
#[derive(Debug, Args)]
pub(super) struct Context {
    #[command(subcommand)]
    command: ContextCommand,
}

#[derive(Debug, Subcommand)]
enum ContextCommand {
    // Each is described where its arguments are: a comment here would take the place of that in the help.
    Add(add::Add),
    List(list::List),
    /// Have a context in use where none is named.
    Use(Name),
    /// Remove a context.
    Remove(Name),
}

#[derive(Debug, Args)]
struct Name {
    /// The context
    name: String,
}

impl Context {
    pub(super) fn run(self) -> Result<ExitCode, Box<dyn Error>> {
        match self.command {
            ContextCommand::Add(arguments) => arguments.run()?,
            ContextCommand::List(arguments) => arguments.run()?,
            ContextCommand::Use(Name { name }) => contexts::change(|all| all.use_by_itself(&name))?,
            ContextCommand::Remove(Name { name }) => contexts::change(|all| all.remove(&name))?,
        }
        Ok(ExitCode::SUCCESS)
    }
}
