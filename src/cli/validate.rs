//! `arrowroot validate`: validation files, without a server.

mod files;
mod junit;
mod report;
mod running;

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::output::OutputFlags;

use report::Reporter;

/// A file could not be read or loaded.
const ERROR: u8 = 2;
/// Something that a file says is not so.
const FAILED: u8 = 1;

/// Check validation files: what must follow from a schema and relationships, and what must not.
///
/// Exits with 0 if all that they say is so, 1 if something is not, and 2 if a file cannot be used.
#[derive(Debug, Args)]
pub(super) struct Validate {
    /// Validation files (`.yaml`), schemas (`.zed`), and directories, of which all such files are taken
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    #[arg(
        long,
        value_name = "FILE",
        help = "Write what was found as JUnit XML, a test case for each assertion and each expected subject"
    )]
    junit: Option<PathBuf>,
    /// Files that are checked at once; by itself, one for each core
    #[arg(long, env = "ARROWROOT_VALIDATE_JOBS", value_name = "COUNT", value_parser = clap::value_parser!(u16).range(1..=256))]
    jobs: Option<u16>,
    #[command(flatten)]
    output: OutputFlags,
}

impl Validate {
    pub(super) fn run(self) -> Result<ExitCode, Box<dyn Error>> {
        let files = files::collect(&self.paths)?;
        let mut reporter = Reporter::new(self.output.open(), self.junit.is_some());
        running::run(&files, self.jobs.map(usize::from), self.junit.is_some(), |checked| {
            reporter.take(checked)
        })?;
        if let Some(file) = &self.junit {
            reporter.junit().write(file)?;
        }
        let summary = reporter.finish()?;
        if summary.files == 0 {
            // A directory that was named by mistake must not look like one in which all is well.
            let paths: Vec<_> = self.paths.iter().map(|path| path.display().to_string()).collect();
            return Err(format!("{}: no validation file and no schema is there", paths.join(", ")).into());
        }
        Ok(match (summary.broken, summary.failed) {
            (0, 0) => ExitCode::SUCCESS,
            (0, _) => ExitCode::from(FAILED),
            _ => ExitCode::from(ERROR),
        })
    }
}
