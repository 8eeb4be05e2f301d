//! A backup → a server that is empty.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::thread;

use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use crate::backup::{Part, Summary, open};
use crate::cli::client::{BulkCalls, CallError, Connection, CreateError, import_messages};
use crate::cli::interrupt::unless_interrupted;
use crate::cli::progress::{Progress, ProgressFlag};
use crate::relationship::{CounterName, Relationship, RelationshipFilter};

/// Relationships that are passed on together.
const COUNT: usize = 1000;
/// How many times that many are read ahead, and sent ahead.
const AHEAD_MAX: usize = 16;

#[derive(Debug, thiserror::Error)]
enum ServerError {
    #[error(
        "the server is not empty: it has relationships. Restore into an empty one, or with --datastore-path into a \
         directory"
    )]
    HasRelationships,
    #[error("the server is not empty: it has another schema than the backup. Restore into an empty one")]
    HasSchema,
    #[error("{error}; nothing was written")]
    NothingWritten { error: CallError },
    #[error("the schema is refused: {error}; nothing was written")]
    Schema { error: CallError },
    #[error("{problem}; the schema is written, and no relationship is: restore again once that is overcome")]
    OnlySchema { problem: String },
    #[error(
        "the server's answer to the import is lost: {error}; the schema is written, and either all relationships are or \
         none. Restore again: it is refused if they are there"
    )]
    Unknown { error: CallError },
    #[error("schema and relationships are restored, but not all counters: counter `{name}`: {error}")]
    Counter { name: CounterName, error: CallError },
}

/// Ended by Ctrl-C.
pub(super) struct Interrupted;

/// Loads a backup that was verified.
pub(super) fn restore(
    backup: &Path,
    verified: &Summary,
    connection: &Connection,
    progress: ProgressFlag,
) -> Result<Option<Interrupted>, Box<dyn Error>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let progress = progress.start(Some(verified.file_bytes));
    let outcome = runtime.block_on(async {
        let restoring =
            Restoring { calls: BulkCalls::new(connection)?, backup, verified, progress: &progress };
        unless_interrupted(restoring.run()).await.transpose().map_err(Box::<dyn Error>::from)
    });
    progress.finish();
    runtime.shutdown_background();
    if outcome?.is_some() {
        return Ok(None);
    }
    progress.say(
        "interrupted; if the schema is written already, relationships are not, but for the case that all are: restore \
         again, it is refused if they are there",
    );
    Ok(Some(Interrupted))
}

struct Restoring<'run> {
    calls: BulkCalls,
    backup: &'run Path,
    verified: &'run Summary,
    progress: &'run Progress,
}

/// What a thread reads of the backup.
enum Read {
    /// Before all relationships.
    Head {
        schema: String,
        counters: Vec<(CounterName, RelationshipFilter)>,
    },
    Relationships(Vec<Relationship>, u64),
    /// The whole backup was read, and is what was verified.
    End,
    Problem(String),
}

impl Restoring<'_> {
    async fn run(&self) -> Result<(), ServerError> {
        let mut parts = read(self.backup.to_owned(), self.verified.clone());
        let Some(Read::Head { schema, counters }) = parts.recv().await else {
            return Err(ServerError::OnlySchema { problem: "the backup cannot be read any more".to_owned() });
        };
        self.check_empty(&schema).await?;
        if !schema.is_empty() {
            self.calls.write_schema(schema).await.map_err(|error| ServerError::Schema { error })?;
        }
        if self.verified.totals.relationships > 0 {
            self.import(parts).await?;
        }
        // One may count what has been removed from the schema since, and then the API refuses it; the others it takes.
        let mut refused = None;
        for (name, filter) in &counters {
            if let Err(error) = self.calls.register_counter(name, filter).await {
                refused.get_or_insert(ServerError::Counter { name: name.clone(), error });
            }
        }
        refused.map_or(Ok(()), Err)
    }

    async fn check_empty(&self, schema: &str) -> Result<(), ServerError> {
        let nothing_written = |error| ServerError::NothingWritten { error };
        let there = self.calls.read_schema().await.map_err(nothing_written)?;
        if !self.calls.has_no_relationships().await.map_err(nothing_written)? {
            return Err(ServerError::HasRelationships);
        }
        match there {
            // Perhaps by a restore that was broken off. Some servers write it in a form of their own.
            Some(there) if there.text.split_whitespace().ne(schema.split_whitespace()) => {
                Err(ServerError::HasSchema)
            }
            _ => Ok(()),
        }
    }

    /// All relationships in one stream, which the server takes as one transaction. It only ends if the whole backup was
    /// seen once more to be right.
    async fn import(&self, mut parts: mpsc::Receiver<Read>) -> Result<(), ServerError> {
        let (sender, messages) = mpsc::channel(AHEAD_MAX);
        let (calls, stream) = (self.calls.clone(), ReceiverStream::new(messages));
        let importing = tokio::spawn(async move { calls.import_stream(stream).await });
        let mut count = 0;
        let problem = loop {
            match parts.recv().await {
                Some(Read::Relationships(some, bytes)) => {
                    count += some.len() as u64;
                    let mut is_taken = true;
                    for message in import_messages(some) {
                        is_taken &= sender.send(message).await.is_ok();
                    }
                    if !is_taken {
                        // The server has refused: the import's answer says why.
                        break None;
                    }
                    self.progress.advance(bytes, count, "relationships");
                }
                Some(Read::End) => break None,
                Some(Read::Problem(problem)) => break Some(problem),
                Some(Read::Head { .. }) | None => {
                    break Some("the backup cannot be read any more".to_owned());
                }
            }
        };
        if let Some(problem) = problem {
            // A stream that ends in order would be an import of what there is of it: this one never does.
            std::mem::forget(sender);
            importing.abort();
            return Err(ServerError::OnlySchema { problem });
        }
        drop(sender);
        let answer =
            importing.await.map_err(|error| ServerError::OnlySchema { problem: error.to_string() })?;
        match answer.map_err(CreateError::into_call) {
            Ok(loaded) if loaded == self.verified.totals.relationships => Ok(()),
            Ok(loaded) => Err(ServerError::OnlySchema {
                problem: format!("the server says that it has loaded {loaded} relationships of {count}"),
            }),
            Err(error) if error.is_temporary() => Err(ServerError::Unknown { error }),
            Err(error) => Err(ServerError::OnlySchema { problem: error.to_string() }),
        }
    }
}

/// Reads the backup on a thread.
fn read(backup: PathBuf, verified: Summary) -> mpsc::Receiver<Read> {
    let (sender, receiver) = mpsc::channel(AHEAD_MAX);
    let told = sender.clone();
    let spawned = thread::Builder::new().name("arrowroot-backup".to_owned()).spawn(move || {
        if let Err(problem) = read_all(&backup, &verified, &sender) {
            let problem = format!("{}: {problem}", backup.display());
            // Whoever wants no more has seen another problem.
            let _ = sender.blocking_send(Read::Problem(problem));
        }
    });
    if let Err(error) = spawned {
        let _ = told.try_send(Read::Problem(error.to_string()));
    }
    receiver
}

fn read_all(backup: &Path, verified: &Summary, sender: &mpsc::Sender<Read>) -> Result<(), String> {
    let mut reader = open(backup).map_err(|error| error.to_string())?;
    let (mut schema, mut counters, mut is_begun) = (String::new(), Vec::new(), false);
    loop {
        let part = reader.next_part().map_err(|error| error.to_string())?;
        let is_head = matches!(part, Some(Part::Schema(_) | Part::Counters(_)));
        if !is_head && !std::mem::replace(&mut is_begun, true) {
            let (schema, counters) = (std::mem::take(&mut schema), std::mem::take(&mut counters));
            if sender.blocking_send(Read::Head { schema, counters }).is_err() {
                return Ok(());
            }
        }
        match part {
            Some(Part::Schema(text)) => schema = text,
            Some(Part::Counters(some)) => counters = some,
            Some(Part::Relationships(all)) => {
                let (mut rest, offset) = (all.into_iter(), reader.offset());
                loop {
                    let some: Vec<_> = rest.by_ref().take(COUNT).collect();
                    if some.is_empty() {
                        break;
                    }
                    if sender.blocking_send(Read::Relationships(some, offset)).is_err() {
                        return Ok(());
                    }
                }
            }
            None => break,
        }
    }
    if reader.summary().as_ref() != Some(verified) {
        return Err("it was altered while it was read".to_owned());
    }
    // Whoever wants no more has seen another problem.
    let _ = sender.blocking_send(Read::End);
    Ok(())
}
