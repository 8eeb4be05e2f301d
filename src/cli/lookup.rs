//! `arrowroot lookup`: one file a subcommand.

mod resources;
mod subjects;

use std::error::Error;
use std::io::Write as _;
use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::output::styles;

/// Find resources that a subject has a permission on, or subjects that have a permission on a resource.
#[derive(Debug, Args)]
pub(super) struct Lookup {
    #[command(subcommand)]
    command: LookupCommand,
}

#[derive(Debug, Subcommand)]
enum LookupCommand {
    // Each is described where its arguments are: a comment here would take the place of that in the help.
    Resources(resources::Resources),
    Subjects(subjects::Subjects),
}

impl Lookup {
    pub(super) fn run(self) -> Result<ExitCode, Box<dyn Error>> {
        match self.command {
            LookupCommand::Resources(arguments) => arguments.run(),
            LookupCommand::Subjects(arguments) => arguments.run(),
        }
    }
}

/// What is said behind an answer that depends on values that were not given.
fn condition(missing: &[String]) -> String {
    let style = styles::CONDITIONAL;
    format!("  {style}conditional{style:#}: missing context {}", missing.join(", "))
}

/// Says on standard error how to go on behind the last answer that was wanted.
pub(super) fn say_more(cursor: Option<&str>) {
    if let Some(cursor) = cursor {
        // There is nobody to tell if the terminal is gone.
        let _ = writeln!(std::io::stderr(), "there may be more behind --cursor {cursor}");
    }
}
