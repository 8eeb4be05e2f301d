//! A file, cut into batches by a thread that is never far ahead of the server.

use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use tokio::sync::mpsc;

use crate::cli::client::{WireRelationship, fitting_count, relationship_to_wire};
use crate::cli::formats::{Form, Input, Record, Records};
use crate::cli::problems::Problems;
use crate::relationship::Relationship;

/// Batches that are read ahead.
const AHEAD_MAX: usize = 2;
/// Bytes of one batch, about, at most: batches of large contexts are shorter.
const BATCH_BYTES: usize = 16 << 20;
/// What a relationship takes beside its context, about.
const RELATIONSHIP_BYTES: usize = 256;

/// Some relationships of the file.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pub(super) relationships: Arc<Vec<WireRelationship>>,
    /// The lines of the first and the last of them.
    pub(super) lines: (u64, u64),
    /// Of the file up to here.
    pub(super) checksum: u32,
    /// Bytes of the file that were read up to here.
    pub(super) read_bytes: u64,
}

/// What the thread sends.
pub(super) enum Read {
    Batch(Batch),
    /// The source has lines that are wrong; nothing follows.
    Wrong(Problems),
    /// The source cannot be read; nothing follows.
    Unreadable(io::Error),
}

/// Reads a file behind its first relationships.
pub(super) fn read(
    file: &Path,
    form: &Form,
    batch_size: u32,
    passed_over: u64,
) -> io::Result<mpsc::Receiver<Read>> {
    let (sender, receiver) = mpsc::channel(AHEAD_MAX);
    let (file, form) = (file.to_owned(), form.clone());
    thread::Builder::new().name("arrowroot-lines".to_owned()).spawn(move || {
        let input = match Input::open(&file) {
            Ok(input) => input,
            Err(error) => return drop(sender.blocking_send(Read::Unreadable(error))),
        };
        let read_bytes = input.read_bytes();
        let mut reader =
            Reader { records: Records::new(input, &form), read_bytes, batch_size: batch_size as usize, file };
        if let Err(error) = reader.pass_over(passed_over) {
            return drop(sender.blocking_send(Read::Unreadable(error)));
        }
        loop {
            let next = reader.next().unwrap_or_else(|error| Some(Read::Unreadable(error)));
            let Some(next) = next else { return };
            let is_last = !matches!(next, Read::Batch(_));
            if sender.blocking_send(next).is_err() || is_last {
                return;
            }
        }
    })?;
    Ok(receiver)
}

struct Reader {
    records: Records,
    read_bytes: Arc<AtomicU64>,
    batch_size: usize,
    file: PathBuf,
}

impl Reader {
    fn pass_over(&mut self, count: u64) -> io::Result<()> {
        for _ in 0..count {
            self.records.next()?;
        }
        Ok(())
    }

    fn next(&mut self) -> io::Result<Option<Read>> {
        let mut relationships = Vec::new();
        let (mut batch, mut bytes) = (Batch::default(), 0);
        while relationships.len() < self.batch_size && bytes < BATCH_BYTES {
            let Some(Record { line, relationship }) = self.records.next()? else { break };
            let relationship = match relationship {
                Ok(relationship) => relationship,
                Err(problem) => return Ok(Some(Read::Wrong(self.all_problems(line, &problem)?))),
            };
            if relationships.is_empty() {
                batch.lines.0 = line;
            }
            batch.lines.1 = line;
            bytes += RELATIONSHIP_BYTES + context_bytes(&relationship);
            relationships.push(relationship_to_wire(relationship));
        }
        if relationships.is_empty() {
            return Ok(None);
        }
        batch.relationships = Arc::new(relationships);
        batch.checksum = self.records.checksum();
        batch.read_bytes = self.read_bytes.load(Ordering::Relaxed);
        Ok(Some(Read::Batch(batch)))
    }

    /// What else is wrong, up to the end of the source.
    fn all_problems(&mut self, line: u64, problem: &str) -> io::Result<Problems> {
        let mut problems = Problems::default();
        problems.add(&self.file, line, problem);
        while let Some(record) = self.records.next()? {
            if let Err(problem) = record.relationship {
                problems.add(&self.file, record.line, problem);
            }
        }
        Ok(problems)
    }
}

fn context_bytes(relationship: &Relationship) -> usize {
    relationship.caveat.as_ref().map_or(0, |caveat| caveat.context_json.len() * 4)
}

/// Cuts a batch into writes, each as large as a message is. No write has one relationship twice.
pub(super) fn writes(all: &[WireRelationship]) -> Vec<&[WireRelationship]> {
    let (mut writes, mut rest) = (Vec::new(), all);
    while !rest.is_empty() {
        let mut keys = HashSet::new();
        let some = &rest[..fitting_count(rest)];
        let count = some.iter().take_while(|relationship| keys.insert(key(relationship))).count();
        let (write, after) = rest.split_at(count);
        writes.push(write);
        rest = after;
    }
    writes
}

/// What tells a relationship from others.
fn key(relationship: &WireRelationship) -> [&str; 6] {
    let object = relationship.subject.as_ref().and_then(|subject| subject.object.as_ref());
    let relation = relationship.subject.as_ref().map(|subject| subject.optional_relation.as_str());
    let [resource, subject] = [relationship.resource.as_ref(), object]
        .map(|object| object.map_or(["", ""], |object| [&*object.object_type, &*object.object_id]));
    [resource[0], resource[1], &relationship.relation, subject[0], subject[1], relation.unwrap_or_default()]
}
