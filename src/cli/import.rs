//! `arrowroot import`.

mod batches;
mod checking;
mod kept;
mod sending;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use serde::{Deserialize, Serialize};

use super::client::{BulkCalls, Connection};
use super::duration::Duration;
use super::formats::FormatFlags;
use super::interrupt;
use super::output::{Output, OutputFlags, OutputFormat};
use super::problems;
use super::progress::ProgressFlag;

use checking::Checked;
use kept::{Counts, Kept, KeptFile};
use sending::{Ended, Sending};

/// Relationships in one transaction, if nothing else is said.
const BATCH_SIZE: u32 = 20_000;
const BATCH_SIZE_MAX: i64 = 1_000_000;

/// Import relationships from files into any authzed.api.v1 server.
///
/// Relationships stand in the files one a line as text (`agent:planner#owner@user:ana`), as JSON, or in the columns of a CSV
/// file; files whose names end in `.zst` are unpacked. A file is read to its end before anything is sent: if a line is
/// wrong, nothing of any file is imported. Standard input is checked as it is sent.
///
/// Relationships are created in batches, each one transaction. FILE.progress says how far it has come: with --resume, an
/// import that was broken off goes on there, and what was sent without an answer is not created twice.
#[derive(Debug, Args)]
pub(super) struct Import {
    /// The files, or - for standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    format: FormatFlags,
    /// What becomes of a relationship that is there already
    #[arg(long, default_value = "fail", value_name = "WHAT")]
    on_conflict: OnConflict,
    /// Relationships in one transaction, at most
    #[arg(
        long,
        default_value_t = BATCH_SIZE,
        value_parser = clap::value_parser!(u32).range(1..=BATCH_SIZE_MAX),
        value_name = "COUNT"
    )]
    batch_size: u32,
    /// Go on where an earlier run was broken off
    #[arg(long)]
    resume: bool,
    /// Begin at the beginning, wherever an earlier run was broken off
    #[arg(long, conflicts_with = "resume")]
    from_start: bool,
    /// How long a server that does not answer is asked again
    #[arg(long, default_value = "1m", value_name = "DURATION")]
    retry_for: Duration,
    #[command(flatten)]
    progress: ProgressFlag,
    #[command(flatten)]
    output: OutputFlags,
    #[command(flatten)]
    connection: Connection,
}

/// What becomes of a relationship that is there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum OnConflict {
    /// The import ends with its batch, of which nothing is created.
    Fail,
    /// It stays as it is.
    Skip,
    /// It gets the caveat and the expiration that the file has.
    Touch,
}

impl Import {
    pub(super) fn run(self) -> Result<ExitCode, Box<dyn Error>> {
        let mut output = self.output.open();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let calls = {
            let _within = runtime.enter();
            BulkCalls::new(&self.connection)?
        };
        let mut kept = self.files.iter().map(|file| self.kept(file)).collect::<Result<Vec<_>, _>>()?;
        let checked = self.check(&kept)?;
        let mut total = Counts::default();
        for ((file, kept), checked) in self.files.iter().zip(&mut kept).zip(checked) {
            if !kept.is_done() {
                let sending = Sending {
                    calls: calls.clone(),
                    file,
                    form: self.format.form(file),
                    on_conflict: self.on_conflict,
                    batch_size: kept.batch_size(),
                    patience: self.retry_for.0,
                    progress: self.progress.start(checked.as_ref().map(|checked| checked.bytes)),
                };
                let ended = runtime.block_on(sending.run(kept));
                sending.progress.finish();
                match ended {
                    Ended::Done => kept.finish()?,
                    Ended::Interrupted => return Ok(interrupted(&sending, kept)),
                    Ended::Failed(failure) => {
                        // A thread that waits for standard input is not waited for.
                        runtime.shutdown_background();
                        if kept.records() == 0 && !failure.is_uncertain {
                            kept.forget()?;
                            return Err(format!("{}; nothing of it is imported", failure.problem).into());
                        }
                        return Err(format!("{}{}", failure.problem, rest(kept)).into());
                    }
                }
                sending.tell(kept);
            }
            total.add(kept.counts());
        }
        kept.iter().try_for_each(KeptFile::forget)?;
        runtime.shutdown_background();
        print(&mut output, total)?;
        Ok(ExitCode::SUCCESS)
    }

    /// How far an earlier run has come with a file.
    fn kept(&self, file: &Path) -> Result<KeptFile, Box<dyn Error>> {
        let fresh = Kept::new(
            self.connection.endpoint()?,
            self.format.form(file).describe(),
            self.on_conflict,
            self.batch_size,
        );
        Ok(KeptFile::open(file, fresh, self.resume, self.from_start)?)
    }

    /// Reads all files to their ends; nothing for standard input.
    fn check(&self, kept: &[KeptFile]) -> Result<Vec<Option<Checked>>, Box<dyn Error>> {
        let mut problems = problems::Problems::default();
        let mut all = Vec::new();
        for (file, kept) in self.files.iter().zip(kept) {
            if file.as_os_str() == "-" {
                all.push(None);
                continue;
            }
            let checked = checking::check(file, &self.format.form(file), kept, self.progress, &mut problems)?;
            all.push(Some(checked));
        }
        if problems.count() > 0 {
            problems.print();
            let (lines, were) = if problems.count() == 1 { ("1 line", "is") } else { ("lines", "are") };
            let count = if problems.count() == 1 { String::new() } else { format!("{} ", problems.count()) };
            return Err(format!("{count}{lines} {were} wrong: nothing was imported").into());
        }
        Ok(all)
    }
}

fn interrupted(sending: &Sending<'_>, kept: &KeptFile) -> ExitCode {
    sending.progress.say(&format!("interrupted{}", rest(kept)));
    interrupt::status()
}

/// What was done, and how to go on.
fn rest(kept: &KeptFile) -> String {
    let done = kept.counts().done();
    match (kept.is_kept(), done) {
        (false, done) => format!("; {done} relationships were imported before"),
        (true, 0) => "; nothing is known to be imported; run the command again with --resume".to_owned(),
        (true, done) => {
            format!("; {done} relationships are imported; run the command again with --resume to go on")
        }
    }
}

fn print(output: &mut Output, total: Counts) -> Result<(), Box<dyn Error>> {
    match output.format() {
        OutputFormat::Json => output.json(&total)?,
        OutputFormat::Text => {
            let Counts { created, touched, skipped } = total;
            output.line(format_args!("created {created}, touched {touched}, skipped {skipped}"))?;
        }
    }
    Ok(output.flush()?)
}
