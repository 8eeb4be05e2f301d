//! The command line, and which subcommand it asks for.

use std::error::Error;
use std::ffi::OsString;
use std::io::Write as _;
use std::process::ExitCode;

use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

use super::output::{OutputError, styles};
use super::{
    backup, bulk_check, check, completions, context, datastore, expand, export, health, import, lifecycle,
    lookup, man, relationship, restore, schema, secrets, serve, validate, version, watch,
};

/// A command could not be done. That an answer is no is 1, where a command answers a question.
const ERROR: u8 = 2;

/// A relationship graph engine in the manner of Google's Zanzibar, speaking authzed.api.v1.
#[derive(Debug, Parser)]
#[command(name = "arrowroot", version, disable_help_subcommand = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    // Each is described where its arguments are: a comment here would take the place of that in the help.
    Serve(Box<serve::Serve>),
    Lifecycle(lifecycle::Lifecycle),
    Health(health::Health),
    Check(Box<check::Check>),
    Lookup(Box<lookup::Lookup>),
    Expand(Box<expand::Expand>),
    BulkCheck(Box<bulk_check::BulkCheck>),
    Relationship(Box<relationship::Relationship>),
    Schema(Box<schema::Schema>),
    Validate(validate::Validate),
    Watch(Box<watch::Watch>),
    Context(Box<context::Context>),
    Completions(completions::Completions),
    Man(man::Man),
    Import(Box<import::Import>),
    Export(Box<export::Export>),
    Backup(Box<backup::Backup>),
    Restore(Box<restore::Restore>),
    Datastore(datastore::Datastore),
    /// Print the version.
    Version,
}

impl Command {
    /// Runs it; the warnings are for whoever wrote the command line.
    fn run(self, warnings: &[String]) -> Result<ExitCode, Box<dyn Error>> {
        if !matches!(self, Self::Serve(_)) {
            for warning in warnings {
                warn(warning);
            }
        }
        match self {
            // It has a log.
            Self::Serve(arguments) => arguments.run(warnings).map(|()| ExitCode::SUCCESS),
            Self::Lifecycle(arguments) => arguments.run(),
            Self::Health(arguments) => arguments.run(),
            Self::Check(arguments) => arguments.run(),
            Self::Lookup(arguments) => arguments.run(),
            Self::Expand(arguments) => arguments.run(),
            Self::BulkCheck(arguments) => arguments.run(),
            Self::Relationship(arguments) => arguments.run(),
            Self::Schema(arguments) => arguments.run(),
            Self::Validate(arguments) => arguments.run(),
            Self::Watch(arguments) => arguments.run(),
            Self::Context(arguments) => arguments.run(),
            Self::Completions(arguments) => arguments.run(),
            Self::Man(arguments) => arguments.run(),
            Self::Import(arguments) => arguments.run(),
            Self::Export(arguments) => arguments.run(),
            Self::Backup(arguments) => arguments.run(),
            Self::Restore(arguments) => arguments.run(),
            Self::Datastore(arguments) => arguments.run(),
            Self::Version => version::run().map(|()| ExitCode::SUCCESS),
        }
    }

    /// The status where the command could not be done.
    fn error_status(&self) -> ExitCode {
        match self {
            // Their statuses have meanings of their own.
            Self::Serve(_) | Self::Lifecycle(_) => ExitCode::FAILURE,
            _ => ExitCode::from(ERROR),
        }
    }
}

/// The definitions of all commands and flags.
#[doc(hidden)]
pub fn definition() -> clap::Command {
    Arguments::command()
}

/// Runs the command that the arguments ask for: 0 if all went well or the answer is yes, 1 if the answer is no, 2 if there
/// is none, with a line on stderr, or what the command's own documentation says.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let (command, warnings) = match parse(arguments) {
        Ok(parsed) => parsed,
        Err(error) => {
            // There is nobody to tell if the terminal is gone.
            let _ = error.print();
            return if error.use_stderr() { ExitCode::from(ERROR) } else { ExitCode::SUCCESS };
        }
    };
    let error_status = command.error_status();
    match command.run(&warnings) {
        Ok(status) => status,
        // Whoever read the output has seen enough.
        Err(error) if error.downcast_ref().is_some_and(OutputError::is_broken_pipe) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&*error);
            error_status
        }
    }
}

/// The command, and warnings about how it was asked for.
fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<(Command, Vec<String>), clap::Error> {
    let mut matches = Arguments::command().try_get_matches_from(arguments)?;
    let warnings = secrets::warnings(&matches);
    let arguments = Arguments::from_arg_matches_mut(&mut matches)
        .map_err(|error| error.format(&mut Arguments::command()))?;
    Ok((arguments.command, warnings))
}

/// Says on stderr what would better be done otherwise.
fn warn(warning: &str) {
    let (style, end) = (styles::CONDITIONAL, styles::CONDITIONAL.render_reset());
    // There is nobody to tell if the terminal is gone.
    let _ = writeln!(anstream::stderr(), "{style}arrowroot: warning:{end} {warning}");
}

/// Says on stderr what went wrong.
fn complain(error: &dyn Error) {
    let (style, end) = (styles::ERROR, styles::ERROR.render_reset());
    // There is nobody to tell if the terminal is gone.
    let _ = writeln!(anstream::stderr(), "{style}arrowroot:{end} {error}");
}
