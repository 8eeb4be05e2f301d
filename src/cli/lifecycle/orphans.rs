//! `arrowroot lifecycle orphans`.

mod living;
mod print;

use std::error::Error;
use std::fs;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration as Span, SystemTime};

use clap::Args;

use crate::cli::client::{self, CallError, Connection, LifecycleCalls, WireDuration};
use crate::cli::duration::Duration;
use crate::server::wire::lifecycle_v1 as v1;

use print::{Output, Printer};

/// Orphans that are removed at once.
const BATCH_MAX: usize = 1000;

/// List, and remove, what is registered and should no longer be.
///
/// That is what the application does not have, and what is closed since its parent is gone.
///
/// Exits with 0 if all was listed or removed, and 2 if the server does not answer: run it again.
#[derive(Debug, Args)]
pub(super) struct Orphans {
    /// The type of the resources, as the profile has it
    #[arg(long = "type", value_name = "TYPE")]
    kind: String,
    /// Only those of one account
    #[arg(long, value_name = "ACCOUNT")]
    account: Option<String>,
    /// How long ago they must have been registered, at the least; with a file of what lives, before that was written
    #[arg(long, default_value = "1h", value_name = "DURATION")]
    older_than: Duration,
    /// What the application has, one selector a line; - for standard input. Without it, only what lost its parent is told
    #[arg(long, value_name = "FILE")]
    living: Option<PathBuf>,
    /// How orphans are printed
    #[arg(long, value_enum, default_value = "text")]
    output: Output,
    /// Deregister them, and print what was deregistered
    #[arg(long)]
    remove: bool,
    /// How long a server that does not answer is asked again to remove some
    #[arg(long, default_value = "1m", value_name = "DURATION")]
    retry_for: Duration,
    #[command(flatten)]
    connection: Connection,
}

/// Why there is no complete list.
#[derive(Debug, thiserror::Error)]
enum OrphansError {
    #[error(transparent)]
    Call(#[from] CallError),
    #[error(transparent)]
    Living(#[from] living::LivingError),
    #[error(transparent)]
    Output(#[from] io::Error),
}

impl Orphans {
    pub(super) fn run(self) -> Result<ExitCode, Box<dyn Error>> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let calls = {
            let _within = runtime.enter();
            LifecycleCalls::new(&self.connection, self.retry_for.0)?
        };
        let age = self.age()?;
        if self.remove && self.living.is_none() {
            say("without --living, only what lost its parent is removed");
        }
        let result = runtime.block_on(self.work(&calls, age));
        runtime.shutdown_background();
        match result {
            // Whoever reads wants no more.
            Err(OrphansError::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => {
                Ok(ExitCode::SUCCESS)
            }
            Err(OrphansError::Call(error)) => {
                say(&format!("{error}; the list is not complete: run the command again"));
                Ok(ExitCode::from(super::UNFINISHED))
            }
            result => Ok(result.map(|()| ExitCode::SUCCESS)?),
        }
    }

    /// The least age: what was registered after the list of what lives had been written cannot be on it.
    fn age(&self) -> Result<Span, living::LivingError> {
        let Some(file) = self.living.as_ref().filter(|file| file.as_os_str() != "-") else {
            return Ok(self.older_than.0);
        };
        let unreadable = |error| living::LivingError::Unreadable { file: file.clone(), error };
        let written = fs::metadata(file).and_then(|file| file.modified()).map_err(unreadable)?;
        let since = SystemTime::now().duration_since(written).unwrap_or_default();
        Ok(self.older_than.0.saturating_add(since))
    }

    async fn work(&self, calls: &LifecycleCalls, age: Span) -> Result<(), OrphansError> {
        let older_than = client::wire_duration(age);
        let selection = v1::OrphanSelection {
            resource_type: self.kind.clone(),
            account: self.account.clone().unwrap_or_default(),
            older_than: Some(older_than),
        };
        let (parts, unreadable) = living::parts(selection, self.living.as_deref())?;
        let orphans = tokio::select! {
            // What could not be read must not count as not living.
            biased;
            error = unreadable => return Err(error.into()),
            orphans = calls.list_orphans(parts) => orphans?,
        };
        let mut orphans = orphans;
        let mut printer = Printer::new(self.output);
        let mut batch = Vec::new();
        while let Some(orphan) = orphans.next().await? {
            if self.remove {
                batch.push(orphan);
                if batch.len() == BATCH_MAX {
                    remove(calls, &mut batch, older_than, &mut printer).await?;
                }
            } else {
                printer.print(&orphan)?;
            }
        }
        if !batch.is_empty() {
            remove(calls, &mut batch, older_than, &mut printer).await?;
        }
        Ok(printer.finish()?)
    }
}

/// Removes a batch, and prints what was.
async fn remove(
    calls: &LifecycleCalls,
    batch: &mut Vec<v1::ListOrphansResponse>,
    older_than: WireDuration,
    printer: &mut Printer,
) -> Result<(), OrphansError> {
    let resources = batch.iter().filter_map(|orphan| orphan.resource.clone()).collect();
    let request = v1::ReconcileRequest { resources, older_than: Some(older_than) };
    let removed = calls.reconcile(request).await?.deregistered;
    // In the order of the request, so that one walk finds them all.
    let mut removed = removed.into_iter().peekable();
    for orphan in batch.drain(..) {
        if orphan.resource.is_some() && removed.peek() == orphan.resource.as_ref() {
            removed.next();
            printer.print(&orphan)?;
        }
    }
    Ok(())
}

fn say(message: &str) {
    // There is nobody to tell if the terminal is gone.
    let _ = writeln!(io::stderr(), "arrowroot: {message}");
}
