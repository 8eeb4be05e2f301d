//! sled with the settings under which it keeps its promises, and the scans that opening needs.

use std::fs::File;

use super::super::error::{Corruption, Defect};
use super::checkpoint_record::CheckpointHead;
use super::fault::{Fault, contained};
use super::generation::Generation;
use super::record::{Record, RecordKey};
use super::writer::{Change, WriteFault, Writer};
use crate::measure::Histogram;
use crate::relationship::Revision;

/// Bytes of one of sled's segments.
///
/// Two facts about sled 0.34.7 decide it. A page of more than a quarter of a segment becomes a file in `blobs/`,
/// which is never synced: leaves split by count, at 17 values, so with values under 16 KiB they stay under 280 KiB,
/// and a segment must have more than 1.1 MiB (the default of 512 KiB is too small). And recovery after a loss of
/// power is sound only if less than one segment of log was written since the last real sync, see [`WINDOW_BYTES`].
pub(super) const SEGMENT_BYTES: usize = 8 << 20;

/// Bytes of values that are written between two syncs, at most.
///
/// sled takes `sync_file_range` for durable and acts on it: a segment whose pages have all been rewritten is
/// overwritten once two later segments are complete, and a segment's header vouches for the segments before it.
/// Were that much log written without a real sync, a loss of power could take the rewritten pages and the
/// overwritten ones both, or leave a hole that recovery steps over. So no window may fill a segment. sled writes
/// each value up to 5 times into its log (insertion, both halves of a split, a rewritten page for each), and
/// cleans up to one page of 280 KiB each time that it rewrites another, which a window of this size does at most
/// some ten times: together less than half of a segment. Measured, right after opening a database with segments to
/// clean: at most 0.6 MiB.
pub(super) const WINDOW_BYTES: usize = 256 << 10;

/// Removals between two syncs, at most; few, because each can merge pages and make sled rewrite others.
const WINDOW_REMOVALS: usize = 8;

/// sled's cache of pages. The journal is written at its end and read once, at start: what is cached is hardly used.
const CACHE_BYTES: u64 = 8 << 20;

/// An open sled database and its writer.
#[derive(Debug)]
pub(super) struct Store {
    generation: Generation,
    database: sled::Db,
    writer: Writer,
    /// The writer's handle of the database file. It is not sled's, and so learns of a write that sled was told has
    /// failed in the background.
    file: File,
}

impl Store {
    /// Opens the database of a generation, or creates it. What is read from it afterwards is durable.
    pub(super) fn open(generation: &Generation) -> Result<Self, Fault> {
        let of_file = |error| Fault::of_file("syncing the database file", &error);
        // A killed process may have left pages with the kernel. Recovery overwrites segments that they replace, so
        // they have to be on the disk before it.
        if let Some(file) = generation.database_file().map_err(of_file)? {
            file.sync_all().map_err(of_file)?;
        }
        let unfinished = generation.discard_unfinished();
        unfinished.map_err(|error| Fault::of_file("removing what was not finished", &error))?;
        let config = sled::Config::new()
            .path(generation.path())
            .segment_size(SEGMENT_BYTES)
            .cache_capacity(CACHE_BYTES)
            // No timer: every append flushes, and nothing is written between appends.
            .flush_every_ms(None)
            // A flipped bit in a compressed page could make the decompressor panic; postcard is dense already.
            .use_compression(false);
        // `mode` and `snapshot_after_ops` are left alone: 0.34.7 reads neither. It writes a snapshot (`snap.*`)
        // when it opens, so opening replays the log written since the last time.
        let database = contained(|| config.open())?;
        let file = generation.database_file().map_err(of_file)?;
        let file = file.ok_or_else(|| Fault::Storage("the database file has disappeared".to_owned()))?;
        generation.sync_files().map_err(of_file)?;
        let writer = Writer::start(database.clone(), file.try_clone().map_err(of_file)?)?;
        Ok(Self { generation: generation.clone(), database, writer, file })
    }

    /// Where it lies.
    pub(super) fn generation(&self) -> &Generation {
        &self.generation
    }

    /// For reading.
    pub(super) fn database(&self) -> &sled::Db {
        &self.database
    }

    /// The value of a key.
    pub(super) fn get(&self, key: &[u8]) -> Result<Option<sled::IVec>, Fault> {
        contained(|| self.database.get(key))
    }

    /// Whether there is nothing in it, no key and no tree but sled's own.
    pub(super) fn is_empty(&self) -> Result<bool, Fault> {
        let first = contained(|| self.database.first())?;
        Ok(first.is_none() && self.database.tree_names().len() <= 1)
    }

    /// Makes one change durable.
    pub(super) fn write(&self, change: Change) -> Result<(), WriteFault> {
        self.writer.write(vec![change]).map(drop)
    }

    /// Makes changes durable, regardless of how many bytes of log they take: sound as long as nobody relies on the
    /// database, because a loss of power may leave it as no database at all.
    pub(super) fn write_unguarded(&self, changes: Vec<Change>) -> Result<(), WriteFault> {
        self.writer.write(changes).map(drop)
    }

    /// What checkpoint the database begins with. Only the first generation has none.
    pub(super) fn checkpoint(&self) -> Result<Option<CheckpointHead>, Fault> {
        match self.get(CheckpointHead::KEY)? {
            Some(value) => CheckpointHead::decode(&value).map(Some),
            None if self.generation.number() == 0 => Ok(None),
            None => Err(Fault::Damage("the record of its checkpoint is missing".to_owned())),
        }
    }

    /// Makes a group's records durable, the last one last: with it the group counts. If one cannot be had, those
    /// before it stay, and count for nothing.
    ///
    /// So a group is atomic because one insertion is. What a crash or a loss of power leaves is a beginning of
    /// sled's log, hence of the group's records, and a group without an end is what [`Self::discard_incomplete`]
    /// removes. sled's batches would promise the same only as long as `apply_batch` does not fail half-way: then
    /// it has applied some of the batch, in no particular order, and cancelled the mark that keeps it together.
    ///
    /// How long the disk took for each sync is counted in `syncs`.
    pub(super) fn write_group(
        &self,
        records: impl Iterator<Item = Result<Change, Fault>>,
        syncs: &Histogram,
    ) -> Result<(), WriteFault> {
        let write = |window| self.writer.write(window).map(|took| syncs.observe_duration(took));
        let mut window: Vec<Change> = Vec::new();
        let mut bytes = 0;
        for record in records {
            let record = record.map_err(WriteFault::Store)?;
            let record_bytes = record.1.as_ref().map_or(0, Vec::len);
            if bytes + record_bytes > WINDOW_BYTES {
                write(std::mem::take(&mut window))?;
                bytes = 0;
            }
            bytes += record_bytes;
            window.push(record);
        }
        write(window)
    }

    /// Removes records at the end that belong to no complete group: they were never acknowledged.
    pub(super) fn discard_incomplete(&self) -> Result<Result<(), Corruption>, WriteFault> {
        loop {
            let incomplete = match self.last_record().map_err(WriteFault::Store)? {
                Some((key, value)) => match Record::decode(&key, &value) {
                    Ok(record) if !record.is_last => record.key.first_revision,
                    Ok(_) => return Ok(Ok(())),
                    Err(corruption) => return Ok(Err(corruption)),
                },
                None => return Ok(Ok(())),
            };
            self.discard_from(incomplete)?;
        }
    }

    /// Removes all groups from this first revision on, the last record first, so that what remains at any moment
    /// is either still complete or has no end.
    pub(super) fn discard_from(&self, first_revision: Revision) -> Result<(), WriteFault> {
        let range = RecordKey::first_of(first_revision).to_bytes()..=RecordKey::LAST.to_bytes();
        let mut is_end = true;
        loop {
            let count = if is_end { 1 } else { WINDOW_REMOVALS };
            let entries = self.database.range(range.clone()).rev().take(count);
            let keys = entries.map(|entry| entry.map(|(key, _)| key));
            let keys = contained(|| keys.collect::<Result<Vec<_>, _>>()).map_err(WriteFault::Store)?;
            if keys.is_empty() {
                return Ok(());
            }
            self.writer.write(keys.into_iter().map(|key| (key.to_vec(), None)).collect())?;
            is_end = false;
        }
    }

    /// The last revision: that of the last group, or of the checkpoint if no group is kept.
    pub(super) fn head(&self) -> Result<Result<Revision, Corruption>, Fault> {
        let checkpoint = self.checkpoint()?;
        let last = match self.last_record()? {
            Some((key, value)) => match Record::decode(&key, &value) {
                Ok(record) => Some(record.last_revision),
                Err(corruption) => return Ok(Err(corruption)),
            },
            None => None,
        };
        let Some(checkpoint) = checkpoint else { return Ok(Ok(last.unwrap_or(Revision::ZERO))) };
        let head = last.unwrap_or(Revision::ZERO).max(checkpoint.trimmed_to);
        if head < checkpoint.revision {
            // What is kept goes beyond the checkpoint's revision, or ends with it.
            return Ok(Err(Corruption { revision: head.next(), defect: Defect::MissingTransaction }));
        }
        Ok(Ok(head))
    }

    /// Closes the database. `Err` if a write since the database was opened is known not to have reached the disk.
    pub(super) fn close(self) -> Result<(), Fault> {
        let synced = self.file.sync_data();
        // The writer's handle of the database is the last then, and sled's final writes happen on its thread.
        drop(self.database);
        self.writer.close();
        synced.map_err(|error| Fault::of_file("syncing the database file", &error))
    }

    fn last_record(&self) -> Result<Option<(sled::IVec, sled::IVec)>, Fault> {
        let range = RecordKey::first_of(Revision::ZERO).to_bytes()..=RecordKey::LAST.to_bytes();
        contained(|| self.database.range(range).next_back().transpose())
    }
}
