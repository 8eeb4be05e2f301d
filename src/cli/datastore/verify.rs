//! `arrowroot datastore verify`.

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use serde::Serialize;

use crate::cli::output::{OutputFlags, OutputFormat, styles};
use crate::cli::progress::ProgressFlag;
use crate::engine::{Engine, VerifiedStore};

/// Read everything in the store, and tell whether it is what was written.
///
/// Every segment of the checkpoint and every transaction is read, with its checksums, and the graph is loaded as a server
/// would. Like a server's start, it removes what a crash has left unfinished. Exits with 0 if all is well, 1 if something is
/// damaged, and 2 if it could not be read, because a server has it open or the disk fails.
#[derive(Debug, Args)]
pub(super) struct Verify {
    /// The directory of the store
    #[arg(
        long,
        env = "ARROWROOT_DATASTORE_PATH",
        default_value = "./arrowroot-data",
        value_name = "DIRECTORY"
    )]
    datastore_path: PathBuf,
    #[command(flatten)]
    progress: ProgressFlag,
    #[command(flatten)]
    output: OutputFlags,
}

#[derive(Debug, Serialize)]
#[serde(tag = "outcome", rename_all = "lowercase")]
enum Told {
    Whole {
        revision: u64,
        checkpoint_revision: Option<u64>,
        checkpoint_segments: Option<u32>,
        transactions: u64,
        changes: u64,
        relationships: u64,
    },
    Damaged {
        problem: String,
    },
}

impl Verify {
    pub(super) fn run(self) -> Result<ExitCode, Box<dyn Error>> {
        let mut output = self.output.open();
        let progress = self.progress.start(None);
        let verified = Engine::verify_store(&self.datastore_path, &mut |what, count| {
            if count.is_multiple_of(1024) || what == "segments" {
                progress.advance(0, count, what);
            }
        });
        progress.finish();
        let told = match verified {
            Ok(VerifiedStore { revision, checkpoint, transactions, changes, relationships }) => Told::Whole {
                revision: revision.0,
                checkpoint_revision: checkpoint.map(|(revision, _)| revision.0),
                checkpoint_segments: checkpoint.map(|(_, segments)| segments),
                transactions,
                changes,
                relationships,
            },
            Err(error) if error.is_damage() => Told::Damaged { problem: error.to_string() },
            Err(error) => return Err(error.into()),
        };
        match (&told, output.format()) {
            (_, OutputFormat::Json) => output.json(&told)?,
            (Told::Whole { revision, transactions, changes, relationships, .. }, OutputFormat::Text) => {
                let (good, end) = (styles::GRANTED, styles::GRANTED.render_reset());
                output.line(format_args!(
                    "{good}whole{end}: revision {revision}, {relationships} relationships, {transactions} transactions \
                     with {changes} changes"
                ))?;
            }
            (Told::Damaged { problem }, OutputFormat::Text) => {
                let (bad, end) = (styles::DENIED, styles::DENIED.render_reset());
                output.line(format_args!("{bad}damaged{end}: {problem}"))?;
            }
        }
        output.flush()?;
        Ok(if matches!(told, Told::Whole { .. }) { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}
