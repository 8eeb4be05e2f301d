//! Sends batches, one after another, and keeps how far that has come.

use std::path::Path;
use std::time::Duration;

use crate::cli::client::{BulkCalls, CallError, CreateError, WireRelationship, WriteMode};
use crate::cli::formats::Form;
use crate::cli::interrupt::unless_interrupted;
use crate::cli::patience::Patience;
use crate::cli::problems;
use crate::cli::progress::Progress;

use super::OnConflict;
use super::batches::{self, Batch, Read};
use super::kept::{Counts, KeptFile};

/// How the import of one file ended.
#[derive(Debug)]
pub(super) enum Ended {
    Done,
    Interrupted,
    Failed(Failure),
}

/// Why it ended too early.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) problem: String,
    /// Whether a batch may have been taken whose answer is lost.
    pub(super) is_uncertain: bool,
}

impl Failure {
    fn certain(problem: &impl ToString) -> Self {
        Self { problem: problem.to_string(), is_uncertain: false }
    }
}

/// The import of one file.
pub(super) struct Sending<'import> {
    pub(super) calls: BulkCalls,
    pub(super) file: &'import Path,
    pub(super) form: Form,
    pub(super) on_conflict: OnConflict,
    pub(super) batch_size: u32,
    pub(super) patience: Duration,
    pub(super) progress: Progress,
}

impl Sending<'_> {
    /// Sends the file from where it was left.
    pub(super) async fn run(&self, kept: &mut KeptFile) -> Ended {
        match unless_interrupted(self.send_all(kept)).await {
            Some(Ok(())) => Ended::Done,
            Some(Err(problem)) => Ended::Failed(problem),
            None => Ended::Interrupted,
        }
    }

    /// Says what became of the file, where nobody has seen a bar.
    pub(super) fn tell(&self, kept: &KeptFile) {
        let done = kept.counts().done();
        let name = problems::name(self.file);
        self.progress.say(&format!("{name}: {done} relationships in {}", self.progress.pace(done)));
    }

    async fn send_all(&self, kept: &mut KeptFile) -> Result<(), Failure> {
        let name = problems::name(self.file);
        let unreadable = |error: std::io::Error| Failure::certain(&format!("{name} cannot be read: {error}"));
        let read = batches::read(self.file, &self.form, self.batch_size, kept.records());
        let mut read = read.map_err(unreadable)?;
        kept.begin().map_err(|error| Failure::certain(&error))?;
        // What an earlier run has sent without an answer may be there: all of it, since each batch is one transaction.
        let mut may_be_there = kept.is_resumed();
        while let Some(read) = read.recv().await {
            let batch = match read {
                Read::Batch(batch) => batch,
                Read::Wrong(problems) => {
                    self.progress.finish();
                    problems.print();
                    return Err(Failure::certain(&format!("{} of its lines are wrong", problems.count())));
                }
                Read::Unreadable(error) => return Err(unreadable(error)),
            };
            let counts = self.send(&batch, &mut may_be_there).await;
            let counts = counts.map_err(|error| self.failure(&batch, error))?;
            let count = batch.relationships.len() as u64;
            let place = (batch.lines.1, batch.checksum);
            kept.advance(count, place, counts).map_err(|error| Failure::certain(&error))?;
            self.progress.advance(batch.read_bytes, kept.records(), "relationships");
        }
        Ok(())
    }

    fn failure(&self, batch: &Batch, error: CreateError) -> Failure {
        let (name, (first, last)) = (problems::name(self.file), batch.lines);
        let hint = match error {
            CreateError::AlreadyExists(_) => "; `--on-conflict skip` leaves such as they are",
            CreateError::Call(_) => "",
        };
        let error = error.into_call();
        let problem = format!("{name}, lines {first} to {last}: {error}{hint}");
        Failure { problem, is_uncertain: error.is_temporary() }
    }

    /// Sends a batch until there is an answer.
    async fn send(&self, batch: &Batch, may_be_there: &mut bool) -> Result<Counts, CreateError> {
        let mut patience = Patience::new(self.patience);
        loop {
            match self.attempt(batch, may_be_there).await {
                Err(CreateError::Call(error)) => patience.wait(error).await.map_err(CreateError::Call)?,
                done => return done,
            }
            // It may have been done, though nobody could say so any more.
            *may_be_there = true;
        }
    }

    async fn attempt(&self, batch: &Batch, may_be_there: &mut bool) -> Result<Counts, CreateError> {
        let all = &batch.relationships;
        let count = all.len() as u64;
        if self.on_conflict == OnConflict::Touch {
            for some in batches::writes(all) {
                self.calls.write(WriteMode::Touch, some).await?;
            }
            return Ok(Counts { touched: count, ..Counts::default() });
        }
        let created = Counts { created: count, ..Counts::default() };
        match (self.calls.import(all).await, self.on_conflict) {
            (Ok(_), _) => {
                *may_be_there = false;
                Ok(created)
            }
            (Err(CreateError::AlreadyExists(_)), OnConflict::Skip) => {
                self.create_missing(all).await.map_err(CreateError::Call)
            }
            (Err(CreateError::AlreadyExists(conflict)), _) => {
                if *may_be_there && self.are_there(all).await.map_err(CreateError::Call)? {
                    Ok(created)
                } else {
                    Err(CreateError::AlreadyExists(conflict))
                }
            }
            (Err(error), _) => Err(error),
        }
    }

    async fn are_there(&self, all: &[WireRelationship]) -> Result<bool, CallError> {
        for some in batches::writes(all) {
            if !self.calls.are_there(some).await? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Creates what is not there: halves what is there in part, until it is there or not.
    async fn create_missing(&self, all: &[WireRelationship]) -> Result<Counts, CallError> {
        let mut counts = Counts::default();
        // The first one last.
        let mut open = batches::writes(all);
        open.reverse();
        while let Some(some) = open.pop() {
            let count = some.len() as u64;
            match self.calls.write(WriteMode::Create, some).await {
                Ok(()) => counts.created += count,
                Err(CreateError::Call(error)) => return Err(error),
                Err(CreateError::AlreadyExists(_)) if some.len() == 1 => counts.skipped += 1,
                Err(CreateError::AlreadyExists(_)) => {
                    if self.calls.are_there(some).await? {
                        counts.skipped += count;
                    } else {
                        let (first, second) = some.split_at(some.len() / 2);
                        open.extend([second, first]);
                    }
                }
            }
        }
        Ok(counts)
    }
}
