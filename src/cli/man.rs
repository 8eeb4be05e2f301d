//! `arrowroot man`.

use std::error::Error;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use clap_mangen::Man as Page;

use super::definition;
use super::output::ColorFlag;

/// Write manual pages.
///
/// One a command goes into a directory, such as ~/.local/share/man/man1; without one, that of arrowroot itself goes to
/// standard output. They are made from the same definitions as --help, and are the same each time.
#[derive(Debug, Args)]
pub(super) struct Man {
    /// The directory, which is made if it is not there
    directory: Option<PathBuf>,
}

/// Pages cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("{}: cannot be written: {error}", .directory.display())]
struct Unwritable {
    directory: PathBuf,
    error: io::Error,
}

impl Man {
    pub(super) fn run(self) -> Result<ExitCode, Box<dyn Error>> {
        if let Some(directory) = self.directory {
            write_all(&directory).map_err(|error| Unwritable { directory, error })?;
        } else {
            let mut text = Vec::new();
            page(definition()).render(&mut text)?;
            let mut output = ColorFlag::plain().open();
            output.text(String::from_utf8(text)?)?;
            output.flush()?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn write_all(directory: &Path) -> io::Result<()> {
    fs::create_dir_all(directory)?;
    let mut all = definition();
    all.build();
    let mut waiting = vec![all];
    while let Some(command) = waiting.pop() {
        waiting.extend(command.get_subcommands().cloned());
        page(command).generate_to(directory)?;
    }
    Ok(())
}

/// The page of a command.
fn page(command: clap::Command) -> Page {
    Page::new(command).source(concat!("arrowroot ", env!("CARGO_PKG_VERSION"))).manual("arrowroot")
}
