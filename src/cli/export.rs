//! `arrowroot export`.

mod kept;
mod target;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;

use super::client::{BulkCalls, CallError, Connection, ExportRequest, ExportedPart};
use super::duration;
use super::formats::{Encoder, FormatFlags};
use super::interrupt::{self, unless_interrupted};
use super::patience::Patience;
use super::progress::{Progress, ProgressFlag};

use kept::Kept;
use target::Target;

/// Export relationships from any authzed.api.v1 server to a file or standard output.
///
/// All of them are of one revision, whatever is written meanwhile. FILE has its name when it is complete; until then, what
/// there is of it is FILE.partial, and FILE.progress says how far that is: with --resume, an export that was broken off goes
/// on there, at the same revision. A name that ends in `.zst` compresses the file.
#[derive(Debug, Args)]
pub(super) struct Export {
    /// The file; standard output if there is none, or for -
    file: Option<PathBuf>,
    #[command(flatten)]
    format: FormatFlags,
    /// Export relationships of resources of this type only
    #[arg(long, value_name = "TYPE")]
    resource_type: Option<String>,
    /// Go on where an earlier run was broken off
    #[arg(long)]
    resume: bool,
    /// Replace a file that is there already, and forget an earlier run that was broken off
    #[arg(long, conflicts_with = "resume")]
    overwrite: bool,
    /// How long a server that does not answer is asked again
    #[arg(long, default_value = "1m", value_name = "DURATION")]
    retry_for: duration::Duration,
    #[command(flatten)]
    progress: ProgressFlag,
    #[command(flatten)]
    connection: Connection,
}

impl Export {
    pub(super) fn run(self) -> Result<ExitCode, Box<dyn Error>> {
        let stdout = Path::new("-");
        let file = self.file.as_deref().unwrap_or(stdout);
        let form = self.format.form(file);
        let encoder = Encoder::new(&form)?;
        let fresh = Kept::new(self.connection.endpoint()?, form.describe(), self.resource_type.clone());
        let mut target = Target::open(file, fresh, self.resume, self.overwrite)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let calls = {
            let _within = runtime.enter();
            BulkCalls::new(&self.connection)?
        };
        let progress = self.progress.start(None);
        let exported = unless_interrupted(self.export(&calls, &encoder, &mut target, &progress));
        let exported = runtime.block_on(exported);
        progress.finish();
        match exported {
            Some(Ok(())) => {
                let (count, bytes) = (target.count(), target.finish()?);
                progress.say(&format!("{count} relationships, {bytes} bytes in {}", progress.pace(count)));
                Ok(ExitCode::SUCCESS)
            }
            Some(Err(error)) => {
                let hint = target.leave()?;
                // Whoever read standard output has seen enough.
                if error.downcast_ref::<super::output::OutputError>().is_some() {
                    return Err(error);
                }
                Err(format!("{error}{hint}").into())
            }
            None => {
                let hint = target.leave()?;
                progress.say(&format!("interrupted{hint}"));
                Ok(interrupt::status())
            }
        }
    }

    async fn export(
        &self,
        calls: &BulkCalls,
        encoder: &Encoder,
        target: &mut Target,
        progress: &Progress,
    ) -> Result<(), Box<dyn Error>> {
        if target.count() == 0 && !target.is_begun() {
            target.write(&encoder.header()?)?;
        }
        let mut patience = Patience::new(self.retry_for.0);
        loop {
            let before = target.count();
            let error = match self.stream(calls, encoder, target, progress).await {
                Ok(()) => return Ok(()),
                Err(Problem::Call(error)) => error,
                Err(Problem::Target(error)) => return Err(error),
            };
            if target.count() > before {
                patience = Patience::new(self.retry_for.0);
            }
            let waited = patience.wait(error).await;
            waited.map_err(|error| explained(&error, target.is_resumed()))?;
        }
    }

    /// Takes what one call gives, from where it was left.
    async fn stream(
        &self,
        calls: &BulkCalls,
        encoder: &Encoder,
        target: &mut Target,
        progress: &Progress,
    ) -> Result<(), Problem> {
        let request = ExportRequest {
            token: None,
            cursor: target.cursor().map(ToOwned::to_owned),
            resource_type: self.resource_type.clone(),
        };
        let mut export = calls.export(&request).await?;
        while let Some(ExportedPart { relationships, cursor }) = export.next().await? {
            let lines = encoder.encode(&relationships).map_err(|error| Problem::Target(error.into()))?;
            target.write(&lines).map_err(Problem::Target)?;
            target.advance(relationships.len() as u64, cursor).map_err(Problem::Target)?;
            progress.advance(target.bytes(), target.count(), "relationships");
        }
        Ok(())
    }
}

enum Problem {
    /// The server's side. Some such can be overcome.
    Call(CallError),
    /// This side.
    Target(Box<dyn Error>),
}

impl From<CallError> for Problem {
    fn from(error: CallError) -> Self {
        Self::Call(error)
    }
}

/// What is said of an export that cannot go on.
fn explained(error: &CallError, is_resumed: bool) -> String {
    if is_resumed && !error.is_temporary() {
        return format!(
            "{error}; if the server no longer has the revision that the export was begun at, begin anew with --overwrite"
        );
    }
    error.to_string()
}
