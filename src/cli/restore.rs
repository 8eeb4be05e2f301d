//! `arrowroot restore`.

mod directory;
mod server;

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use serde::Serialize;

use super::client::Connection;
use super::interrupt;
use super::output::{Output, OutputFlags, OutputFormat};
use super::progress::ProgressFlag;
use crate::backup::{Summary, verify};

/// Restore a backup into an empty server or a new directory.
///
/// The file is read to its end before anything is written: one that was cut short, altered, or written by a newer arrowroot
/// is refused. Into a server, arrowroot's or any other of authzed.api.v1, a backup goes only if that has no relationships,
/// and no other schema. With --datastore-path it goes into a directory of which no server is using the store; it is complete
/// or not there.
#[derive(Debug, Args)]
pub(super) struct Restore {
    /// The backup
    file: PathBuf,
    /// Read the backup to its end, tell what it is, and write nothing
    #[arg(long, conflicts_with_all = ["datastore_path", "replace"])]
    verify_only: bool,
    /// Restore into this directory instead of a server
    #[arg(long, value_name = "DIRECTORY")]
    datastore_path: Option<PathBuf>,
    /// Put what the directory holds aside, under its name with `.before-` and the time, damaged or not
    #[arg(long, requires = "datastore_path")]
    replace: bool,
    #[command(flatten)]
    progress: ProgressFlag,
    #[command(flatten)]
    output: OutputFlags,
    #[command(flatten)]
    connection: Connection,
}

impl Restore {
    pub(super) fn run(self) -> Result<ExitCode, Box<dyn Error>> {
        let mut output = self.output.open();
        let summary = self.verify()?;
        if self.verify_only {
            tell(&mut output, "a whole backup", &summary)?;
            return Ok(ExitCode::SUCCESS);
        }
        if let Some(directory) = &self.datastore_path {
            let aside = directory::restore(&self.file, &summary, directory, self.replace, self.progress)?;
            tell(&mut output, "restored", &summary)?;
            if let Some(aside) = aside {
                let line = format!("what was in {} is now in {}", directory.display(), aside.display());
                self.progress.start(None).say(&line);
            }
            return Ok(ExitCode::SUCCESS);
        }
        let restored = server::restore(&self.file, &summary, &self.connection, self.progress)?;
        if restored.is_some() {
            return Ok(interrupt::status());
        }
        tell(&mut output, "restored", &summary)?;
        Ok(ExitCode::SUCCESS)
    }

    /// Reads the backup to its end.
    fn verify(&self) -> Result<Summary, Box<dyn Error>> {
        let problem = |problem: &dyn std::fmt::Display| format!("{}: {problem}", self.file.display());
        let bytes = std::fs::metadata(&self.file).map_err(|error| problem(&error))?.len();
        let progress = self.progress.start(Some(bytes));
        let verified = verify(&self.file, &mut |offset| progress.advance(offset, offset, "bytes verified"));
        progress.finish();
        Ok(verified.map_err(|error| problem(&error))?)
    }
}

#[derive(Debug, Serialize)]
struct Told<'summary> {
    outcome: &'static str,
    relationships: u64,
    counters: Option<u64>,
    schema_bytes: u64,
    revision: Option<u64>,
    store: Option<&'summary str>,
    token: &'summary str,
    source: &'summary str,
    created_at: &'summary str,
    created_by: &'summary str,
    bytes: u64,
    sha256: String,
}

fn tell(output: &mut Output, outcome: &'static str, summary: &Summary) -> Result<(), Box<dyn Error>> {
    let Summary { header, totals, file_bytes, .. } = summary;
    let told = Told {
        outcome,
        relationships: totals.relationships,
        counters: header.has_counters.then_some(totals.counters),
        schema_bytes: totals.schema_bytes,
        revision: header.revision,
        store: header.store.as_deref(),
        token: &header.token,
        source: &header.source,
        created_at: &header.created_at,
        created_by: &header.created_by,
        bytes: *file_bytes,
        sha256: summary.digest_text(),
    };
    match output.format() {
        OutputFormat::Json => output.json(&told)?,
        OutputFormat::Text => {
            output.line(format_args!("{outcome}"))?;
            let revision =
                told.revision.map_or_else(|| told.token.to_owned(), |revision| revision.to_string());
            let counters =
                told.counters.map_or_else(|| "not in it".to_owned(), |counters| counters.to_string());
            for (name, value) in [
                ("relationships", told.relationships.to_string()),
                ("counters", counters),
                ("schema", format!("{} bytes", told.schema_bytes)),
                ("revision", revision),
                ("store", told.store.unwrap_or("unknown").to_owned()),
                ("taken from", told.source.to_owned()),
                ("taken at", told.created_at.to_owned()),
                ("written by", told.created_by.to_owned()),
                ("bytes", told.bytes.to_string()),
                ("sha256", told.sha256),
            ] {
                output.line(format_args!("  {name:<14} {value}"))?;
            }
        }
    }
    Ok(output.flush()?)
}
