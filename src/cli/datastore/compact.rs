//! `arrowroot datastore compact`.

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use serde::Serialize;

use crate::cli::duration::Duration;
use crate::cli::output::{OutputFlags, OutputFormat};
use crate::engine::Engine;

/// Write a checkpoint now, and leave behind what is no longer needed.
///
/// The newest state goes into a new generation, beside the one that counts, which is deleted when the new one is complete.
/// The next start then reads no transactions. It needs room on the disk for both.
#[derive(Debug, Args)]
pub(super) struct Compact {
    /// The directory of the store
    #[arg(
        long,
        env = "ARROWROOT_DATASTORE_PATH",
        default_value = "./arrowroot-data",
        value_name = "DIRECTORY"
    )]
    datastore_path: PathBuf,
    /// How long the past can be asked for and watched from; what is older is left behind
    #[arg(long, env = "ARROWROOT_DATASTORE_GC_WINDOW", default_value = "24h", value_name = "DURATION")]
    datastore_gc_window: Duration,
    #[command(flatten)]
    output: OutputFlags,
}

#[derive(Debug, Serialize)]
struct Told {
    revision: u64,
    bytes_before: u64,
    bytes_after: u64,
}

impl Compact {
    pub(super) fn run(self) -> Result<ExitCode, Box<dyn Error>> {
        let mut output = self.output.open();
        let bytes = || Ok::<_, Box<dyn Error>>(Engine::inspect_store(&self.datastore_path)?.disk_bytes);
        let bytes_before = bytes()?;
        let revision = Engine::compact_store(&self.datastore_path, self.datastore_gc_window.0)??.0;
        let told = Told { revision, bytes_before, bytes_after: bytes()? };
        match output.format() {
            OutputFormat::Json => output.json(&told)?,
            OutputFormat::Text => output.line(format_args!(
                "compacted at revision {revision}: {bytes_before} bytes before, {} after",
                told.bytes_after
            ))?,
        }
        output.flush()?;
        Ok(ExitCode::SUCCESS)
    }
}
