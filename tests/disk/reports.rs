//! What a process says of its journal while it runs: in a file of the recorded directory, so that what it says has its
//! place among the writes and syncs.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use arrowroot::journal::{
    AppendError, Checkpoint, CheckpointError, Journal, JournalError, JournalIdentity, JournalPlace,
    JournalSize, RelationshipChange, SledJournal, StagedChanges, Transaction, TransactionPart,
};
use arrowroot::relationship::Revision;
use serde::{Deserialize, Serialize};

/// The file's name.
pub(crate) const FILE: &str = "reports";

/// One line.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) enum Report {
    /// The journal is open, and has this identity and this head.
    Opened { identity: u64, head: u64 },
    /// These are to be appended, all or none.
    Submitted { transactions: Vec<Transaction> },
    /// An append has returned.
    Acknowledged { head: u64 },
    /// A checkpoint's last segment was taken. It may count from now on.
    CheckpointOffered { revision: u64, trimmed_to: u64, digest: u32 },
    /// The checkpoint is written.
    CheckpointWritten { revision: u64 },
    /// A write of the engine was answered with this revision.
    Answered { revision: u64 },
}

/// Where reports are made, from several threads.
#[derive(Debug)]
pub(crate) struct Reporter {
    file: File,
    /// What the next import will have staged.
    staged: Mutex<Vec<RelationshipChange>>,
}

impl Reporter {
    pub(crate) fn new(root: &Path) -> Self {
        let file = OpenOptions::new().create(true).append(true).open(root.join(FILE)).unwrap();
        Self { file, staged: Mutex::default() }
    }

    /// What is to be reported as submitted with the next import.
    pub(crate) fn expect_import(&self, changes: Vec<RelationshipChange>) {
        *self.staged.lock().unwrap() = changes;
    }

    pub(crate) fn report(&self, report: &Report) {
        let mut line = serde_json::to_vec(report).unwrap();
        line.push(b'\n');
        // In one call, so that reports of several threads do not mix.
        assert_eq!((&self.file).write(&line).unwrap(), line.len());
    }
}

/// A journal that reports what it is asked for and what it has promised.
pub(crate) struct Reporting {
    journal: SledJournal,
    reporter: Arc<Reporter>,
}

impl Reporting {
    pub(crate) fn open(path: &Path, reporter: &Arc<Reporter>) -> Self {
        let journal = SledJournal::open(path).unwrap();
        let (identity, head) = (journal.identity().0, journal.head().unwrap().0);
        reporter.report(&Report::Opened { identity, head });
        Self { journal, reporter: Arc::clone(reporter) }
    }

    fn append_with(
        &self,
        transactions: Vec<Transaction>,
        append: impl FnOnce() -> Result<(), AppendError>,
    ) -> Result<(), AppendError> {
        let Some(last) = transactions.last() else { return append() };
        let head = last.revision.0;
        self.reporter.report(&Report::Submitted { transactions });
        append()?;
        self.reporter.report(&Report::Acknowledged { head });
        Ok(())
    }
}

impl fmt::Debug for Reporting {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.journal.fmt(formatter)
    }
}

impl Journal for Reporting {
    fn identity(&self) -> JournalIdentity {
        self.journal.identity()
    }

    fn head(&self) -> Result<Revision, JournalError> {
        self.journal.head()
    }

    fn append(&self, expected_head: Revision, transactions: &[Transaction]) -> Result<(), AppendError> {
        self.append_with(transactions.to_vec(), || self.journal.append(expected_head, transactions))
    }

    fn append_staged(
        &self,
        expected_head: Revision,
        transaction: Transaction,
        staged: &Arc<StagedChanges>,
    ) -> Result<(), AppendError> {
        let changes = std::mem::take(&mut *self.reporter.staged.lock().unwrap());
        assert_eq!(changes.len() as u64, staged.count());
        let whole = Transaction { changes, ..transaction.clone() };
        self.append_with(vec![whole], || self.journal.append_staged(expected_head, transaction, staged))
    }

    fn staging_directory(&self) -> PathBuf {
        self.journal.staging_directory()
    }

    fn checkpoint(&self) -> Result<Option<Arc<dyn Checkpoint>>, JournalError> {
        self.journal.checkpoint()
    }

    fn size(&self) -> JournalSize {
        self.journal.size()
    }

    fn write_checkpoint(
        &self,
        revision: Revision,
        trimmed_to: Revision,
        segments: &mut dyn Iterator<Item = Result<Vec<u8>, CheckpointError>>,
    ) -> Result<(), CheckpointError> {
        let (mut digest, mut is_offered) = (Digest::default(), false);
        let mut offered = std::iter::from_fn(|| {
            let segment = segments.next();
            match &segment {
                Some(segment) => digest.add(segment.as_ref().unwrap()),
                // The journal asks again and again.
                None if std::mem::replace(&mut is_offered, true) => {}
                None => self.reporter.report(&Report::CheckpointOffered {
                    revision: revision.0,
                    trimmed_to: trimmed_to.0,
                    digest: digest.clone().finish(),
                }),
            }
            segment
        });
        self.journal.write_checkpoint(revision, trimmed_to, &mut offered)?;
        self.reporter.report(&Report::CheckpointWritten { revision: revision.0 });
        Ok(())
    }

    fn read(
        &self,
        after: Revision,
        visit: &mut dyn FnMut(Transaction) -> ControlFlow<()>,
    ) -> Result<(), JournalError> {
        self.journal.read(after, visit)
    }

    fn read_in_parts(
        &self,
        from: JournalPlace,
        visit: &mut dyn FnMut(TransactionPart) -> ControlFlow<()>,
    ) -> Result<(), JournalError> {
        self.journal.read_in_parts(from, visit)
    }
}

/// Of a checkpoint's segments.
#[derive(Debug, Clone, Default)]
pub(crate) struct Digest(crc32fast::Hasher);

impl Digest {
    pub(crate) fn add(&mut self, segment: &[u8]) {
        self.0.update(&segment.len().to_le_bytes());
        self.0.update(segment);
    }

    pub(crate) fn finish(self) -> u32 {
        self.0.finalize()
    }
}

/// What a journal must have, and what it may have, by what was reported.
#[derive(Debug, Clone, Default)]
pub(crate) struct Promised {
    /// The head that it must have at least.
    pub(crate) head: u64,
    /// Which journal it is, once it was open.
    pub(crate) identity: Option<u64>,
    /// Where groups end that it may have.
    pub(crate) ends: Vec<u64>,
    /// Its checkpoint is one of these, from this one on: with the revision up to which transactions are forgotten.
    pub(crate) checkpoint: usize,
    pub(crate) checkpoints: Vec<Option<OfferedCheckpoint>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OfferedCheckpoint {
    pub(crate) revision: u64,
    pub(crate) trimmed_to: u64,
    pub(crate) digest: u32,
}

impl Promised {
    pub(crate) fn nothing() -> Self {
        Self { checkpoints: vec![None], ends: vec![0], ..Self::default() }
    }

    /// Takes up what is reported next.
    pub(crate) fn add(&mut self, report: &Report) {
        match *report {
            Report::Opened { identity, head } => {
                self.identity = Some(identity);
                self.head = self.head.max(head);
            }
            Report::Submitted { transactions: ref submitted } => {
                self.ends.push(submitted[submitted.len() - 1].revision.0);
            }
            Report::Acknowledged { head } | Report::Answered { revision: head } => {
                assert!(self.ends.last().is_some_and(|end| head <= *end), "{head} was not submitted");
                self.head = self.head.max(head);
            }
            Report::CheckpointOffered { revision, trimmed_to, digest } => {
                let oldest = self.checkpoints.iter().flatten().map(|before| before.trimmed_to).max();
                let trimmed_to = trimmed_to.max(oldest.unwrap_or(0));
                self.checkpoints.push(Some(OfferedCheckpoint { revision, trimmed_to, digest }));
            }
            Report::CheckpointWritten { .. } => self.checkpoint = self.checkpoints.len() - 1,
        }
    }
}
