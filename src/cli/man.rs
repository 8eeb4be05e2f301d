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

/// Write manual pages: one a command into a directory, such as ~/.local/share/man/man1, or that of arrowroot itself to
/// standard output. They are made from the same definitions as --help.
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
            let mut page = Vec::new();
            Page::new(definition()).render(&mut page)?;
            let mut output = ColorFlag::plain().open();
            output.text(String::from_utf8(page)?)?;
            output.flush()?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn write_all(directory: &Path) -> io::Result<()> {
    fs::create_dir_all(directory)?;
    clap_mangen::generate_to(definition(), directory)
}
