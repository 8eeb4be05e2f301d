//! Sends batches, several at once, and counts them in their order.

use std::collections::VecDeque;
use std::io;
use std::path::Path;

use tokio::task::JoinHandle;

use crate::cli::client::{CallError, LifecycleCalls};
use crate::server::wire::lifecycle_v1 as v1;
use crate::server::wire::lifecycle_v1::backfill_result::Outcome;

use super::batches::{self, Batch};
use super::position::Position;
use super::report::Report;

/// Requests that wait for their answers at once.
const IN_FLIGHT_MAX: usize = 4;

/// How a backfill ended.
#[derive(Debug)]
pub(super) enum Ended {
    Done,
    Interrupted,
    Failed(String),
}

pub(super) struct Sending {
    pub(super) calls: LifecycleCalls,
    pub(super) is_dry_run: bool,
}

/// A batch on its way, and what came of it.
type Sent = JoinHandle<Result<(Batch, Vec<v1::BackfillResult>), CallError>>;

impl Sending {
    /// Sends the file from the position on. The position is that before which everything has been acknowledged.
    pub(super) async fn run(&self, file: &Path, position: &mut Position, report: &mut Report) -> Ended {
        tokio::select! {
            ended = self.send_all(file, position, report) => match ended {
                Ok(()) => Ended::Done,
                Err(problem) => Ended::Failed(problem),
            },
            _ = tokio::signal::ctrl_c() => Ended::Interrupted,
        }
    }

    async fn send_all(
        &self,
        file: &Path,
        position: &mut Position,
        report: &mut Report,
    ) -> Result<(), String> {
        let unreadable = |error: io::Error| format!("{} cannot be read: {error}", file.display());
        let mut batches = batches::read(file.to_owned(), position.place).map_err(unreadable)?;
        let mut in_flight: VecDeque<Sent> = VecDeque::new();
        let mut problem = None;
        loop {
            let is_full = in_flight.len() >= IN_FLIGHT_MAX;
            let next = if is_full || problem.is_some() { None } else { batches.recv().await };
            match next {
                Some(Ok(batch)) => in_flight.push_back(self.send(batch)),
                // What was read before it is sent all the same.
                Some(Err(error)) => problem = Some(unreadable(error)),
                None => {
                    let Some(sent) = in_flight.pop_front() else { return problem.map_or(Ok(()), Err) };
                    let (batch, results) =
                        sent.await.map_err(|error| error.to_string())?.map_err(|error| error.to_string())?;
                    count(&batch, &results, position, report);
                    if let Err(error) = position.keep() {
                        report.warn_unkept(&error);
                    }
                }
            }
        }
    }

    fn send(&self, mut batch: Batch) -> Sent {
        let (calls, dry_run) = (self.calls.clone(), self.is_dry_run);
        tokio::spawn(async move {
            let resources = std::mem::take(&mut batch.resources);
            if resources.is_empty() {
                return Ok((batch, Vec::new()));
            }
            let answer = calls.backfill(v1::BackfillRequest { resources, dry_run }).await?;
            if answer.results.len() != batch.lines.len() {
                return Err(CallError::Answer("it does not say what became of every resource"));
            }
            Ok((batch, answer.results))
        })
    }
}

fn count(batch: &Batch, results: &[v1::BackfillResult], position: &mut Position, report: &mut Report) {
    let counts = &mut position.counts;
    let mut complaints: Vec<_> =
        batch.malformed.iter().map(|(line, message)| (*line, message.as_str())).collect();
    counts.invalid += complaints.len() as u64;
    for (line, result) in batch.lines.iter().zip(results) {
        let count = match result.outcome() {
            Outcome::Registered => &mut counts.registered,
            Outcome::Unchanged => &mut counts.unchanged,
            Outcome::Kept => &mut counts.kept,
            Outcome::Deregistered => &mut counts.deregistered,
            Outcome::Refused => {
                complaints.push((*line, &result.message));
                &mut counts.refused
            }
            Outcome::Invalid | Outcome::Unspecified => {
                complaints.push((*line, &result.message));
                &mut counts.invalid
            }
        };
        *count += 1;
    }
    position.place = batch.end;
    complaints.sort_unstable_by_key(|(line, _)| *line);
    for (line, message) in complaints {
        report.complain(line, message);
    }
    report.advance(position.place);
}
