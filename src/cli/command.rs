//! The command line, and which subcommand it asks for.

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use super::{lifecycle, serve, version};

/// A relationship graph engine in the manner of Google's Zanzibar, speaking authzed.api.v1.
#[derive(Debug, Parser)]
#[command(name = "arrowroot", version, disable_help_subcommand = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the gRPC API.
    Serve(Box<serve::Serve>),
    /// Resources of applications, and who may use them.
    Lifecycle(lifecycle::Lifecycle),
    /// Print the version.
    Version,
}

/// Runs the command that the arguments ask for: 0 if all went well, else a line on stderr and 1, or what the command's
/// own documentation says.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(error) => {
            // There is nobody to tell if the terminal is gone.
            let _ = error.print();
            return if error.use_stderr() { ExitCode::FAILURE } else { ExitCode::SUCCESS };
        }
    };
    let result = match arguments.command {
        Command::Serve(arguments) => arguments.run().map(|()| ExitCode::SUCCESS),
        Command::Lifecycle(arguments) => arguments.run(),
        Command::Version => version::run().map(|()| ExitCode::SUCCESS),
    };
    match result {
        Ok(status) => status,
        Err(error) => {
            complain(&*error);
            ExitCode::FAILURE
        }
    }
}

#[expect(clippy::print_stderr, reason = "the command's output")]
fn complain(error: &dyn std::error::Error) {
    eprintln!("arrowroot: {error}");
}
