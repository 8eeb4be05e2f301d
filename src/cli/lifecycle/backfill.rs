//! `arrowroot lifecycle backfill`.

mod batches;
mod form;
mod position;
mod report;
mod sending;

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use crate::cli::client::{Connection, LifecycleCalls};
use crate::cli::duration::Duration;

use position::Position;
use report::Report;
use sending::{Ended, Sending};

/// Register what an application had before it registered what it makes.
///
/// Each line of the file is a resource: {"resource": {"type": "task", "selector": "t1"}, "owner": {"type": "user", "id":
/// "ana"}, "account": "acme", "parent": {"type": "agent", "selector": "planner"}}, with `null` for no parent. What is
/// registered already stays as it is, and what was deregistered stays out, so that the command can be run again at any
/// time. It goes on where it was broken off: FILE.progress says where that is.
///
/// Exits with 0 if every line is accounted for, 1 if some mean nothing or are refused, and 2 if the server does not
/// answer: run it again.
#[derive(Debug, Args)]
pub(super) struct Backfill {
    /// The file, or - for standard input
    file: PathBuf,
    /// Tell what would be done, and do nothing
    #[arg(long)]
    dry_run: bool,
    /// Begin at the beginning, wherever an earlier run was broken off
    #[arg(long)]
    from_start: bool,
    /// How long a server that does not answer is asked again
    #[arg(long, default_value = "1m", value_name = "DURATION")]
    retry_for: Duration,
    #[command(flatten)]
    connection: Connection,
}

impl Backfill {
    pub(super) fn run(self) -> Result<ExitCode, Box<dyn Error>> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let calls = {
            let _within = runtime.enter();
            LifecycleCalls::new(&self.connection, self.retry_for.0)?
        };
        let mut position = if self.dry_run {
            Position::unkept()
        } else {
            Position::of(&self.file, &self.connection.endpoint()?, self.from_start)?
        };
        let mut report = Report::new(&self.file, self.dry_run, &position);
        let sending = Sending { calls, is_dry_run: self.dry_run };
        let ended = runtime.block_on(sending.run(&self.file, &mut position, &mut report));
        // A thread that waits for standard input is not waited for.
        runtime.shutdown_background();
        if matches!(ended, Ended::Done) {
            position.forget();
        }
        report.finish(&position);
        Ok(match ended {
            Ended::Done if position.counts.is_clean() => ExitCode::SUCCESS,
            Ended::Done => ExitCode::FAILURE,
            Ended::Interrupted => {
                report.say("interrupted: run the command again to go on");
                ExitCode::from(super::INTERRUPTED)
            }
            Ended::Failed(error) => {
                report.say(&format!("{error}; run the command again to go on"));
                ExitCode::from(super::UNFINISHED)
            }
        })
    }
}
